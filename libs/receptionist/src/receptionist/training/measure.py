"""How well triage does on utterances that its heads have not seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from receptionist.training.fit import fit
from receptionist.training.triage import (
    ALARM_SETTINGS,
    CATEGORY_SETTINGS,
    Example,
    alarm_rows,
    category_rows,
    examples,
    routine_rows,
)
from receptionist.understanding.text import read
from receptionist.understanding.triage import URGENT, Triage, triage_by
from receptionist.understanding.triage.learned import ROUTINE_LABEL, URGENT_LABEL, Heads


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An utterance, with what triage made of it."""

    example: Example
    triage: Triage


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts: emergencies and how many were found and rightly named, calm calls and how many raised an alarm."""

    emergencies: int
    found: int
    named: int
    calm: int
    false_alarms: int


def heads_of(rows: Sequence[Example]) -> Heads:
    """Heads fitted to these rows and to the intents' corpus of calm calls."""
    return Heads(
        alarm=fit([*alarm_rows(rows), *routine_rows()], (URGENT_LABEL, ROUTINE_LABEL), ALARM_SETTINGS),
        category=fit(category_rows(rows), URGENT, CATEGORY_SETTINGS),
    )


def outcomes(heads: Heads, rows: Iterable[Example]) -> list[Outcome]:
    return [Outcome(example=row, triage=triage_by(heads, read(row.text), trade=row.trade)) for row in rows]


def cross_validated(rows: Sequence[Example], folds: int = 5) -> list[Outcome]:
    """Judges each row by heads fitted to our own corpus and the other folds. Takes some seconds a fold."""
    own = tuple(examples())
    known = {row.text for row in rows}
    own = tuple(row for row in own if row.text not in known)
    found: list[Outcome] = []
    for fold in range(folds):
        held = [row for row in rows if _fold(row, folds) == fold]
        found += outcomes(heads_of([*own, *(row for row in rows if _fold(row, folds) != fold)]), held)
    return found


def score(found: Iterable[Outcome]) -> Score:
    rows = list(found)
    urgent = [row for row in rows if row.example.category != "none"]
    calm = [row for row in rows if row.example.category == "none"]
    return Score(
        emergencies=len(urgent),
        found=sum(row.triage.emergency for row in urgent),
        named=sum(row.triage.category == row.example.category for row in urgent),
        calm=len(calm),
        false_alarms=sum(row.triage.emergency for row in calm),
    )


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if of == 0:
        return 0.0, 1.0
    z = 1.96
    share = hits / of
    scale = 1 + z * z / of
    middle = (share + z * z / (2 * of)) / scale
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / scale
    return middle - half, middle + half


def _fold(row: Example, folds: int) -> int:
    return crc32(row.text.encode()) % folds
