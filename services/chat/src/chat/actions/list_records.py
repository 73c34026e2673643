"""One page of a business's records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chat.domain.record_rows import COLUMNS, RecordKind, Row, row_of
from chat.domain.tenant import TenantId
from chat.ports import Store

_MOST: Final[dict[RecordKind, int]] = {
    "customers": 500,
    "appointments": 500,
    "callbacks": 500,
    # They carry what was said.
    "conversations": 50,
}


@dataclass(frozen=True, kw_only=True)
class RecordList:
    """Some rows, and whether there are more after the last one."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    more: bool

    def half(self) -> RecordList:
        """The first half of it, one row at least."""
        return RecordList(columns=self.columns, rows=self.rows[: max(1, len(self.rows) // 2)], more=True)

    @property
    def next_after(self) -> str:
        """The key to go on from; empty at the end."""
        return self.rows[-1].key if self.more and self.rows else ""


async def list_records(store: Store, tenant_id: TenantId, kind: RecordKind, *, after: str, limit: int) -> RecordList:
    """Those with keys above `after`, in their order; of a business that nobody knows there are none. Raises `StoreError`."""
    wanted = min(limit, _MOST[kind])
    found = await store.records_after(tenant_id, kind, after=after, limit=wanted + 1)
    rows = tuple(row_of(record) for record in found[:wanted])
    return RecordList(columns=COLUMNS[kind], rows=rows, more=len(found) > wanted)
