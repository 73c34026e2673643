"""The head of intents, from `corpora/intents`: a file for each intent, with English and Spanish rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from receptionist.training.fit import Row, Settings
from receptionist.training.introductions import introduced, is_chosen
from receptionist.training.recipes import Recipe, corpus
from receptionist.understanding.intents import INTENTS, Intent, intent_features
from receptionist.understanding.text import Lang, read

SETTINGS: Final = Settings(buckets=9_216, epochs=15, rate=2.0, shrink=1e-5)

_UNINTRODUCED: Final[frozenset[Intent]] = frozenset({"other", "spam", "wrong_number"})
"""Who says these things does not give a name and number first."""
_ONE_IN: Final = 2
_WEIGHT: Final = 0.5


def examples() -> Iterator[tuple[Intent, str]]:
    """Every row of the corpora: the intent and what was said."""
    return ((intent, text) for intent, text, _ in _spoken())


def rows(chosen: Iterator[tuple[Intent, str, Lang]] | None = None) -> list[Row]:
    """What the head is fitted to: the rows of the corpora, or those `chosen`, and half of them introduced as callers do."""
    found: list[Row] = []
    for intent, text, lang in chosen or _spoken():
        found.append(Row(features=intent_features(read(text)), label=intent))
        if intent not in _UNINTRODUCED and is_chosen(text, _ONE_IN):
            found.append(Row(features=intent_features(read(introduced(text, lang))), label=intent, weight=_WEIGHT))
    return found


def rows_without(texts: frozenset[tuple[str, ...]]) -> list[Row]:
    """The same without the corpus rows whose words are among `texts`, to measure on these."""
    return rows((intent, text, lang) for intent, text, lang in _spoken() if words_of(text) not in texts)


def words_of(text: str) -> tuple[str, ...]:
    """The folded words alone, to know a text again."""
    return tuple(norm for norm in read(text).norms if norm[:1].isalnum())


def _spoken() -> Iterator[tuple[Intent, str, Lang]]:
    """A line `@ en` or `@ es` says which language follows."""
    for intent in INTENTS:
        lang: Lang = "en"
        for text, *_ in corpus(f"intents/{intent}"):
            if text.startswith("@"):
                lang = "es" if text.endswith("es") else "en"
            else:
                yield intent, text, lang


RECIPES: Final = (Recipe(name="intents", labels=INTENTS, settings=SETTINGS, rows=rows),)
