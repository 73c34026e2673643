"""Copies of what others own, as it is told on the bus."""

from __future__ import annotations

from common.clock import Clock
from common.contracts.chat import TenantChanged
from common.messaging.inbox import Handlers, Received
from jobs.actions.keep_tenant import keep_tenant
from jobs.domain.tenant import TenantCopy
from jobs.ports.kinds import Kinds
from jobs.ports.store import Transaction


def copy_handlers(clock: Clock, kinds: Kinds) -> Handlers[Transaction]:
    """For `jobs.copies.bulk`."""

    async def on_tenant(tx: Transaction, event: Received[TenantChanged]) -> None:
        told = event.data
        copy = TenantCopy(
            tenant_id=told.settings.tenant_id, version=told.version, settings=told.settings, deleted=told.deleted
        )
        await keep_tenant(tx, kinds, copy, now=clock.now())

    handlers: Handlers[Transaction] = Handlers()
    return handlers.on(TenantChanged, on_tenant)
