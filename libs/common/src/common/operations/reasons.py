"""Why an operator did something, in words that may be written down."""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias

import msgspec

MAX_REASON: Final = 300
Reason: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=3, max_length=MAX_REASON, pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]+$(?!\n)")
]
"""In a request's body: one line that says something."""

_PERSONAL: Final = re.compile(r"\S*@\S*|\+?\d(?:[ ().-]{0,2}\d){6,}")


def masked(reason: str) -> str:
    """The reason without mail addresses and numbers to call: it goes to logs that are kept for long."""
    return _PERSONAL.sub("…", reason)[:MAX_REASON]
