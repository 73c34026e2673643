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
        self._phrases = found
        self._sizes_by_first = _sizes((phrase[0], len(phrase)) for phrase in found)
        self._sizes_by_last = _sizes((phrase[-1], len(phrase)) for phrase in found)

    def starts(self) -> frozenset[str]:
        """Every word that a phrase begins with."""
        return frozenset(self._sizes_by_first)

    def at(self, words: Words, index: int) -> tuple[T, int] | None:
        """The longest phrase that begins at `index`, as (value, words used), or None."""
        for size in self._sizes_by_first.get(words[index], ()):
            phrase = words[index : index + size]
            if phrase in self._phrases:
                return self._phrases[phrase], len(phrase)
        return None

    def before(self, words: Words, index: int) -> tuple[T, int] | None:
        """The longest phrase that ends right before `index`, as (value, words used), or None."""
        if index <= 0:
            return None
        for size in self._sizes_by_last.get(words[index - 1], ()):
            if index >= size and words[index - size : index] in self._phrases:
                return self._phrases[words[index - size : index]], size
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


def _sizes(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """For each word the lengths of its phrases, the longest first."""
    found: dict[str, set[int]] = {}
    for word, size in pairs:
        found.setdefault(word, set()).add(size)
    return {word: tuple(sorted(sizes, reverse=True)) for word, sizes in found.items()}
