"""What the service needs of the world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from billing.domain.account import Account
from billing.domain.entitlement import Entitlement
from billing.domain.usage import UsageEntry, UsageTotal
from common.messaging.store import InboxStore, MessagingTransaction, OutboxStore


class Transaction(MessagingTransaction, Protocol):
    """One unit of work."""

    async def add_usage(self, entry: UsageEntry) -> bool:
        """False when this source was counted before."""

    async def save_account(self, account: Account) -> bool:
        """False when a newer version is known already."""

    async def remove_account(self, tenant_id: str, version: int) -> None:
        """Forgets the copy, unless a newer version is known. The ledger stays."""

    async def purge_usage(self, tenant_id: str, *, before: datetime, limit: int) -> int:
        """Deletes up to `limit` entries of what happened before then, the oldest first; returns how many."""

    async def open_entitlement(self, entitlement: Entitlement) -> bool:
        """Stores a tenant's first entitlement; False when there is one."""

    async def entitlements(self) -> Sequence[Entitlement]:
        """All of them, by tenant."""


class Store(InboxStore[Transaction], OutboxStore, Protocol):
    """Keeps the ledger. Every method raises `StoreError`."""

    async def accounts(self) -> tuple[Account, ...]:
        """Every account, by tenant."""

    async def entitlement_of(self, tenant_id: str) -> Entitlement | None:
        """The tenant's entitlement now."""

    async def usage(self, tenant_id: str, *, since: datetime, until: datetime) -> UsageTotal:
        """What was used in [since, until)."""
