"""Numbers as Twilio gives them."""

from __future__ import annotations

import re
from typing import Final

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_WITHHELD: Final = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+464"})
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on a keypad (https://www.twilio.com/docs/voice/twiml), and no number."""


def e164(raw: str) -> str:
    """The number, or empty for a withheld one, a SIP address and anything else that can't be called back."""
    number = raw.strip()
    return number if _E164.fullmatch(number) and number not in _WITHHELD else ""
