"""Note what became of a promised call back."""

from __future__ import annotations

from typing import ClassVar

from chat.actions.announce import Occasion, announce
from chat.domain.callback import Callback, CallbackId, Result, kept
from chat.domain.tenant import TenantId
from chat.ports import Transaction
from common.contracts.chat import CallbackKept
from common.errors import SuiteError


class UnknownCallback(SuiteError):
    """There is no such promise."""

    slug: ClassVar[str] = "not-found"
    status = 404


async def keep_callback(
    tx: Transaction, tenant_id: TenantId, callback_id: CallbackId, result: Result, occasion: Occasion
) -> Callback:
    """The promise with its result; the same result twice changes nothing. Raises `UnknownCallback` or `CallbackSettled`."""
    callback = await tx.lock_callback(tenant_id, callback_id)
    if callback is None:
        raise UnknownCallback
    settled = kept(callback, result, now=occasion.now)
    if settled is None:
        return callback
    await tx.save_callback(settled)
    announce(
        tx,
        occasion,
        CallbackKept(callback_id=callback_id, result=result, kept_at=occasion.now),
        tenant_id=tenant_id,
        subject=callback_id,
    )
    return settled
