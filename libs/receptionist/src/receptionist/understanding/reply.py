"""An answer laid beside its question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from receptionist.understanding.asked import Asked
from receptionist.understanding.named_times import is_echo, named_times
from receptionist.understanding.reply_signs import Found, Sign, read_signs

_STARTS_ANEW: Final[frozenset[Sign]] = frozenset({"again", "aside"})
_SAYS: Final[frozenset[Sign]] = frozenset({"yes", "no", "good", "bad", "keep", "drop", "move", "unsure"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer beside its question: its signs in their order, and whether it names another time than was proposed."""

    norms: tuple[str, ...]
    signs: tuple[Found, ...]
    asked: Asked
    times: frozenset[str]
    echo: bool
    """All the times that it names had been proposed."""

    @property
    def order(self) -> tuple[Sign, ...]:
        """The signs that say something."""
        return tuple(found.sign for found in self.signs if found.sign != "idle")

    @property
    def other_time(self) -> bool:
        """Whether it names a time that was not proposed."""
        return bool(self.times) and not self.echo

    @property
    def words(self) -> list[str]:
        """Without signs of punctuation."""
        return [norm for norm in self.norms if norm[:1].isalnum()]

    @property
    def rest(self) -> int:
        """How many words belong to no sign."""
        return max(0, len(self.words) - sum(found.end - found.start for found in self.signs))


def read_reply(norms: tuple[str, ...], asked: Asked) -> Reply:
    """Looks at the words of an answer; of one that corrects itself, at what comes after. Linear in their number."""
    signs = read_signs(norms)
    # What was said after `I mean` or `wait`, or after words to somebody else, counts, where it says something of its own.
    last = next((at for at in range(len(signs) - 1, -1, -1) if signs[at].sign in _STARTS_ANEW), -1)
    if last >= 0 and any(found.sign in _SAYS for found in signs[last + 1 :]):
        norms = norms[signs[last].end :]
        signs = read_signs(norms)
    takes = asked.offer and not asked.times
    signs = tuple(
        replace(found, sign="good" if takes else "other") if found.sign == "hurry" else found for found in signs
    )
    agreed = {at for found in signs if found.sign == "yes" for at in range(found.start, found.end)}
    times = named_times([norm if at not in agreed else "" for at, norm in enumerate(norms)])
    return Reply(norms=norms, signs=signs, asked=asked, times=times, echo=bool(times) and is_echo(times, asked.times))
