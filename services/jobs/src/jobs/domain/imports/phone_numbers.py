"""Telephone numbers as people type them into spreadsheets, made E.164."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

import phonenumbers
from phonenumbers import PhoneMetadata

PhoneFault = Literal["phone-missing", "phone-invalid", "phone-rounded"]

_MAX: Final = 250
"""phonenumbers reads no more."""
_PLAIN: Final = re.compile(r"(\+?1[ .-]?)?(?:\(([2-9][0-9]{2})\)|([2-9][0-9]{2}))[ .-]?([2-9][0-9]{2})[ .-]?([0-9]{4})")
_NORTH_AMERICA: Final = frozenset({"US", "CA"})
_ROUNDED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}")
_FLOAT: Final = re.compile(r"(\+?[0-9]{7,15})[.,]00?")
_BETWEEN: Final = re.compile(r"[/;,|\n]+|\b(?:or|and|o|y)\b", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"\(?\b(?:mobile|cellular|cell|m[oó]vil|celular|cel|home|casa|work|trabajo|oficina|office|tel[eé]fono|tel|phone|ph"
    r"|whatsapp|main|principal)\b[.:)]*",
    re.IGNORECASE,
)
_WORDS_BEHIND: Final = re.compile(r"(.*[0-9])\s+\(?[^\W\d_]{2,}.*")
_EXTENSION: Final = re.compile(r"(?:\b(?:e?xt|x|anexo|int)\b|#|;ext=)", re.IGNORECASE)


def _certain() -> re.Pattern[str]:
    """Ten digits that phonenumbers calls valid for a look at one of its own patterns: the ordinary numbers of the US and Canada.

    `is_valid_number` asks whether any region of +1 has a type of number that matches; one that is known to match settles it.
    """
    patterns: list[str] = []
    for region in sorted(_NORTH_AMERICA):
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        assert metadata.fixed_line is not None
        patterns.append(f"(?:{metadata.fixed_line.national_number_pattern})")
    return re.compile("|".join(patterns))


_CERTAIN: Final = _certain()


@dataclass(frozen=True, slots=True)
class PhoneRead:
    """A number (E.164), and whether an extension was left off."""

    number: str
    extension: bool = False


def read_phone(text: str, region: str) -> PhoneRead | PhoneFault:
    """The number in a cell. `region` (ISO 3166) is the country of numbers without a country code.

    The usual ways to write a number of the US or Canada are told by a pattern at a twentieth of the cost; a test holds it
    against phonenumbers, which reads all the others: letters, extensions, other countries. A cell may have several
    numbers and words around them: the first one that can exist is taken.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None and (region in _NORTH_AMERICA or text[0] == "+"):
        national = (plain[2] or plain[3]) + plain[4] + plain[5]
        if _CERTAIN.fullmatch(national):
            return PhoneRead("+1" + national)
    return _read_slowly(text.strip(" '\t\r\n\u00a0"), region)


def _read_slowly(text: str, region: str) -> PhoneRead | PhoneFault:
    if not any(sign.isdigit() for sign in text):
        return "phone-missing" if not text or _is_nothing(text) else "phone-invalid"
    if _ROUNDED.fullmatch(text):
        return "phone-rounded"
    number = _FLOAT.fullmatch(text)
    text = number[1] if number is not None else text[:_MAX]
    read = read_with_phonenumbers(text, region)
    if read is not None:
        return read
    for part in _BETWEEN.split(text):
        bare = _LABEL.sub(" ", part).strip()
        if not bare:
            continue
        read = read_with_phonenumbers(bare, region)
        if read is None and not _EXTENSION.search(bare) and (behind := _WORDS_BEHIND.fullmatch(bare)) is not None:
            read = read_with_phonenumbers(behind[1], region)
        if read is not None:
            return read
    return "phone-invalid"


def read_with_phonenumbers(text: str, region: str) -> PhoneRead | None:
    """What the package says of a text; None where it knows no such number."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    # Ours are a plus sign and 7 to 15 digits; a few of the smallest countries have shorter ones.
    return PhoneRead(number, bool(parsed.extension)) if 8 <= len(number) <= 16 else None


def is_region(region: str) -> bool:
    """True for a country that phonenumbers knows."""
    return region in phonenumbers.SUPPORTED_REGIONS


def _is_nothing(text: str) -> bool:
    return text.casefold().strip(" .-–—/?") in {
        "",
        "n/a",
        "na",
        "none",
        "null",
        "nil",
        "ninguno",
        "no",
        "unknown",
        "desconocido",
    }
