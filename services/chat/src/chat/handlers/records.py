"""Lists of records over the bus (`chat.records.bulk`), for exports."""

from __future__ import annotations

from chat.actions.announce import SOURCE
from chat.actions.list_records import RecordList, list_records
from chat.domain.received import key_of
from chat.handlers.means import Means
from chat.handlers.metrics import UNKNOWN
from chat.handlers.requests import tenant_of
from chat.ports import Store
from common.contracts.base import Contract
from common.contracts.chat import ListRecords, RecordsListed
from common.contracts.codec import Envelope, MessageTooLarge, UnknownContract, decode, encode
from common.messaging.bus import Delivery


class Lists:
    """A `Responder`. An exception means that no reply is sent; whoever asks tries again."""

    def __init__(self, store: Store, means: Means) -> None:
        self._store = store
        self._means = means

    async def answer(self, delivery: Delivery) -> bytes:
        """The encoded reply, no larger than the bus carries. Raises `MessageError`, `UnfitKey` or `StoreError`."""
        envelope, query = decode(delivery.body)
        known = isinstance(query, ListRecords)
        with self._means.metrics.answering(query.TYPE if known else UNKNOWN):
            return await self._reply(envelope, query)

    async def _reply(self, envelope: Envelope, query: Contract) -> bytes:
        if not isinstance(query, ListRecords):
            raise UnknownContract(f"{query.TYPE} is no query for lists")
        after = key_of(query.after) if query.after else ""
        found = await list_records(self._store, tenant_of(envelope), query.records, after=after, limit=query.limit)
        while True:
            try:
                return self._encoded(envelope, found)
            except MessageTooLarge:
                if len(found.rows) <= 1:
                    raise
                found = found.half()

    def _encoded(self, envelope: Envelope, found: RecordList) -> bytes:
        return encode(
            RecordsListed(
                columns=found.columns, rows=tuple(row.cells for row in found.rows), next_after=found.next_after
            ),
            event_id=self._means.new_id(),
            source=SOURCE,
            time=self._means.clock.now(),
            subject=envelope.subject,
            tenant=envelope.tenant,
            correlation_id=envelope.id,
            traceparent=envelope.traceparent,
        )
