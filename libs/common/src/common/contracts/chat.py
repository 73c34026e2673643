"""What chat publishes, and the queries and commands that it answers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from common.contracts.base import Command, Event, Query, Reply
from common.contracts.gateway import Channel
from common.contracts.tenants import Instant, Language, LongText, Phone, ShortText, TenantSettings


class SlotOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A time that is free at the moment of asking."""

    starts_at: Instant
    ends_at: Instant


class TenantChanged(Event, frozen=True, kw_only=True):
    """A tenant's settings, whole. Copies keep the highest `version`."""

    TYPE: ClassVar[str] = "tenant.changed.v1"
    version: int
    settings: TenantSettings
    deleted: bool = False


class AppointmentBooked(Event, frozen=True, kw_only=True):
    """A visit is stored: its slot is taken. Also sent after a move, with a higher `version`."""

    TYPE: ClassVar[str] = "appointment.booked.v1"
    appointment_id: str
    booking_id: str
    """The request that it answers; the same for its whole life."""
    version: int
    channel: Channel
    customer_name: ShortText
    customer_phone: Phone
    address: ShortText
    language: Language
    service: ShortText
    lane: int
    starts_at: Instant
    ends_at: Instant
    change_id: str = ""
    """The change request that it answers, where it was moved."""


class AppointmentRejected(Event, frozen=True, kw_only=True):
    """A requested visit could not be had; other times are offered."""

    TYPE: ClassVar[str] = "appointment.rejected.v1"
    booking_id: str
    reason: Literal["taken", "outside_hours", "unknown_service", "invalid", "not_found"]
    channel: Channel
    customer_phone: Phone | None
    """None where the request names a visit that nobody knows."""
    language: Language
    service: ShortText
    alternatives: tuple[SlotOffer, ...]
    change_id: str = ""


class AppointmentCancelled(Event, frozen=True, kw_only=True):
    """A visit will not take place: its slot is free."""

    TYPE: ClassVar[str] = "appointment.cancelled.v1"
    appointment_id: str
    booking_id: str
    version: int
    customer_phone: Phone
    language: Language
    starts_at: Instant
    change_id: str = ""


class CustomerChanged(Event, frozen=True, kw_only=True):
    """A customer, whole. Copies keep the highest `version`."""

    TYPE: ClassVar[str] = "customer.changed.v1"
    customer_id: str
    version: int
    phone: Phone
    name: ShortText
    address: ShortText
    language: Language
    deleted: bool = False


class CustomerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A customer among others; see `CustomerChanged`."""

    customer_id: str
    version: int
    phone: Phone
    name: ShortText
    address: ShortText
    language: Language
    deleted: bool = False


class CustomersChanged(Event, frozen=True, kw_only=True):
    """Many customers at once, whole: an import's batch. Copies keep the highest `version` of each."""

    TYPE: ClassVar[str] = "customers.changed.v1"
    customers: Annotated[tuple[CustomerRecord, ...], msgspec.Meta(max_length=500)]


class RefusedContact(msgspec.Struct, frozen=True, kw_only=True):
    """A row of an import that can't be kept; `reason` is a stable slug."""

    row: int
    reason: ShortText


class ContactsApplied(Event, frozen=True, kw_only=True):
    """One batch of an import is stored."""

    TYPE: ClassVar[str] = "contacts.applied.v1"
    import_id: str
    batch: int
    created: int
    updated: int
    unchanged: int
    refused: Annotated[tuple[RefusedContact, ...], msgspec.Meta(max_length=500)] = ()


class CallbackKept(Event, frozen=True, kw_only=True):
    """A promised call back was made, or is not wanted any more."""

    TYPE: ClassVar[str] = "callback.kept.v1"
    callback_id: str
    result: Literal["reached", "not_reached", "dropped"]
    kept_at: Instant


class FindSlots(Query, frozen=True, kw_only=True):
    """Which times are free? At most `limit` offers with `starts_at` in [after, before)."""

    TYPE: ClassVar[str] = "slots.find.v1"
    service: ShortText
    after: Instant
    before: Instant
    limit: int
    earliest_minute: int = 0
    latest_minute: int = 1_440
    """Local minutes of the day between which a visit may start."""
    at_minute: int | None = None
    """The local minute of the day that the caller would like best: the nearest starts are chosen."""


class SlotsFound(Reply, frozen=True, kw_only=True):
    """Free times, the earliest first."""

    TYPE: ClassVar[str] = "slots.found.v1"
    slots: tuple[SlotOffer, ...]
    as_of: Instant


class BookAppointment(Query, frozen=True, kw_only=True):
    """Book it now. Carries the same `booking_id` as the committed `appointment.requested.v1`, so it happens once."""

    TYPE: ClassVar[str] = "appointment.book.v1"
    booking_id: str
    call_id: str
    channel: Channel
    customer_name: ShortText
    customer_phone: Phone
    address: ShortText
    language: Language
    service: ShortText
    notes: LongText
    starts_at: Instant
    ends_at: Instant
    emergency: bool
    requested_at: Instant


class ChangeAppointment(Query, frozen=True, kw_only=True):
    """Move or cancel it now. Carries the same `change_id` as the committed `appointment.change_requested.v1`."""

    TYPE: ClassVar[str] = "appointment.change.v1"
    change_id: str
    call_id: str
    appointment_id: str
    """The visit, or the booking that it came of."""
    change: Literal["move", "cancel"]
    starts_at: Instant | None
    ends_at: Instant | None
    requested_at: Instant


class BookingAnswered(Reply, frozen=True, kw_only=True):
    """What became of a booking, a move or a cancellation."""

    TYPE: ClassVar[str] = "appointment.answered.v1"
    outcome: Literal["booked", "moved", "cancelled", "taken", "rejected"]
    appointment_id: str = ""
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    alternatives: tuple[SlotOffer, ...] = ()


class ListRecords(Query, frozen=True, kw_only=True):
    """One page of a tenant's records, for an export, in the order of their keys."""

    TYPE: ClassVar[str] = "records.list.v1"
    records: Literal["customers", "appointments", "callbacks", "conversations"]
    after: ShortText = ""
    """The last page's `next_after`; empty for the first page."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 200


class RecordsListed(Reply, frozen=True, kw_only=True):
    """One page. Every row has as many cells as there are `columns`."""

    TYPE: ClassVar[str] = "records.listed.v1"
    columns: tuple[ShortText, ...]
    rows: tuple[tuple[LongText, ...], ...]
    next_after: ShortText = ""
    """Empty: there are no more."""


class ResyncCopies(Command, frozen=True, kw_only=True):
    """A service with empty copies asks chat and billing to publish their facts again."""

    TYPE: ClassVar[str] = "copies.resync.v1"
    requested_by: ShortText
    requested_at: Instant
