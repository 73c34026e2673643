"""Outbound texts, the consent ledger, and who sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol, TypeAlias

from common.messaging.bus import Message
from telephony_gateway.domain.consent import ConsentChange
from telephony_gateway.domain.errors import GatewayError
from telephony_gateway.domain.ids import TenantId, TextId
from telephony_gateway.domain.text import NewText, Text, TextStatus

Begun: TypeAlias = Literal["begun", "taken", "twin", "too_often"]
"""It is for us to send; somebody else has it; its recipient got the same words a moment ago; or advertising not long ago."""


class ConsentLedger(Protocol):
    """Who said STOP. Changes are part of `TurnWrites`. Every method raises `StoreError`."""

    async def opted_out(
        self, tenant_id: TenantId, phone: str, dialled_phone: str, *, since: datetime | None = None
    ) -> bool:
        """True when this number wants no texts of this business, or has said so at or after `since`, whatever it said then:
        what waited when somebody said STOP isn't sent because of a later START.

        What was said to `dialled_phone` while nobody owned it counts too.
        """

    async def dealt_with(self, tenant_id: TenantId, phone: str) -> bool:
        """True when this business lists the number as a customer's, or was ever called or texted from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextResult:
    """What one attempt made of a text. `messages` go to the outbox with it, and `consent` into the ledger."""

    text_id: TextId
    status: TextStatus
    at: datetime
    due_at: datetime | None = None
    provider_id: str = ""
    error: str = ""
    lookups: int = 0
    attempts: int | None = None
    """How often the provider had been asked, as far as this result knows. One that lets the text wait again counts only while that is
    so: who stood still must not send again what another has sent meanwhile. None: not looked at."""
    messages: tuple[Message, ...] = ()
    consent: ConsentChange | None = None


class TextStatuses(Protocol):
    """What becomes of texts that the provider has."""

    async def record_status(
        self, provider_id: str, status: TextStatus, error: str, at: datetime, *, text_id: str = ""
    ) -> Text | None:
        """The provider's own word about a text; the text when that was news. Later words never undo final ones.

        `text_id` is our id, from the callback's URL: it finds a text whose sending never got an answer. Raises `StoreError`.
        """


class TextStore(TextStatuses, Protocol):
    """Texts on their way. Every method raises `StoreError`."""

    async def add(self, text: NewText) -> bool:
        """Stores a text; False when its id is there."""

    async def claim(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Text]:
        """Takes texts that are due, urgent ones first, and hides them from other replicas until `lease_until`.

        One that was left in `sending` comes back as `unknown`.
        """

    async def begin(self, text_id: TextId, *, now: datetime, lease_until: datetime) -> bool:
        """Commits that the provider will be asked now. False when somebody else has it, or had it and may have sent it: only alerts
        are sent again then."""

    async def begin_automated(self, text: NewText, *, now: datetime, lease_until: datetime) -> Begun:
        """As `begin`, for an automated text: commits nothing where its recipient got enough (`TWIN_WITHIN`, `MARKETING_EVERY`).

        Of several senders that begin texts to one person at once, one decides after the other.
        """

    async def record(self, result: TextResult) -> None:
        """Stores what became of an attempt."""

    async def sent_since(self, tenant_id: TenantId, since: datetime) -> int:
        """How many of a business's texts were given to the provider since then."""

    async def waiting(self, now: datetime) -> tuple[int, float]:
        """How many wait, and the age of the oldest that is due, in seconds."""


class SmsError(GatewayError):
    """The provider did not take a text or a call."""

    slug: ClassVar[str] = "provider"

    def __init__(self, detail: str = "", *, code: int = 0) -> None:
        super().__init__(detail)
        self.code = code


class SmsRefused(SmsError):
    """The provider refused it for good."""

    slug = "provider-refused"


class SmsOptedOut(SmsRefused):
    """The number has opted out at the provider."""

    slug = "provider-opted-out"


class SmsUnavailable(SmsError):
    """The provider certainly did not take it, and may later."""

    slug = "provider-unavailable"
    retryable = True

    def __init__(self, detail: str = "", *, code: int = 0, retry_after_s: float = 0.0) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s


class SmsUnknown(SmsError):
    """Nobody can say whether the provider took it."""

    slug = "provider-unknown"
    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The provider has it."""

    provider_id: str
    stub: bool = False
    """True where nothing really went out: a stubbed alert never counts as delivered."""


class SmsProvider(Protocol):
    """Sends texts and places calls. Raises `SmsError`s, each within its own time limit."""

    async def send(self, text: NewText, *, status_callback: str) -> Taken:
        """Sends one text. The status callback's URL carries our id."""

    async def find(self, text: NewText, *, since: datetime) -> str | None:
        """The provider's id of a text that may have been sent since then."""

    async def place_call(self, *, from_phone: str, to_phone: str, answer_url: str) -> Taken:
        """Calls somebody; the document at `answer_url` is fetched when they answer."""

    async def close(self) -> None:
        """Closes connections."""
