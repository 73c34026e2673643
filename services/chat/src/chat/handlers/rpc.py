"""Queries over the bus (`chat.rpc.critical`). Whoever asks has an answer for no reply: nothing is worth waiting for here."""

from __future__ import annotations

from typing import TypeAlias

from chat.actions.announce import SOURCE
from chat.actions.announce_appointment import offers_of
from chat.actions.book_appointment import book_appointment
from chat.actions.change_appointment import change_appointment
from chat.actions.find_slots import SlotSearch, find_slots
from chat.domain.received import in_utc
from chat.handlers.means import Means
from chat.handlers.metrics import UNKNOWN
from chat.handlers.requests import answer_of, change_request, tenant_of, visit_request
from chat.ports import Store
from common.contracts.base import Contract
from common.contracts.chat import BookAppointment, BookingAnswered, ChangeAppointment, FindSlots, SlotsFound
from common.contracts.codec import Envelope, UnknownContract, decode, encode
from common.messaging.bus import Delivery

Query: TypeAlias = FindSlots | BookAppointment | ChangeAppointment


class Answers:
    """A `Responder`. An exception means that no reply is sent, and the caller of the business hears "we'll text you"."""

    def __init__(self, store: Store, means: Means) -> None:
        self._store = store
        self._means = means

    async def answer(self, delivery: Delivery) -> bytes:
        """The encoded reply. Raises `MessageError`, `UnfitKey`, `UnknownTenant`, `BookingContended` or `StoreError`."""
        envelope, query = decode(delivery.body)
        known = isinstance(query, (FindSlots, BookAppointment, ChangeAppointment))
        with self._means.metrics.answering(query.TYPE if known else UNKNOWN):
            reply = await self._reply(envelope, query)
        return encode(
            reply,
            event_id=self._means.new_id(),
            source=SOURCE,
            time=self._means.clock.now(),
            subject=envelope.subject,
            tenant=envelope.tenant,
            correlation_id=envelope.id,
            traceparent=envelope.traceparent,
        )

    async def _reply(self, envelope: Envelope, query: Contract) -> SlotsFound | BookingAnswered:
        match query:
            case FindSlots():
                return await self._find(envelope, query)
            case BookAppointment():
                return await self._book(envelope, query)
            case ChangeAppointment():
                return await self._change(envelope, query)
            case _:
                raise UnknownContract(f"{query.TYPE} is no query of chat")

    async def _find(self, envelope: Envelope, query: FindSlots) -> SlotsFound:
        now = self._means.clock.now()
        search = SlotSearch(
            service=query.service,
            after=in_utc(query.after),
            before=in_utc(query.before),
            limit=query.limit,
            earliest_minute=query.earliest_minute,
            latest_minute=query.latest_minute,
            at_minute=query.at_minute,
        )
        slots = await find_slots(self._store, self._means.tenants, tenant_of(envelope), search, now=now)
        return SlotsFound(slots=offers_of(slots), as_of=now)

    async def _book(self, envelope: Envelope, query: BookAppointment) -> BookingAnswered:
        means = self._means
        request = visit_request(query)
        async with self._store.transaction() as tx:
            decided = await book_appointment(tx, means.tenants, tenant_of(envelope), request, means.occasion(envelope))
        if decided.fresh:
            means.metrics.decided(decided.decision.outcome)
        return answer_of(decided.decision)

    async def _change(self, envelope: Envelope, query: ChangeAppointment) -> BookingAnswered:
        means = self._means
        request = change_request(query)
        async with self._store.transaction() as tx:
            decided = await change_appointment(tx, tenant_of(envelope), request, means.occasion(envelope))
        if decided.fresh:
            means.metrics.decided(decided.decision.outcome)
        return answer_of(decided.decision)
