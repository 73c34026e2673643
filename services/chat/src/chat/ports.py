"""What the service needs of the world: a store, in transactions and for reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol, TypeAlias

from chat.domain.appointment import Appointment, AppointmentId, BookingId, Decision, RequestId
from chat.domain.automation import Dealings
from chat.domain.callback import Callback, CallbackId, Status
from chat.domain.contact import Contact, KeptContact
from chat.domain.conversation import (
    Conversation,
    ConversationDetail,
    ConversationId,
    Emergency,
    Kind,
    Question,
    TextMessage,
)
from chat.domain.customer import Customer, CustomerId
from chat.domain.record_rows import Record, RecordKind
from chat.domain.resync import Resync
from chat.domain.summary import Morning
from chat.domain.tenant import Tenant, TenantId
from common.contracts.purging import Cutoffs
from common.contracts.tenants import Language
from common.errors import SuiteError
from common.messaging.store import InboxStore, MessagingTransaction, OutboxStore
from receptionist.scheduling.slots import Busy

Booked: TypeAlias = Literal["stored", "decided", "taken"]


class Claimed(SuiteError):
    """A telephone number or an API key belongs to another tenant."""

    slug: ClassVar[str] = "claimed-by-another"
    status = 409


@dataclass(frozen=True, kw_only=True)
class BookingFacts:
    """What a booking is decided on, read in one go. `tenant_version` is None where there is no such tenant."""

    tenant_version: int | None
    decision: Decision | None
    busy: tuple[Busy, ...]
    customer: Customer | None


@dataclass(frozen=True, kw_only=True)
class SlotFacts:
    """What a search for slots is answered from, read in one go."""

    tenant_version: int | None
    busy: tuple[Busy, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Which part of a list: at most `limit` rows beyond the key `after` (a moment and an id); None: from the beginning."""

    limit: int
    after: tuple[datetime, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Promises:
    """The promise list in figures, of all tenants."""

    open: int
    overdue: int


class Transaction(MessagingTransaction, Protocol):
    """One unit of work. `lock_*` reads a row that nobody else changes before the end; `add_*` is False where it is there already."""

    async def tenant(self, tenant_id: TenantId) -> Tenant | None: ...

    async def lock_tenant(self, tenant_id: TenantId) -> Tenant | None: ...

    async def add_tenant(self, tenant: Tenant, *, now: datetime) -> bool:
        """Raises `Claimed` when one of its numbers or keys is another's."""

    async def save_tenant(self, tenant: Tenant, *, now: datetime) -> None:
        """Raises `Claimed` like `add_tenant`."""

    async def shorten_travel(self, tenant_id: TenantId, buffer_minutes: int) -> None:
        """Frees what booked visits block beyond `buffer_minutes` after their end; never blocks more."""

    async def booking_facts(
        self, tenant_id: TenantId, request_id: RequestId, phone: str, *, after: datetime, before: datetime
    ) -> BookingFacts:
        """Visits count as busy where their blocked spans meet [after, before)."""

    async def busy(
        self, tenant_id: TenantId, *, after: datetime, before: datetime, besides: AppointmentId | None = None
    ) -> tuple[Busy, ...]:
        """Booked visits whose blocked spans meet [after, before), without the one named."""

    async def decision(self, tenant_id: TenantId, request_id: RequestId) -> Decision | None: ...

    async def add_decision(self, decision: Decision) -> bool:
        """Waits for a transaction that is deciding the same request just now."""

    async def save_decision(self, decision: Decision) -> None: ...

    async def book(self, decision: Decision, appointment: Appointment) -> Booked:
        """Claims the request for `decision` and stores the visit, in one round trip.

        `decided`: somebody else has claimed it, nothing is stored. `taken`: the claim stands, the lane is taken. Waits for
        transactions that are deciding the same request, or taking the same lane, just now.
        """

    async def add_appointment(self, appointment: Appointment) -> bool:
        """False where its lane is taken. Waits for a transaction that is taking it just now."""

    async def lock_appointment(
        self, tenant_id: TenantId, appointment_id: AppointmentId | BookingId
    ) -> Appointment | None:
        """The visit of that id, or that the booking of that id became: who has just booked knows it by the latter."""

    async def save_appointment(self, appointment: Appointment) -> bool:
        """False where its lane is taken; nothing is changed then."""

    async def lock_customer(self, tenant_id: TenantId, phone: str) -> Customer | None: ...

    async def add_customer(self, customer: Customer) -> bool: ...

    async def save_customer(self, customer: Customer) -> None: ...

    async def keep_contacts(
        self, tenant_id: TenantId, contacts: Sequence[Contact], *, language: Language, now: datetime
    ) -> Sequence[KeptContact]:
        """Makes or completes customers, each number once; returns those that are new or changed, in any order, in one round trip.

        `language` is that of whoever the file doesn't say it of. See `chat.domain.contact`.
        """

    async def lock_callback(self, tenant_id: TenantId, callback_id: CallbackId) -> Callback | None: ...

    async def add_callback(self, callback: Callback) -> bool: ...

    async def save_callback(self, callback: Callback) -> None: ...

    async def conversation(self, tenant_id: TenantId, conversation_id: ConversationId) -> Conversation | None: ...

    async def add_conversation(self, conversation: Conversation) -> bool: ...

    async def end_conversation(self, conversation: Conversation) -> None:
        """Inserts or replaces: the report of the end knows all that the report of the beginning did."""

    async def touch_thread(self, thread: Conversation) -> None:
        """Opens the thread of texts with a number, or notes its newest text and its earliest."""

    async def add_message(self, message: TextMessage) -> bool: ...

    async def lock_emergency(self, tenant_id: TenantId, alert_id: str) -> Emergency | None: ...

    async def add_emergency(self, emergency: Emergency) -> bool: ...

    async def save_emergency(self, emergency: Emergency) -> None: ...

    async def add_question(self, question: Question) -> bool: ...

    async def customer(self, tenant_id: TenantId, customer_id: CustomerId) -> Customer | None: ...

    async def customer_at(self, tenant_id: TenantId, phone: str) -> Customer | None: ...

    async def dealings(
        self, tenant_id: TenantId, phone: str, *, call_id: str = "", promised_since: datetime, now: datetime
    ) -> Dealings:
        """What the number has had to do with the business; promises that were made to it, or in that call, since then."""

    async def morning(
        self, tenant_id: TenantId, *, day: tuple[datetime, datetime], since: datetime, now: datetime
    ) -> Morning:
        """The visits of [day), what is due before it ends, and what happened in [since, now). Alarms of the last week count."""

    async def close_visits(self, *, ended_before: datetime, limit: int) -> Sequence[Appointment]:
        """Notes up to `limit` booked visits as over, those that ended first; each is returned once, whoever asks.

        One that is moved, and one that `reopen_visits` finds, is to be noted anew.
        """

    async def reopen_visits(self, tenant_id: TenantId, *, ended_after: datetime) -> None: ...

    async def purge(self, tenant_id: TenantId, before: Cutoffs, *, limit: int) -> Mapping[str, int]:
        """Deletes up to `limit` rows of each kind that the business doesn't keep any more; rows by kind.

        Conversations that are over, texts and questions go by `before.conversations`; visits that are over with the decisions on
        them, callbacks that aren't open any more and alarms that somebody took, by `before.records`. What is open, or still to come,
        stays however old it is; a customer stays.
        """

    async def add_resync(self, resync: Resync) -> bool: ...

    async def claim_resync(self) -> Resync | None:
        """The oldest round that isn't done and that nobody else is at."""

    async def save_resync(self, resync: Resync) -> None: ...

    async def tenants_after(self, tenant_id: str, *, limit: int) -> Sequence[Tenant]: ...

    async def appointments_after(
        self, key: tuple[str, str], *, ending_after: datetime, limit: int
    ) -> Sequence[Appointment]: ...

    async def customers_after(self, key: tuple[str, str], *, limit: int) -> Sequence[Customer]: ...


class Store(InboxStore[Transaction], OutboxStore, Protocol):
    """Keeps the records. Every method raises `StoreError`. Lists are ordered by the moment named, then by id."""

    async def tenant(self, tenant_id: TenantId) -> Tenant | None: ...

    async def tenant_of_key(self, sha256: str) -> tuple[TenantId, str] | None:
        """Whose API key has this hash, and the hash as it is stored."""

    async def slot_facts(self, tenant_id: TenantId, *, after: datetime, before: datetime) -> SlotFacts:
        """Visits count as busy where their blocked spans meet [after, before)."""

    async def appointments(
        self, tenant_id: TenantId, *, starting: datetime, until: datetime, page: Page
    ) -> Sequence[Appointment]:
        """Of any status, by start in [starting, until)."""

    async def callbacks(self, tenant_id: TenantId, *, statuses: Collection[Status], page: Page) -> Sequence[Callback]:
        """By due time, the soonest first."""

    async def conversations(
        self, tenant_id: TenantId, *, kinds: Collection[Kind], page: Page
    ) -> Sequence[Conversation]:
        """Without transcripts, by their last moment, the newest first."""

    async def conversation(self, tenant_id: TenantId, conversation_id: ConversationId) -> ConversationDetail | None: ...

    async def customers(self, tenant_id: TenantId, *, phone: str | None, page: Page) -> Sequence[Customer]:
        """By when they were first heard of."""

    async def questions(self, tenant_id: TenantId, *, page: Page) -> Sequence[Question]:
        """The newest first."""

    async def records_after(self, tenant_id: TenantId, kind: RecordKind, *, after: str, limit: int) -> Sequence[Record]:
        """In the order of their ids, those above `after`; all of one kind, with transcripts. Threads of texts are none of them."""

    async def promises(self, *, now: datetime) -> Promises: ...
