"""The head of answers, from `corpora/yes_no`: questions, and what people answer to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from receptionist.training.fit import Row, Settings
from receptionist.training.recipes import Recipe, corpus
from receptionist.understanding.text import Lang, read
from receptionist.understanding.yes_no import ANSWERS, Answer, reply_features

SETTINGS: Final = Settings(buckets=8_192, epochs=20, rate=2.0, shrink=3e-5)

_SIGNS: Final[dict[str, Answer]] = {"+": "yes", "-": "no", "?": "unclear", "~": "alternative"}
_LANGUAGES: Final[tuple[Lang, ...]] = ("en", "es")


def examples() -> Iterator[tuple[str, str, Answer]]:
    """Every row of the corpora: the question, what was answered, and what that means.

    A line with `@` is a question; the lines below answer it, each behind the sign of its meaning.
    """
    for lang in _LANGUAGES:
        prompt = ""
        for line, *_ in corpus(f"yes_no/{lang}"):
            mark, text = line[:1], line[2:]
            if mark == "@":
                prompt = text
            else:
                yield prompt, text, _SIGNS[mark]


def _rows() -> list[Row]:
    return [Row(features=reply_features(read(text), prompt), label=meaning) for prompt, text, meaning in examples()]


RECIPES: Final = (Recipe(name="yes_no", labels=ANSWERS, settings=SETTINGS, rows=_rows),)
