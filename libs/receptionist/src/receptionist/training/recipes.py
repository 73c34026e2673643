"""Which heads there are, and what each is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from receptionist.training.fit import Row, Settings, fit
from receptionist.understanding.head import Head

WEIGHTS: Final = Path(str(files("receptionist.understanding").joinpath("weights")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One head: its labels, its settings, and the rows that it is fitted to."""

    name: str
    labels: tuple[str, ...]
    settings: Settings
    rows: Callable[[], Sequence[Row]]

    @property
    def path(self) -> Path:
        return WEIGHTS / f"{self.name}.txt"

    def make(self) -> Head:
        """Fits the head anew; takes seconds."""
        rows = self.rows()
        return fit(rows, self.labels, self.settings, made_from=_digest(rows, self.labels, self.settings))

    def digest(self) -> str:
        """Changes whenever the weights would: with the corpora, the features or the settings."""
        return _digest(self.rows(), self.labels, self.settings)


def _digest(rows: Sequence[Row], labels: tuple[str, ...], settings: Settings) -> str:
    made = hashlib.sha256(repr((labels, settings)).encode())
    for row in rows:
        made.update(repr((row.features, row.label, row.weight)).encode())
    return made.hexdigest()


def corpus(name: str) -> Iterator[tuple[str, ...]]:
    """The rows of `corpora/<name>.txt`: fields parted by ` | `, empty lines and `#` lines left out."""
    text = files("receptionist.training").joinpath("corpora", f"{name}.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            yield tuple(field.strip() for field in line.split("|"))
