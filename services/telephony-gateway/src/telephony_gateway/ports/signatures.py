"""Whether a request is the provider's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from telephony_gateway.domain.form import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """What a signature covers."""

    target: str
    """Path and query exactly as they were sent, beginning with a slash."""
    signature: str | None
    form: Form | None = None
    """The parameters of a form; None for any other body."""
    body: bytes = b""
    websocket: bool = False


class Signatures(Protocol):
    """Checks signatures."""

    def valid(self, request: SignedRequest) -> bool:
        """True when it was signed with one of our secrets for our public address. Never raises."""
