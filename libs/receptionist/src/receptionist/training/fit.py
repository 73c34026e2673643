"""Fits a head: stochastic gradient descent in a fixed order, in arithmetic that is the same on every machine."""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from receptionist.understanding.head import Features, Head

_SMALLEST_STEP: Final = 1e-3
"""A gradient below this is left out: it saves two thirds of the work and no accuracy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One example: hashed features and its label; `weight` says how many plain examples it counts as."""

    features: Features
    label: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to fit: everything besides the rows that decides the weights."""

    buckets: int = 8_192
    epochs: int = 16
    rate: float = 4.0
    shrink: float = 1e-5
    seed: int = 1


def fit(rows: Sequence[Row], labels: Sequence[str], settings: Settings, *, made_from: str = "") -> Head:
    """A head for `labels` from `rows`. The same input gives the same bytes.

    Raises KeyError for a row whose label isn't in `labels`.
    """
    index = {label: at for at, label in enumerate(labels)}
    examples = [
        (
            [feature % settings.buckets for feature in row.features],
            1.0 / math.sqrt(len(row.features) or 1),
            index[row.label],
            row.weight,
        )
        for row in rows
    ]
    weights = [[0.0] * settings.buckets for _ in labels]
    biases = [0.0] * len(labels)
    order = list(range(len(examples)))
    dice = random.Random(settings.seed)
    scale = 1.0  # weights are kept divided by this: shrinking all of them is one multiplication
    for epoch in range(settings.epochs):
        dice.shuffle(order)
        rate = settings.rate / (1.0 + 0.3 * epoch)
        for at in order:
            buckets, unit, right, weight = examples[at]
            chances = _softmax(
                [bias + _add(row, buckets) * unit * scale for bias, row in zip(biases, weights, strict=True)]
            )
            scale *= 1.0 - rate * settings.shrink
            for label, chance in enumerate(chances):
                wrong = (chance - 1.0 if label == right else chance) * weight
                if abs(wrong) < _SMALLEST_STEP:
                    continue
                biases[label] -= 0.05 * rate * wrong
                step = rate * wrong * unit / scale
                row = weights[label]
                for bucket in buckets:
                    row[bucket] -= step
    return _pack(weights, biases, scale, tuple(labels), settings.buckets, made_from)


def _add(row: list[float], buckets: list[int]) -> float:
    # Not `sum`: from Python 3.12 on it rounds otherwise than before.
    total = 0.0
    for bucket in buckets:
        total += row[bucket]
    return total


def _softmax(logits: list[float]) -> list[float]:
    top = max(logits)
    raised = [_exp(logit - top) for logit in logits]
    total = 0.0
    for value in raised:
        total += value
    return [value / total for value in raised]


def _exp(power: float) -> float:
    """e to the power of a number that isn't positive, in additions and products only.

    The C library's `exp` differs in its last bit between systems, and the weights must not.
    """
    if power < -30.0:
        return 0.0
    part = power / 64.0
    value = 1.0 + part * (1.0 + part / 2.0 * (1.0 + part / 3.0 * (1.0 + part / 4.0 * (1.0 + part / 5.0))))
    for _ in range(6):
        value *= value
    return value


def _pack(
    weights: list[list[float]],
    biases: list[float],
    scale: float,
    labels: tuple[str, ...],
    buckets: int,
    made_from: str,
) -> Head:
    largest = max(max(abs(value) for value in row) for row in weights) * scale or 1.0
    unit = largest / 127.0
    return Head(
        labels=labels,
        buckets=buckets,
        scale=unit,
        biases=tuple(round(bias / unit) for bias in biases),
        weights=tuple(array("b", [round(value * scale / unit) for value in row]) for row in weights),
        made_from=made_from,
    )
