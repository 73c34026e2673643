"""Forgetting what a business doesn't keep any more, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from chat.domain.appointment import Appointment, Decision
from chat.domain.callback import Callback
from chat.domain.conversation import Conversation, Emergency, Question, TextMessage
from chat.domain.tenant import TenantId
from common.contracts.purging import Cutoffs
from common.messaging.memory_store import MemoryTransaction
from common.messaging.memory_tables import Draft

Key = tuple[str, str]


class _Owned(Protocol):
    @property
    def tenant_id(self) -> TenantId: ...


V = TypeVar("V", bound=_Owned)


class MemoryPurge(MemoryTransaction):
    """This part of a `Transaction`; the whole one opens the tables."""

    appointments: Draft[Key, Appointment]
    decisions: Draft[Key, Decision]
    callbacks: Draft[Key, Callback]
    conversations: Draft[Key, Conversation]
    messages: Draft[Key, TextMessage]
    emergencies: Draft[Key, Emergency]
    questions: Draft[Key, Question]
    closed: Draft[Key, datetime]

    async def purge(self, tenant_id: TenantId, before: Cutoffs, *, limit: int) -> Mapping[str, int]:
        def remove(table: Draft[Key, V], old: Callable[[V], bool], key: Callable[[V], Key]) -> int:
            rows = table.where(lambda row: row.tenant_id == tenant_id and old(row), limit=limit)
            for row in rows:
                table.remove(key(row))
            return len(rows)

        words, records = before.conversations, before.records
        deleted = {
            "conversations": remove(
                self.conversations,
                lambda row: row.last_at < words and (row.kind == "texts" or row.ending is not None),
                lambda row: (tenant_id, row.id),
            ),
            "texts": remove(self.messages, lambda row: row.at < words, lambda row: (tenant_id, row.id)),
            "questions": remove(self.questions, lambda row: row.asked_at < words, lambda row: (tenant_id, row.id)),
            "appointments": remove(
                self.appointments, lambda row: self._over(row, records), lambda row: (tenant_id, row.id)
            ),
        }
        for key in [key for key in self.closed.keys() if self.appointments.get(key) is None]:  # noqa: SIM118 - a method of its own
            self.closed.remove(key)
        return {
            **deleted,
            "decisions": remove(
                self.decisions,
                lambda row: (
                    row.decided_at < records
                    and (row.appointment_id is None or self.appointments.get((tenant_id, row.appointment_id)) is None)
                ),
                lambda row: (tenant_id, row.request_id),
            ),
            "callbacks": remove(
                self.callbacks,
                lambda row: (
                    row.status != "open" and row.due_at < records and row.kept_at is not None and row.kept_at < records
                ),
                lambda row: (tenant_id, row.id),
            ),
            "emergencies": remove(
                self.emergencies,
                lambda row: row.acknowledged_at is not None and row.acknowledged_at < records,
                lambda row: (tenant_id, row.alert_id),
            ),
        }

    def _over(self, visit: Appointment, before: datetime) -> bool:
        noted = visit.status == "cancelled" or self.closed.get((visit.tenant_id, visit.id)) == visit.ends_at
        return noted and visit.ends_at < before and visit.changed_at < before
