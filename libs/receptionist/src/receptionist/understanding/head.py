"""A small learned head: multinomial logistic regression over hashed words.

It stands beside the rules, for what nobody wrote a rule for. Its weights are small signed integers that
`python -m receptionist train` makes from the corpora in `receptionist/training/corpora`, bit for bit.
"""

from __future__ import annotations

import base64
import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import chain, combinations, pairwise
from operator import itemgetter
from typing import Final
from zlib import crc32

Features = tuple[int, ...]
"""Hashed features of one utterance, 32 bits each; a head reduces them to its own number of buckets."""

_MAGIC: Final = "receptionist-head 1"
_MASK: Final = 0xFFFFFFFF
_RAISED: Final = 128
_GRAM: Final = 4
_LONG_WORD: Final = 5

# Odd multipliers, one for each way in which two words can stand together.
_NEXT: Final = 0x9E3779B1
_SKIP: Final = 0x85EBCA77
_EDGE: Final = 0xC2B2AE3D


@lru_cache(maxsize=8_192)
def _hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=8_192)
def _of_word(word: str) -> tuple[int, ...]:
    """The word itself and, for longer words, their four-letter pieces: they forgive endings and misspellings."""
    hashes = [_hash("w:" + word)]
    if len(word) >= _LONG_WORD:
        framed = f"<{word[:24]}>"
        hashes.extend(_hash("g:" + framed[at : at + _GRAM]) for at in range(len(framed) - _GRAM + 1))
    return tuple(hashes)


def features(words: Sequence[str], tags: Iterable[str] = (), paired: Sequence[str] = ()) -> Features:
    """Hashes folded words (`Utterance.norms`), their neighbours, any `tags` that rules found, and each two of `paired`.

    No feature is counted twice. Linear in the number of words, quadratic in that of `paired`: keep those few.
    """
    hashes = [_of_word("#" if word.isdigit() else word) for word in words]  # of numbers there is no end
    heads = [each[0] for each in hashes]
    found = list(chain.from_iterable(hashes))
    found += [(left * _NEXT ^ right) & _MASK for left, right in pairwise(heads)]
    found += [(left * _SKIP ^ right) & _MASK for left, right in zip(heads, heads[2:], strict=False)]
    if heads:
        found.append(heads[0] * _EDGE & _MASK)
        found.append(heads[-1] * _EDGE + 1 & _MASK)
    found.extend(_hash("t:" + tag) for tag in tags)
    if paired:
        found.extend(
            [(one * _NEXT ^ other) & _MASK for one, other in combinations([_hash("p:" + tag) for tag in paired], 2)]
        )
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Weights as bytes: `weights[label][feature % buckets] * scale` is what the feature says for the label.

    `made_from` is the digest of the corpora and settings behind the weights (the drift check compares it).
    """

    labels: tuple[str, ...]
    buckets: int
    scale: float
    biases: tuple[int, ...]
    weights: tuple[array[int], ...]
    made_from: str
    _raised: tuple[bytes, ...] = field(init=False, repr=False, compare=False)
    """The weights plus `_RAISED`: bytes are looked up far faster than an array, and are never negative."""

    def __post_init__(self) -> None:
        rows = tuple(bytes([weight + _RAISED for weight in row]) for row in self.weights)
        object.__setattr__(self, "_raised", rows)

    @staticmethod
    def load(name: str) -> Head:
        """The packaged head of that name, read once.

        Raises FileNotFoundError for an unknown name.
        """
        return _load(name)

    @staticmethod
    def parse(text: str) -> Head:
        """Reads what `dump` wrote. Raises ValueError for anything else."""
        lines = text.split("\n")
        if lines[0] != _MAGIC:
            raise ValueError(f"not a head: {lines[0][:40]!r}")
        made_from, buckets, scale = lines[1], int(lines[2]), float.fromhex(lines[3])
        labels: list[str] = []
        biases: list[int] = []
        weights: list[array[int]] = []
        for line in lines[4:]:
            if line:
                label, bias, packed = line.split(" ")
                row = array("b")
                row.frombytes(base64.b64decode(packed, validate=True))
                if len(row) != buckets:
                    raise ValueError(f"{label}: {len(row)} weights for {buckets} buckets")
                labels.append(label)
                biases.append(int(bias))
                weights.append(row)
        return Head(
            labels=tuple(labels),
            buckets=buckets,
            scale=scale,
            biases=tuple(biases),
            weights=tuple(weights),
            made_from=made_from,
        )

    def dump(self) -> str:
        """The weights as text, one line a label."""
        rows = (
            f"{label} {bias} {base64.b64encode(row.tobytes()).decode()}"
            for label, bias, row in zip(self.labels, self.biases, self.weights, strict=True)
        )
        return "\n".join((_MAGIC, self.made_from, str(self.buckets), self.scale.hex(), *rows, ""))

    def scores(self, found: Features) -> dict[str, float]:
        """How likely each label is: between 0 and 1, together 1."""
        buckets = self.buckets
        at = [feature % buckets for feature in found]
        unit = self.scale / math.sqrt(len(at) or 1)
        pick = itemgetter(0, 0, *at)  # never fewer than two, else it would give no tuple
        logits = [
            bias * self.scale + (sum(pick(row)) - 2 * row[0] - _RAISED * len(at)) * unit
            for bias, row in zip(self.biases, self._raised, strict=True)
        ]
        top = max(logits)
        raised = [math.exp(logit - top) for logit in logits]
        total = sum(raised)
        return {label: value / total for label, value in zip(self.labels, raised, strict=True)}


@lru_cache(maxsize=16)
def _load(name: str) -> Head:
    return Head.parse(files("receptionist.understanding").joinpath("weights", f"{name}.txt").read_text("ascii"))
