"""Put a promise on the list."""

from __future__ import annotations

from dataclasses import replace

from chat.domain.callback import Callback, reworded
from chat.domain.received import LONG, SHORT, cleaned
from chat.ports import Transaction


async def promise_callback(tx: Transaction, promise: Callback) -> None:
    """Stores the promise; one that is repeated with newer words is reworded, and stays settled if it was."""
    promise = replace(
        promise,
        reason=cleaned(promise.reason, SHORT),
        name=cleaned(promise.name, SHORT),
        message=cleaned(promise.message, LONG),
        recording_url=cleaned(promise.recording_url, LONG),
    )
    if await tx.add_callback(promise):
        return
    known = await tx.lock_callback(promise.tenant_id, promise.id)
    newer = None if known is None else reworded(known, promise)
    if newer is not None:
        await tx.save_callback(newer)
