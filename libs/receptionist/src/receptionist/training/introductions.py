"""Callers say who they are around what they want: the same words, with a made-up introduction before or behind them."""

from __future__ import annotations

from typing import Final
from zlib import crc32

from receptionist.understanding.text import Lang


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split("|"))


_FIRST: Final = _list(
    "maria|john|tyrone|lakshmi|chen|beatriz|ahmed|olga|sean|fatima|pedro|wendy|ngozi|hiroshi|carl|dolores|rafael|trish"
)
_LAST: Final = _list(
    "alvarez|johnson|okafor|nguyen|park|ivanov|murphy|haddad|santos|becker|owusu|tanaka|delgado|kowalski|reyes|whitaker"
)
_STREETS: Final = _list(
    "maple county road|north fifth street|sunset drive|elm|mill creek lane|old post road|avenue d|cherry|highland|"
    "river bend court"
)
_DIGITS: Final = _list("one|two|three|four|five|six|seven|eight|nine|oh")

_ENGLISH: Final = (
    "this is {first} {last} {text}",
    "hi this is {first} {text}",
    "{first} {last} {text}",
    "{first} {last} here {text}",
    "my name is {first} {last} {text}",
    "{text} this is {first} {last}",
    "{text} my number is {phone}",
    "{first} {last} {phone} {text}",
    "{text} it's {house} {street}",
    "{house} {street} {text}",
    "um hi yes {text}",
    "{text} thank you",
    "good morning {text}",
    "hey there {text} please",
)
_SPANISH: Final = (
    "soy {first} {last} {text}",
    "habla {first} {text}",
    "buenas tardes {text}",
    "{text} mi número es {phone}",
    "{first} {last} {phone} {text}",
    "{text} gracias",
)


def introduced(text: str, lang: Lang) -> str:
    """`text` with an introduction, chosen by the text itself: always the same one."""
    dice = crc32(text.encode())
    forms = _SPANISH if lang == "es" else _ENGLISH
    return forms[(dice >> 11) % len(forms)].format(
        text=text,
        first=_FIRST[(dice >> 3) % len(_FIRST)],
        last=_LAST[(dice >> 7) % len(_LAST)],
        phone=" ".join(_DIGITS[(dice >> 3 * place) % len(_DIGITS)] for place in range(10)),
        house=f"{_DIGITS[(dice >> 1) % 9]} {_DIGITS[(dice >> 6) % 9]}",
        street=_STREETS[(dice >> 2) % len(_STREETS)],
    )


def is_chosen(text: str, one_in: int) -> bool:
    """Whether this text is among the one in so many that get an introduction."""
    return crc32(text[::-1].encode()) % one_in == 0
