"""Mail on its way out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal, NewType

from common.errors import SuiteError

EmailId = NewType("EmailId", str)
Language = Literal["en", "es"]
EmailState = Literal["waiting", "sent", "stubbed", "failed"]
"""`sent`: a mail server has taken it. `stubbed`: the stub has, and nobody will read it. `failed`: it will not go out."""
_MAX_ADDRESS: Final = 254
"""RFC 5321, 4.5.3.1.3, without the angle brackets."""
_MAX_LOCAL: Final = 64
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)


class AddressRefused(SuiteError):
    """This is no address that mail can be sent to."""

    slug: ClassVar[str] = "address-refused"
    status = 422


def sendable_address(address: str) -> str:
    """The address with its domain as it travels (IDNA). Raises `AddressRefused`.

    Only what mail servers take without extensions: letters beyond ASCII before the @, quotes and comments are refused, and with
    them everything that could end a command or a header.
    """
    if len(address) > _MAX_ADDRESS:
        raise AddressRefused
    local, _, domain = address.rpartition("@")
    try:
        travelling = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressRefused from error
    sound = len(local) <= _MAX_LOCAL and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(travelling)
    if not sound or len(local) + 1 + len(travelling) > _MAX_ADDRESS:
        raise AddressRefused
    return f"{local}@{travelling}"


@dataclass(frozen=True, kw_only=True)
class Email:
    """One mail to one person; `email_id` makes it go out once."""

    email_id: EmailId
    tenant_id: str
    recipient: str
    subject: str
    body: str
    purpose: str
    language: Language
    accepted_at: datetime

    def __post_init__(self) -> None:
        """Raises `AddressRefused`. A subject becomes one line: its breaks would let a caller's words become headers."""
        sendable_address(self.recipient)
        object.__setattr__(self, "subject", " ".join(self.subject.split()))


@dataclass(frozen=True, kw_only=True)
class KeptEmail(Email):
    """A mail and what became of it."""

    state: EmailState = "waiting"
    settled_at: datetime | None = None
    """When the mail server, or the stub, took it or refused it for good."""
    cause: str = ""
    """Why it failed: a slug."""
    purged_at: datetime | None = None
    """When its words and its recipient were forgotten; they are empty since then."""

    def __post_init__(self) -> None:
        """Nothing is refused here: it was accepted, and what of it is gone is empty."""
