"""The heads of triage: is it an emergency, and if so of which kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, cast, get_args

from receptionist.training import intents
from receptionist.training.fit import Row, Settings
from receptionist.training.recipes import Recipe
from receptionist.understanding.text import read
from receptionist.understanding.triage.kinds import CATEGORIES, URGENT, Category, Trade
from receptionist.understanding.triage.learned import (
    ALARM_HEAD,
    CATEGORY_HEAD,
    ROUTINE_LABEL,
    URGENT_LABEL,
    alarm_features,
    category_features,
)
from receptionist.understanding.triage.rules import judge
from receptionist.understanding.triage.scene import read_scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One utterance of the corpus and its right category."""

    text: str
    lang: str
    trade: Trade
    category: Category


def examples() -> Iterator[Example]:
    """The corpus in `corpora/triage`, file by file. Raises ValueError for a heading that isn't one."""
    folder = files("receptionist.training").joinpath("corpora", "triage")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        yield from parse(file.read_text("utf-8"))


def parse(text: str) -> Iterator[Example]:
    """Utterances, one a line, under headings `@ language trade category`; `#` starts a comment."""
    lang, trade, category = "", "", ""
    for line in text.splitlines():
        if line.startswith("@"):
            lang, trade, category = line[1:].split()
            if lang not in ("en", "es") or trade not in get_args(Trade) or category not in CATEGORIES:
                raise ValueError(f"no heading: {line!r}")
        elif line.strip() and not line.startswith("#"):
            yield Example(text=line.strip(), lang=lang, trade=cast("Trade", trade), category=cast("Category", category))


def alarm_rows(rows: Sequence[Example]) -> list[Row]:
    found = []
    for row in rows:
        words = read(row.text).norms
        label = ROUTINE_LABEL if row.category == "none" else URGENT_LABEL
        found.append(Row(features=alarm_features(words, read_scene(words)), label=label))
    return found


def category_rows(rows: Sequence[Example]) -> list[Row]:
    found = []
    for row in rows:
        if row.category != "none":
            words = read(row.text).norms
            found.append(Row(features=category_features(words, read_scene(words), row.trade), label=row.category))
    return found


def routine_rows() -> list[Row]:
    """The intents' corpus as examples of calm: whatever in it the rules aren't alarmed by."""
    found = []
    for _, text in intents.examples():
        words = read(text).norms
        scene = read_scene(words)
        if not judge(scene).alarms:
            found.append(Row(features=alarm_features(words, scene), label=ROUTINE_LABEL, weight=ROUTINE_WEIGHT))
    return found


ROUTINE_WEIGHT: Final = 0.2
ALARM_SETTINGS: Final = Settings(buckets=32_768, epochs=12, shrink=3e-6, seed=7)
CATEGORY_SETTINGS: Final = Settings(buckets=8_192, epochs=12, seed=7)

RECIPES: Final = (
    Recipe(
        name=ALARM_HEAD,
        labels=(URGENT_LABEL, ROUTINE_LABEL),
        settings=ALARM_SETTINGS,
        rows=lambda: [*alarm_rows(tuple(examples())), *routine_rows()],
    ),
    Recipe(
        name=CATEGORY_HEAD,
        labels=URGENT,
        settings=CATEGORY_SETTINGS,
        rows=lambda: category_rows(tuple(examples())),
    ),
)
