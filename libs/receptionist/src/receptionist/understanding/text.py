"""One reading of what was heard, shared by every understanding function."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple

Lang = Literal["en", "es"]

MAX_CHARACTERS: Final = 2_000
"""Longer input is cut: no caller says more in one turn, and no attacker may."""
LONGEST_WORD: Final = 64
"""A norm has no more signs than this: nothing that anybody says has."""

# A word with inner apostrophes, or one visible character. No quantifier is nested, so it can't backtrack.
_TOKEN: Final = re.compile(r"[^\W_]+(?:['\u2019\u02bc][^\W_]+)*|[^\s]")
_CONTROL: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF), " ")
_APOSTROPHES: Final = str.maketrans("", "", "'\u2019\u02bc")


class Token(NamedTuple):
    """A word or a single sign: `text[start:end]` of the utterance; `norm` is lower case, without accents and apostrophes."""

    text: str
    norm: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was heard, cut to `MAX_CHARACTERS`, control characters replaced by spaces."""

    text: str
    tokens: tuple[Token, ...]
    norms: tuple[str, ...]

    def span(self, first: int, last: int) -> str:
        """The words from token `first` up to and not including token `last`, as heard."""
        if first >= last:
            return ""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end]


def fold(word: str) -> str:
    """Lower case, without accents and apostrophes: `Mañana` -> `manana`, `don't` -> `dont`."""
    # Of numbers there is no end: kept, they would push the words out.
    if word.isdigit() and word.isascii():
        return word
    return _folded(word) if len(word) <= LONGEST_WORD else _folded.__wrapped__(word[:LONGEST_WORD])


@lru_cache(maxsize=4_096)
def _folded(word: str) -> str:
    lowered = word.lower().translate(_APOSTROPHES)
    if not lowered:
        return word  # an apostrophe on its own: every token has a norm
    if lowered.isascii():
        return lowered
    # One sign may become eighteen.
    decomposed = unicodedata.normalize("NFKD", lowered)[: 2 * LONGEST_WORD]
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))[:LONGEST_WORD] or lowered


def read(text: str) -> Utterance:
    """Reads one utterance. Linear in its length."""
    clean = text[:MAX_CHARACTERS].translate(_CONTROL)
    tokens: list[Token] = []
    norms: list[str] = []
    for match in _TOKEN.finditer(clean):
        word = match.group()
        norm = fold(word)
        norms.append(norm)
        tokens.append(Token(word, norm, match.start(), match.end()))
    return Utterance(clean, tuple(tokens), tuple(norms))
