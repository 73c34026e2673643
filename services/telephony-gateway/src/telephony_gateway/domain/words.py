"""What is heard and said, as it may be kept: tidy, masked, and no longer than a column takes."""

from __future__ import annotations

from typing import Final

from receptionist.dialogue.masking import mask

MAX_LINE: Final = 2_000
MAX_SHORT: Final = 200
# NUL can't be stored, half a surrogate pair can't be encoded; none of them was ever spoken.
_UNKEEPABLE: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)), " ")


def tidy(text: str, limit: int = MAX_LINE) -> str:
    """`text` without control characters, cut to `limit` characters."""
    short = text[:limit]
    return short if short.isprintable() else short.translate(_UNKEEPABLE)


def keepable(text: str) -> str:
    """What somebody said, as evidence: tidied, card numbers masked."""
    return mask(tidy(text))[:MAX_LINE]
