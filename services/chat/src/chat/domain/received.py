"""What callers and their carriers send, made fit to be stored and shown: words, keys, moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Final

from common.errors import SuiteError

SHORT: Final = 200
LONG: Final = 2_000
MAX_ID: Final = 200
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

# A database can't hold U+0000 in text, and the others only garble what a person reads.
_CONTROLS: Final = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), " ")


class UnfitKey(SuiteError):
    """An id is empty, too long, or not made of printable ASCII characters."""

    slug: ClassVar[str] = "unfit-key"
    status = 400


def cleaned(text: str, limit: int) -> str:
    """`text` without control characters and surrounding blanks, cut to `limit` characters."""
    return text[:limit].translate(_CONTROLS).strip()


def key_of(value: str) -> str:
    """The value, where it can be a key: 1 to 200 printable ASCII characters without blanks. Raises `UnfitKey`."""
    if 0 < len(value) <= MAX_ID and value.isascii() and value.isprintable() and " " not in value:
        return value
    raise UnfitKey


def in_utc(moment: datetime) -> datetime:
    """An aware moment in UTC, cut to the years that arithmetic is safe in (1970 to 2200)."""
    if moment.year <= EARLIEST.year:
        return EARLIEST
    return LATEST if moment.year >= LATEST.year else moment.astimezone(UTC)
