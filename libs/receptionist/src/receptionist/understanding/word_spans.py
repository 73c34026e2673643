"""Stretches of words, and the words with which people take back what they just said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from receptionist.understanding.lookup import word_set

_TAKING_BACK: Final = word_set(
    "no nope sorry wait actually correction mean meant make scratch rather oops strike change not "
    "perdon digo espere corrijo disculpe quise decir"
)
_AROUND_IT: Final = word_set(
    "i it its is that thats the a an hold on uh um er oh my number should be said say to let me start over again area "
    "code god gosh ah yeah excuse , . - "
    "es el la los un eh este ay mejor dicho perdone me numero son quiero lada"
)
_LONGEST_GAP: Final = 8


class Span(NamedTuple):
    """The words from `first` up to and not including `last`, as token indexes of one utterance."""

    first: int
    last: int

    def overlaps(self, other: Span) -> bool:
        """Whether a word belongs to both."""
        return self.first < other.last and other.first < self.last


def is_free(span: Span, taken: Iterable[Span]) -> bool:
    """Whether `span` shares no word with any of `taken`."""
    return not any(span.overlaps(other) for other in taken)


def is_taken_back(norms: Sequence[str], first: int, last: int) -> bool:
    """Whether the words between two statements say that the second replaces the first: `no wait it's`, `digo`."""
    if not 0 < last - first <= _LONGEST_GAP:
        return False
    gap = norms[first:last]
    return any(word in _TAKING_BACK for word in gap) and all(word in _TAKING_BACK or word in _AROUND_IT for word in gap)
