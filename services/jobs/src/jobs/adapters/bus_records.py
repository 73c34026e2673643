"""Chat's records, over the bus."""

from __future__ import annotations

import secrets
from typing import Final

from common.clock import Clock
from common.contracts.chat import ListRecords, RecordsListed
from common.contracts.codec import MessageError, decode
from common.messaging.bus import Bus, BusUnavailable, NoReply
from common.messaging.compose import message_of
from jobs.domain.export import Records
from jobs.ports.exports import RecordsPage

_PAGE: Final = 500
_DEADLINE_S: Final = 8.0


class BusRecords:
    """A `RecordSource`. Who owns the records sends fewer where as many would be too large for the bus."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def page(self, tenant_id: str, records: Records, *, after: str) -> RecordsPage:
        """See `RecordSource`. Raises `BusError`."""
        if not self._bus.connected:
            raise BusUnavailable
        query = message_of(
            ListRecords(records=records, after=after, limit=_PAGE),
            event_id=secrets.token_hex(16),
            source="/jobs",
            time=self._clock.now(),
            subject=records,
            tenant=tenant_id,
        )
        body = await self._bus.call(query, deadline_s=_DEADLINE_S)
        try:
            _, listed = decode(body)
        except MessageError as error:
            raise NoReply(f"the reply can't be read: {error.slug}") from error
        if not isinstance(listed, RecordsListed) or any(len(row) != len(listed.columns) for row in listed.rows):
            raise NoReply("the reply is no list of records")
        return RecordsPage(columns=listed.columns, rows=listed.rows, next_after=listed.next_after)
