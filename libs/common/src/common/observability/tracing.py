"""W3C Trace Context (https://www.w3.org/TR/trace-context/): the same trace from a webhook through the bus to its effects."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from typing import Final

_TRACEPARENT: Final = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16

current_traceparent: ContextVar[str] = ContextVar("current_traceparent", default="")
"""The trace that the running task works for; empty outside of any."""


def new_traceparent() -> str:
    """A new sampled trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def continue_trace(header: str | None) -> str:
    """The caller's trace with a span of our own, or a new trace when the header is missing or malformed."""
    match = _TRACEPARENT.match(header or "")
    if match is None or match.group(1) == _NO_TRACE or match.group(2) == _NO_SPAN:
        return new_traceparent()
    return f"00-{match.group(1)}-{secrets.token_hex(8)}-{match.group(3)}"
