"""Who may be texted: STOP, START and HELP, per business and number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from telephony_gateway.domain.ids import TenantId

ConsentWord = Literal["stop", "start", "help"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChange:
    """A line of the consent ledger. `tenant_id` is empty where nobody owns the dialled number."""

    tenant_id: TenantId
    phone: str
    """Who wrote, E.164."""
    dialled_phone: str
    word: ConsentWord
    said: str
    """The very word, as evidence."""
    source: str
    """What it is known by: the inbox key of the text."""
    at: datetime
