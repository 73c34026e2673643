"""Fixed phrases, looked up at one place of an utterance in constant time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")

Words = tuple[str, ...]


class PhraseTable(Generic[T]):
    """Phrases of folded words with a value each; of several that fit a place the longest wins.

    The cost of a lookup is bounded by the table, never by the utterance. Alternatives are written `a|b`, and an empty
    alternative makes a word optional (`the|`).
    """

    def __init__(self, entries: Mapping[str, T]) -> None:
        found: dict[Words, T] = {}
        for pattern, value in entries.items():
            for phrase in _expand(pattern):
                found.setdefault(phrase, value)
        ordered = sorted(found.items(), key=lambda entry: -len(entry[0]))
        self._by_first: dict[str, tuple[tuple[Words, T], ...]] = {}
        self._by_last: dict[str, tuple[tuple[Words, T], ...]] = {}
        for phrase, value in ordered:
            self._by_first[phrase[0]] = (*self._by_first.get(phrase[0], ()), (phrase, value))
            self._by_last[phrase[-1]] = (*self._by_last.get(phrase[-1], ()), (phrase, value))

    def starts(self) -> frozenset[str]:
        """Every word that a phrase begins with."""
        return frozenset(self._by_first)

    def at(self, words: Words, index: int) -> tuple[T, int] | None:
        """The longest phrase that begins at `index`, as (value, words used), or None."""
        for phrase, value in self._by_first.get(words[index], ()):
            if words[index : index + len(phrase)] == phrase:
                return value, len(phrase)
        return None

    def before(self, words: Words, index: int) -> tuple[T, int] | None:
        """The longest phrase that ends right before `index`, as (value, words used), or None."""
        if index <= 0:
            return None
        for phrase, value in self._by_last.get(words[index - 1], ()):
            if index >= len(phrase) and words[index - len(phrase) : index] == phrase:
                return value, len(phrase)
        return None


def phrase_set(*patterns: str) -> PhraseTable[bool]:
    """A table that only answers whether one of the phrases stands there."""
    return PhraseTable(dict.fromkeys(patterns, True))


def word_set(words: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(words.split())


def _expand(pattern: str) -> Iterable[Words]:
    phrases: list[Words] = [()]
    for place in pattern.split():
        phrases = [(*phrase, word) if word else phrase for phrase in phrases for word in place.split("|")]
    return (phrase for phrase in phrases if phrase)
