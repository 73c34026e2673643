"""An outbound text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from telephony_gateway.domain.ids import CallId, TenantId, TextId

TextPurpose = Literal["booking_requested", "cut_off", "confirmation", "rejection", "cancellation", "alert", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """A text that shall go out. Consent, quiet hours, countries and caps decide at the moment of sending."""

    text_id: TextId
    tenant_id: TenantId
    call_id: CallId | None
    from_phone: str
    """The business's number that sends it, E.164."""
    to_phone: str
    body: str
    purpose: str
    lang: Literal["en", "es"]
    created_at: datetime
    not_after: datetime | None = None
    """Of no use any more after this."""
    wait_for_quiet_hours: bool = True
    """False where somebody is waiting for it just now."""
