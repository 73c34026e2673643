"""Ask chat and billing to tell everything again, where the copies can't be relied upon."""

from __future__ import annotations

from datetime import datetime

from common.contracts.chat import ResyncCopies
from common.messaging.bus import Message
from common.messaging.compose import message_of


def resync_message(*, request_id: str, now: datetime) -> Message:
    """The command; both services obey it."""
    return message_of(
        ResyncCopies(requested_by="telephony-gateway", requested_at=now),
        event_id=f"resync-{request_id}",
        source="/telephony-gateway",
        time=now,
        subject="telephony-gateway",
        tenant="",
    )
