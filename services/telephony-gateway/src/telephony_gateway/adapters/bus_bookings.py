"""Chat's answers about times and visits, over the bus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from common.clock import Clock
from common.contracts.base import Query, Reply
from common.contracts.chat import BookAppointment, BookingAnswered, ChangeAppointment, FindSlots, SlotsFound
from common.contracts.codec import MessageError, decode
from common.messaging.bus import Bus, BusError, BusUnavailable, NoReply
from common.messaging.compose import message_of
from common.observability.tracing import current_traceparent
from telephony_gateway.domain.ids import TenantId

SOURCE: Final = "/telephony-gateway"
_SILENT_AFTER: Final = 3
_LEAVE_ALONE_S: Final = 5.0
R = TypeVar("R", bound=Reply)


class BusBookings:
    """`Bookings`. When chat has kept silent three times in a row, callers don't wait for it for the next five seconds."""

    def __init__(
        self, bus: Bus, *, clock: Clock, new_id: Callable[[], str], slots_deadline_s: float, booking_deadline_s: float
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._new_id = new_id
        self._slots_deadline_s = slots_deadline_s
        self._booking_deadline_s = booking_deadline_s
        self._silences = 0
        self._ask_again_at = 0.0

    async def find_slots(self, tenant_id: TenantId, query: FindSlots) -> SlotsFound:
        """See `Bookings`."""
        return await self._ask(tenant_id, query, query.service, SlotsFound, self._slots_deadline_s)

    async def book(self, tenant_id: TenantId, request: BookAppointment) -> BookingAnswered:
        """See `Bookings`."""
        return await self._ask(tenant_id, request, request.booking_id, BookingAnswered, self._booking_deadline_s)

    async def change(self, tenant_id: TenantId, request: ChangeAppointment) -> BookingAnswered:
        """See `Bookings`."""
        return await self._ask(tenant_id, request, request.change_id, BookingAnswered, self._booking_deadline_s)

    async def _ask(self, tenant_id: TenantId, query: Query, subject: str, reply: type[R], deadline_s: float) -> R:
        if not self._bus.connected:
            raise BusUnavailable
        if self._silences >= _SILENT_AFTER and self._clock.monotonic() < self._ask_again_at:
            raise NoReply("not asked: it was silent just now")
        message = message_of(
            query,
            event_id=self._new_id(),
            source=SOURCE,
            time=self._clock.now(),
            subject=subject,
            tenant=tenant_id,
            traceparent=current_traceparent.get(),
        )
        try:
            body = await self._bus.call(message, deadline_s=deadline_s)
        except BusError:
            self._silences += 1
            self._ask_again_at = self._clock.monotonic() + _LEAVE_ALONE_S
            raise
        self._silences = 0
        _, answer = decode(body)
        if not isinstance(answer, reply):
            raise MessageError(f"{answer.TYPE} does not answer {query.TYPE}")
        return answer
