"""Numbers as Twilio gives them."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_NO_SENDER: Final = re.compile(r"[^A-Za-z0-9]")
_LONGEST_SENDER: Final = 32
_WITHHELD: Final = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+464"})
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on a keypad (https://www.twilio.com/docs/voice/twiml), and no number."""


def e164(raw: str) -> str:
    """The number, or empty for a withheld one, a SIP address and anything else that can't be called back."""
    number = raw.strip()
    return number if _E164.fullmatch(number) and number not in _WITHHELD else ""


def sender_of(raw: str) -> str:
    """Who a text is from: E.164, else the letters and digits of a short code or a sender's name; empty where there are none."""
    return e164(raw) or _NO_SENDER.sub("", raw[:_LONGEST_SENDER])


def country_of(phone: str) -> str | None:
    """The country that a number belongs to (ISO 3166), None for numbers of no country and such that can't exist."""
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    if region is not None and region != "001":
        return region
    # A number in a range that is not given out yet (the fictional 555-01xx is one) still has its country code.
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(parsed.country_code or 0, ())
    return regions[0] if phonenumbers.is_possible_number(parsed) and regions and regions[0] != "001" else None
