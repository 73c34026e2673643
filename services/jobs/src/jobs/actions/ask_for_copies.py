"""Ask chat to tell everything again, where nothing was heard of it yet."""

from __future__ import annotations

from datetime import datetime

from common.contracts.chat import ResyncCopies
from common.messaging.compose import message_of
from jobs.ports.store import Store


async def ask_for_copies(store: Store, *, request_id: str, now: datetime) -> bool:
    """False when there are copies. Raises `StoreError`."""
    async with store.transaction() as tx:
        if await tx.tenants.told():
            return False
        tx.emit(
            message_of(
                ResyncCopies(requested_by="jobs", requested_at=now),
                event_id=f"resync-{request_id}",
                source="/jobs",
                time=now,
                subject="jobs",
                tenant="",
            )
        )
    return True
