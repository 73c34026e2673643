"""Finds concepts in folded words: `leaks`, `pipe`, `baby`, `last year`, each named by many phrases of two languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Final

_GAP: Final = 3
"""How many words `~` may stand for."""
_SHORTEST_STEM: Final = 2


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept at the words `start` up to and not including `end`."""

    concept: str
    start: int
    end: int


@dataclass(slots=True)
class _Node:
    """Where a phrase has got to: what may follow, and which concepts end here."""

    next: dict[str, _Node] = field(default_factory=dict)
    any: _Node | None = None
    gap: _Node | None = None
    concepts: list[str] = field(default_factory=list)


class Lexicon:
    """Phrases as a trie over words. A look-up is linear in the number of words: phrases and gaps are short."""

    def __init__(self, entries: Iterator[tuple[str, str]]) -> None:
        self._root = _Node()
        self._exact: set[str] = set()
        self._stems: set[str] = set()
        for concept, phrase in entries:
            self._add(concept, phrase.split())
        self._keys = lru_cache(maxsize=8_192)(self._keys_of)

    def _add(self, concept: str, words: Sequence[str]) -> None:
        node = self._root
        for word in words:
            if word == "~":
                node.gap = node.gap or _Node()
                node = node.gap
            elif word == "_":
                node.any = node.any or _Node()
                node = node.any
            else:
                (self._stems if word.endswith("*") else self._exact).add(word)
                node = node.next.setdefault(word, _Node())
        if concept not in node.concepts:
            node.concepts.append(concept)

    def _keys_of(self, word: str) -> tuple[str, ...]:
        stems = (word[:length] + "*" for length in range(_SHORTEST_STEM, len(word) + 1))
        found = [stem for stem in stems if stem in self._stems]
        if word in self._exact:
            found.append(word)
        return tuple(found)

    def find(self, words: Sequence[str]) -> list[Hit]:
        """All concepts, by their first word; of one concept at one place only the longest phrase.

        Inside a `plain` phrase ("flood light", "gas station") nothing else is found.
        """
        keys = [self._keys(word) for word in words]
        hits: list[Hit] = []
        covered = 0
        for start, own in enumerate(keys):
            if start < covered or not own:
                continue
            longest: dict[str, int] = {}
            for key in own:
                node = self._root.next.get(key)
                if node is not None:
                    self._follow(node, keys, start + 1, longest)
            if "plain" in longest:
                covered = longest["plain"]
                hits = [hit for hit in hits if hit.end <= start]
                hits.append(Hit("plain", start, covered))
                continue
            hits.extend(Hit(concept, start, end) for concept, end in longest.items())
        return hits

    def _follow(self, node: _Node, keys: list[tuple[str, ...]], at: int, longest: dict[str, int]) -> None:
        for concept in node.concepts:
            if longest.get(concept, 0) < at:
                longest[concept] = at
        if at < len(keys):
            for key in keys[at]:
                following = node.next.get(key)
                if following is not None:
                    self._follow(following, keys, at + 1, longest)
            if node.any is not None:
                self._follow(node.any, keys, at + 1, longest)
        if node.gap is not None:
            for skipped in range(min(_GAP, len(keys) - at) + 1):
                self._follow(node.gap, keys, at + skipped, longest)


def parse(text: str) -> Iterator[tuple[str, str]]:
    """(concept, phrase) pairs of a lexicon file. Raises ValueError for a line that is neither entry nor comment."""
    concept = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        phrases = line
        if not line[0].isspace():
            concept, sign, phrases = line.partition(" = ")
            if not sign:
                raise ValueError(f"no entry: {line[:60]!r}")
        for phrase in phrases.split(","):
            if phrase.strip():
                yield concept, phrase.strip()


@lru_cache(maxsize=1)
def packaged() -> Lexicon:
    """Both languages in one: callers mix them, and the recogniser does too."""
    here = files("receptionist.understanding.triage")
    return Lexicon(
        entry
        for name in ("lexicon_en.txt", "lexicon_es.txt")
        for entry in parse(here.joinpath(name).read_text("utf-8"))
    )
