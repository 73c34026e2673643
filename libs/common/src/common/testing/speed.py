"""How long work takes on the processor, so that bounds hold on a slow machine and on a busy one."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

_WORDS: Final = "the quick brown fox, at 12:30, jumps over 3 lazy dogs; " * 40
_REFERENCE_S: Final = 0.00032
"""What the piece of work below takes where the bounds were set."""


def slowness() -> float:
    """How many times longer than where the bounds were set a piece of ordinary work takes here and now. 1 at least: nothing has
    to be faster on a faster machine."""
    return max(1.0, min(_spent(_ordinary_work) for _ in range(5)) / _REFERENCE_S)


def seconds_of(work: Callable[[], object], *, tries: int = 5) -> float:
    """The processor's time that this thread spends on `work`, in seconds of the machine where the bounds were set: the best of
    several tries, so that neither other programs nor a collection of garbage are what is measured."""
    spent = min(_spent(work) for _ in range(tries))
    return spent / slowness()


def _spent(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return time.thread_time() - started


def _ordinary_work() -> None:
    counted: Counter[str] = Counter()
    for word in re.findall(r"\w+", _WORDS):
        counted[word.upper().casefold()] += len(word)
    sorted(counted.items(), key=lambda item: (item[1], item[0]))
    total = 0
    for number in range(6_000):
        total += number % 7
