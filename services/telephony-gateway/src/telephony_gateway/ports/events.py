"""What the bus's handlers change, in one transaction with the inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from common.contracts.purging import Cutoffs
from common.messaging.store import MessagingTransaction
from telephony_gateway.domain.copies import CopySet, CustomerCopy, EntitlementCopy, TenantCopy, VisitCopy
from telephony_gateway.domain.ids import AlertId, TenantId
from telephony_gateway.domain.late import LateOutcome
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.turn import TurnWrites

CUSTOMERS_AT_ONCE: Final = 5_000


class EventTransaction(MessagingTransaction, Protocol):
    """Saving a copy answers False when as new a version is known."""

    async def save_tenant(self, copy: TenantCopy) -> bool: ...

    async def save_visit(self, copy: VisitCopy) -> bool: ...

    async def save_customer(self, copy: CustomerCopy) -> bool: ...

    async def save_customers(self, copies: Sequence[CustomerCopy]) -> Sequence[CustomerCopy]:
        """Each number once. Returns those of which no newer version was known, in one round trip."""

    async def save_entitlement(self, copy: EntitlementCopy) -> bool: ...

    async def add_text(self, text: NewText) -> bool:
        """False when its id is there."""

    async def add_outcome(self, outcome: LateOutcome) -> bool:
        """False when it is there."""

    async def acknowledge(self, alert_id: AlertId, *, by: str, at: datetime) -> bool:
        """False when it was taken before."""

    async def purge(self, tenant_id: TenantId, before: Cutoffs, *, limit: int) -> Mapping[str, int]:
        """Deletes up to `limit` rows of each kind that the business doesn't keep any more; rows by kind.

        By `before.conversations`: calls whose end was told, threads of texts that rest and old turns of those that go on, texts that
        are over. By `before.records`: alerts that aren't open, copies of visits that are over. The consent ledger is kept for ever.
        """

    async def replay(self, writes: TurnWrites) -> bool:
        """As `CallStore.replay`."""


class CopyStore(Protocol):
    """Copies as they are stored. Every method raises `StoreError`."""

    async def load(self, *, since: int, visits_after: datetime) -> tuple[CopySet, int]:
        """What was committed since that mark (0: everything), and the mark of now. Visits that ended before are left out.

        Of customers the first `CUSTOMERS_AT_ONCE`: there may be a million of them, and calls wait meanwhile.
        """

    async def customers_after(self, last: CustomerCopy, *, since: int) -> Sequence[CustomerCopy]:
        """The next `CUSTOMERS_AT_ONCE` behind the last one of a full load."""

    async def prune(self, *, ended_before: datetime) -> None:
        """Forgets visits that are over."""


class CopyShelf(Protocol):
    """Copies on the local disk, for a start without the store."""

    async def read(self) -> CopySet:
        """What was kept; empty where nothing was or it can't be read."""

    async def write(self, copies: CopySet) -> None:
        """Keeps it, whole or not at all. Raises `JournalUnavailable`."""
