"""The head of intents, from `corpora/intents`: a file for each intent, with English and Spanish rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from receptionist.training.fit import Row, Settings
from receptionist.training.recipes import Recipe, corpus
from receptionist.understanding.intents import INTENTS, Intent, intent_features
from receptionist.understanding.text import read

SETTINGS: Final = Settings(epochs=12, rate=4.0, shrink=3e-5)


def examples() -> Iterator[tuple[Intent, str]]:
    """Every row of the corpora: the intent and what was said. Lines with `@` only say which language follows."""
    for intent in INTENTS:
        for text, *_ in corpus(f"intents/{intent}"):
            if not text.startswith("@"):
                yield intent, text


def _rows() -> list[Row]:
    return [Row(features=intent_features(read(text)), label=intent) for intent, text in examples()]


RECIPES: Final = (Recipe(name="intents", labels=INTENTS, settings=SETTINGS, rows=_rows),)
