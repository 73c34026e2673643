"""The ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.domain.account import Account
from billing.domain.entitlement import Entitlement
from billing.domain.usage import UsageEntry, UsageKind, UsageTotal
from common.clock import Clock
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction, MessagingTables
from common.messaging.memory_tables import MemoryTable, Scope


@dataclass(frozen=True, kw_only=True)
class _AccountRow:
    account: Account
    deleted: bool = False


class Tables:
    """The service's own tables."""

    def __init__(self) -> None:
        self.usage: MemoryTable[tuple[str, UsageKind, str], UsageEntry] = MemoryTable()
        self.entitlements: MemoryTable[str, Entitlement] = MemoryTable()
        self.accounts: MemoryTable[str, _AccountRow] = MemoryTable()


class BillingTransaction(MemoryTransaction):
    """See `billing.ports.Transaction`."""

    def __init__(self, scope: Scope, messaging: MessagingTables, tables: Tables) -> None:
        super().__init__(scope, messaging)
        self._usage = scope.open(tables.usage)
        self._entitlements = scope.open(tables.entitlements)
        self._accounts = scope.open(tables.accounts)

    async def add_usage(self, entry: UsageEntry) -> bool:
        key = (entry.tenant_id, entry.kind, str(entry.source_id))
        if self._usage.get(key) is not None:
            return False
        self._usage.put(key, entry)
        return True

    async def purge_usage(self, tenant_id: str, *, before: datetime, limit: int) -> int:
        old = self._usage.where(lambda entry: entry.tenant_id == tenant_id and entry.occurred_at < before)
        gone = sorted(old, key=lambda entry: entry.occurred_at)[:limit]
        for entry in gone:
            self._usage.remove((entry.tenant_id, entry.kind, str(entry.source_id)))
        return len(gone)

    async def save_account(self, account: Account) -> bool:
        return self._put_account(_AccountRow(account=account))

    async def remove_account(self, tenant_id: str, version: int) -> None:
        gone = Account(tenant_id=tenant_id, version=version, time_zone="UTC", api_key_sha256=())
        self._put_account(_AccountRow(account=gone, deleted=True))

    def _put_account(self, row: _AccountRow) -> bool:
        known = self._accounts.get(row.account.tenant_id)
        if known is not None and known.account.version > row.account.version:
            return False
        self._accounts.put(row.account.tenant_id, row)
        return True

    async def open_entitlement(self, entitlement: Entitlement) -> bool:
        if self._entitlements.get(entitlement.tenant_id) is not None:
            return False
        self._entitlements.put(entitlement.tenant_id, entitlement)
        return True

    async def entitlements(self) -> Sequence[Entitlement]:
        return sorted(self._entitlements.where(lambda _row: True), key=lambda row: row.tenant_id)


class MemoryStore(MemoryMessagingStore[BillingTransaction]):
    """See `billing.ports.Store`."""

    def __init__(self, *, clock: Clock) -> None:
        self._own = Tables()
        super().__init__(lambda scope, tables: BillingTransaction(scope, tables, self._own), clock=clock)

    async def accounts(self) -> tuple[Account, ...]:
        rows = [row.account for row in self._own.accounts.rows() if not row.deleted]
        return tuple(sorted(rows, key=lambda account: account.tenant_id))

    async def entitlement_of(self, tenant_id: str) -> Entitlement | None:
        return self._own.entitlements.get(tenant_id)

    async def usage(self, tenant_id: str, *, since: datetime, until: datetime) -> UsageTotal:
        counted = {"call": 0, "appointment": 0, "text": 0}
        for entry in self._own.usage.rows():
            if entry.tenant_id == tenant_id and since <= entry.occurred_at < until:
                counted[entry.kind] += entry.quantity
        return UsageTotal(calls=counted["call"], appointments=counted["appointment"], texts=counted["text"])
