"""Texts and the consent ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from telephony_gateway.adapters.memory_store import MemoryGatewayTransaction, MemoryStore
from telephony_gateway.domain.ids import TenantId, TextId
from telephony_gateway.domain.text import MARKETING_EVERY, TWIN_WITHIN, NewText, Text, TextStatus
from telephony_gateway.domain.turn import TurnWrites
from telephony_gateway.ports.texts import Begun, TextResult

_OPEN: Final[frozenset[TextStatus]] = frozenset({"queued", "sending", "unknown"})
_GONE: Final[frozenset[TextStatus]] = frozenset({"sending", "unknown", "sent", "delivered", "undelivered", "parked"})
"""The provider has it, or may have it."""


def write_texts(tx: MemoryGatewayTransaction, writes: TurnWrites) -> None:
    """The `MemoryTurnPart` of texts and consents."""
    for text in writes.texts:
        tx.put_text(text)
    for report in writes.texts_as_of:
        known = tx.texts.get(report.new.text_id)
        if known is None or known.progress < report.progress:
            provider_id = report.provider_id or (known.provider_id if known is not None else "")
            tx.texts.put(report.new.text_id, replace(report, provider_id=provider_id))
            if report.provider_id and tx.sent_at.get(report.new.text_id) is None:
                tx.sent_at.put(report.new.text_id, writes.at)
    for change in writes.consents:
        if tx.consents.get(change.source) is None:
            tx.consents.put(change.source, change)


class MemoryTexts:
    """A `TextStore` and a `ConsentLedger`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._tables = store.gateway

    async def opted_out(
        self, tenant_id: TenantId, phone: str, dialled_phone: str, *, since: datetime | None = None
    ) -> bool:
        """See `ConsentLedger`."""
        said = [
            change
            for change in self._tables.consents.rows()
            if change.phone == phone
            and change.word != "help"
            and (change.tenant_id == tenant_id or (not change.tenant_id and change.dialled_phone == dialled_phone))
        ]
        if since is not None and any(change.word == "stop" and change.at >= since for change in said):
            return True
        # max() keeps the first of equals; of two words in the same instant the later one decides.
        return bool(said) and max(enumerate(said), key=lambda entry: (entry[1].at, entry[0]))[1].word == "stop"

    async def dealt_with(self, tenant_id: TenantId, phone: str) -> bool:
        """See `ConsentLedger`."""
        customer = self._tables.customers.get((tenant_id, phone))
        if customer is not None and not customer.deleted:
            return True
        return bool(phone) and any(
            call.tenant_id == tenant_id and call.caller_phone == phone for call in self._tables.calls.rows()
        )

    async def add(self, text: NewText) -> bool:
        """See `TextStore`."""
        async with self._store.transaction() as tx:
            return tx.put_text(text)

    async def claim(self, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Text]:
        """See `TextStore`."""
        async with self._store.transaction() as tx:
            due = tx.texts.where(lambda row: row.status in _OPEN and row.due_at <= now)
            due.sort(key=lambda row: (not row.urgent, row.due_at))
            claimed = [
                replace(row, due_at=lease_until, status="unknown" if row.status == "sending" else row.status)
                for row in due[:limit]
            ]
            for row in claimed:
                tx.texts.put(row.new.text_id, row)
        return sorted(claimed, key=lambda row: (not row.urgent, row.new.created_at))

    async def begin(self, text_id: TextId, *, now: datetime, lease_until: datetime) -> bool:
        """See `TextStore`."""
        async with self._store.transaction() as tx:
            row = tx.texts.get(text_id)
            if row is None or not (row.status == "queued" or (row.status == "unknown" and row.urgent)):
                return False
            tx.texts.put(text_id, replace(row, status="sending", attempts=row.attempts + 1, due_at=lease_until))
        return True

    async def begin_automated(self, text: NewText, *, now: datetime, lease_until: datetime) -> Begun:
        """See `TextStore`."""
        async with self._store.transaction() as tx:
            before = tx.texts.where(
                lambda row: (
                    row.new.text_id != text.text_id
                    and (row.new.tenant_id, row.new.to_phone) == (text.tenant_id, text.to_phone)
                    and row.status in _GONE
                )
            )
            begun = [(row.new, tx.begun_at.get(row.new.text_id)) for row in before]
            if any(new.body == text.body and at is not None and at > now - TWIN_WITHIN for new, at in begun):
                return "twin"
            if text.basis == "marketing" and any(
                new.basis == "marketing" and at is not None and at > now - MARKETING_EVERY for new, at in begun
            ):
                return "too_often"
            row = tx.texts.get(text.text_id)
            if row is None or row.status != "queued":
                return "taken"
            tx.texts.put(text.text_id, replace(row, status="sending", attempts=row.attempts + 1, due_at=lease_until))
            tx.begun_at.put(text.text_id, now)
        return "begun"

    async def record(self, result: TextResult) -> None:
        """See `TextStore`."""
        async with self._store.transaction() as tx:
            row = tx.texts.get(result.text_id)
            if row is None or row.status not in _OPEN:
                return
            if result.status == "queued" and result.attempts not in {None, row.attempts}:
                return
            tx.texts.put(
                result.text_id,
                replace(
                    row,
                    status=result.status,
                    due_at=result.due_at or row.due_at,
                    provider_id=result.provider_id or row.provider_id,
                    error=result.error,
                    lookups=result.lookups,
                ),
            )
            if result.status == "sent":
                tx.sent_at.put(result.text_id, result.at)
            if result.consent is not None and tx.consents.get(result.consent.source) is None:
                tx.consents.put(result.consent.source, result.consent)
            for message in result.messages:
                tx.emit(message)

    async def record_status(
        self, provider_id: str, status: TextStatus, error: str, at: datetime, *, text_id: str = ""
    ) -> Text | None:
        """See `TextStore`."""
        async with self._store.transaction() as tx:
            rows = tx.texts.where(
                lambda row: (
                    row.status in _OPEN | {"sent"}
                    and (
                        row.provider_id == provider_id
                        or bool(text_id and row.new.text_id == text_id and not row.provider_id)
                    )
                ),
                limit=1,
            )
            if not rows:
                return None
            changed = replace(rows[0], status=status, error=error, provider_id=provider_id)
            tx.texts.put(changed.new.text_id, changed)
            if tx.sent_at.get(changed.new.text_id) is None:
                tx.sent_at.put(changed.new.text_id, at)
        return changed

    async def sent_since(self, tenant_id: TenantId, since: datetime) -> int:
        """See `TextStore`."""
        texts = self._tables.texts
        sent = 0
        for row in texts.rows():
            at = self._tables.sent_at.get(row.new.text_id)
            sent += row.new.tenant_id == tenant_id and at is not None and at >= since
        return sent

    async def waiting(self, now: datetime) -> tuple[int, float]:
        """See `TextStore`."""
        rows = [row for row in self._tables.texts.rows() if row.status in _OPEN]
        due = [row.due_at for row in rows if row.due_at <= now]
        return len(rows), (now - min(due)).total_seconds() if due else 0.0
