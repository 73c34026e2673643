"""Mail on its way out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal, NewType

from common.errors import SuiteError

EmailId = NewType("EmailId", str)
_MAX_ADDRESS: Final = 254
"""RFC 5321, 4.5.3.1.3, without the angle brackets."""


class AddressRefused(SuiteError):
    """This is no address that mail can be sent to."""

    slug: ClassVar[str] = "address-refused"
    status = 422


@dataclass(frozen=True, kw_only=True)
class Email:
    """One mail to one person; `email_id` makes it go out once."""

    email_id: EmailId
    tenant_id: str
    recipient: str
    subject: str
    body: str
    purpose: str
    language: Literal["en", "es"]
    accepted_at: datetime

    def __post_init__(self) -> None:
        """Raises `AddressRefused`. Line breaks are refused too: they would let a caller's words become headers."""
        local, at, domain = self.recipient.rpartition("@")
        sound = (
            at
            and local
            and "." in domain.strip(".")
            and len(self.recipient) <= _MAX_ADDRESS
            and not any(sign.isspace() or sign in ",;<>" or not sign.isprintable() for sign in self.recipient)
        )
        if not sound:
            raise AddressRefused
        object.__setattr__(self, "subject", " ".join(self.subject.split()))
