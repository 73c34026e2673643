"""What the words of an answer do: agree, refuse, correct, put off, ask back. A sign for each phrase, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal, get_args

from receptionist.understanding.lookup import PhraseTable

Sign = Literal[
    "yes",  # a plain yes
    "no",  # a plain no
    "good",  # takes what was proposed
    "fine",  # takes it, or declines an offer politely
    "bad",  # refuses what was proposed
    "unsure",
    "back",  # asks back, or did not hear
    "other",  # asks for another time or thing
    "could",  # asks for something, maybe another time
    "sum",  # that's it: all is right, or all is said
    "end",  # that's all, thank you
    "and_more",  # one more thing
    "correct",  # brings a correction
    "instead",  # brings another thing to do
    "keep",  # leaves what is
    "drop",  # takes away what is
    "move",  # wants what is at another time
    "over",  # it stopped, it's off
    "on",  # it goes on
    "some",  # a little
    "minds",
    "but",
    "again",  # corrects what was just said
    "aside",  # said to somebody else in the room
    "hurry",  # as fast as can be: takes an offer, and asks for an earlier time
    "idle",  # an idiom that says nothing
]


_SIGNS: Final[dict[str, Sign]] = {sign: sign for sign in get_args(Sign)}


@dataclass(frozen=True, slots=True)
class Found:
    """A sign, and the words that gave it."""

    sign: Sign
    start: int
    end: int


@lru_cache(maxsize=1)
def _table() -> tuple[PhraseTable[Sign], frozenset[str]]:
    """The phrases of `reply_signs.txt` and the words that they begin with, read once."""
    phrases: dict[str, Sign] = {}
    sign: Sign = "idle"
    for line in files("receptionist.understanding").joinpath("reply_signs.txt").read_text("utf-8").splitlines():
        if line.startswith("@"):
            sign = _SIGNS[line[1:].strip()]
        elif line and not line.startswith("#"):
            phrases.setdefault(line, sign)
    table = PhraseTable(phrases)
    return table, table.starts()


def read_signs(norms: Sequence[str]) -> tuple[Found, ...]:
    """The signs in their order; no word belongs to two. Linear in the number of words."""
    table, starts = _table()
    words = tuple(norms)
    found: list[Found] = []
    at = 0
    while at < len(words):
        hit = table.at(words, at) if words[at] in starts else None
        if hit is None:
            at += 1
        else:
            found.append(Found(hit[0], at, at + hit[1]))
            at += hit[1]
    return tuple(found)
