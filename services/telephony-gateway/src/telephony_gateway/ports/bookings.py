"""Chat's answers about times and visits, asked over the bus with a deadline."""

from __future__ import annotations

from typing import Protocol

from common.contracts.chat import BookAppointment, BookingAnswered, ChangeAppointment, FindSlots, SlotsFound
from telephony_gateway.domain.ids import TenantId


class Bookings(Protocol):
    """Every method raises `BusError` (`NoReply` at the deadline), or `MessageError` for a reply that can't be read."""

    async def find_slots(self, tenant_id: TenantId, query: FindSlots) -> SlotsFound:
        """Free times."""

    async def book(self, tenant_id: TenantId, request: BookAppointment) -> BookingAnswered:
        """Books a visit whose request is committed."""

    async def change(self, tenant_id: TenantId, request: ChangeAppointment) -> BookingAnswered:
        """Moves or cancels a visit; the request is committed."""
