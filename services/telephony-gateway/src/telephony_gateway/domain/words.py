"""What is heard and said, as it may be kept: tidy, masked, and no longer than a column takes."""

from __future__ import annotations

from typing import Final

from receptionist.dialogue.masking import mask

MAX_LINE: Final = 2_000
MAX_SHORT: Final = 200
# NUL can't be stored, half a surrogate pair can't be encoded, XML 1.0 has no place for the rest of the controls, not even
# escaped, and signs that turn the direction of writing make a dashboard lie. None of them was ever spoken.
_UNKEEPABLE: Final = dict.fromkeys(
    (
        *range(0x20),
        *range(0x7F, 0xA0),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
        0xFFFE,
        0xFFFF,
    ),
    " ",
)


def plain(text: str) -> str:
    """`text` without what can't be stored, sent or spoken."""
    return text if text.isprintable() else text.translate(_UNKEEPABLE)


def tidy(text: str, limit: int = MAX_LINE) -> str:
    """`plain`, cut to `limit` characters."""
    return plain(text[:limit])


def keepable(text: str) -> str:
    """What somebody said, as evidence: tidied, card numbers masked."""
    return mask(tidy(text))[:MAX_LINE]
