"""What the gateway hears on the bus: others' facts, for its copies, and commands."""

from __future__ import annotations

import sys
from collections.abc import Callable

from common.clock import Clock
from common.contracts.billing import EntitlementChanged
from common.contracts.chat import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentRejected,
    CustomerChanged,
    CustomersChanged,
    TenantChanged,
)
from common.contracts.gateway import AcknowledgeEmergency, ReplayCommit, SendSms
from common.contracts.jobs import PurgeData
from common.messaging.inbox import Handlers, Received
from telephony_gateway.actions.acknowledge_alerts import acknowledged_message
from telephony_gateway.actions.purge_records import purge_records
from telephony_gateway.actions.replay_journal import prepared
from telephony_gateway.domain.copies import CopySet, CustomerCopy, EntitlementCopy, TenantCopy, VisitCopy
from telephony_gateway.domain.errors import UnknownTenant, UnreadableCommit
from telephony_gateway.domain.ids import AlertId, InboxKey, TenantId, TextId
from telephony_gateway.domain.late import LateOutcome
from telephony_gateway.domain.text import AUTOMATED, NewText
from telephony_gateway.ports.copies import Copies
from telephony_gateway.ports.events import EventTransaction
from telephony_gateway.ports.sealing import CommitSealer


def copy_handlers(tell: Callable[[CopySet], None]) -> Handlers[EventTransaction]:
    """For `gateway.copies.critical`. `tell` gets what is new here, before the commit: others' facts don't hang on it."""

    async def on_tenant(tx: EventTransaction, event: Received[TenantChanged]) -> None:
        change = event.data
        copy = TenantCopy(
            tenant_id=TenantId(event.envelope.tenant),
            version=change.version,
            settings=change.settings,
            deleted=change.deleted,
        )
        if await tx.save_tenant(copy):
            tell(CopySet(tenants=(copy,)))

    async def on_booked(tx: EventTransaction, event: Received[AppointmentBooked]) -> None:
        visit = event.data
        if visit.version == 1 or visit.change_id:
            # Later versions without a change are others' deeds: whoever did them tells the customer.
            await tx.add_outcome(
                LateOutcome(
                    outcome_id=f"{visit.booking_id}:{visit.change_id or visit.version}",
                    tenant_id=TenantId(event.envelope.tenant),
                    booking_id=visit.booking_id,
                    change_id=visit.change_id,
                    kind="booked",
                    starts_at=visit.starts_at,
                    ends_at=visit.ends_at,
                    lang=visit.language,
                    phone=visit.customer_phone,
                    told_at=event.envelope.time,
                )
            )
        copy = VisitCopy(
            appointment_id=visit.appointment_id,
            tenant_id=TenantId(event.envelope.tenant),
            version=visit.version,
            booking_id=visit.booking_id,
            customer_phone=visit.customer_phone,
            service=visit.service,
            lane=visit.lane,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
        )
        if await tx.save_visit(copy):
            tell(CopySet(visits=(copy,)))

    async def on_rejected(tx: EventTransaction, event: Received[AppointmentRejected]) -> None:
        refusal = event.data
        await tx.add_outcome(
            LateOutcome(
                outcome_id=f"{refusal.booking_id}:{refusal.change_id or 'rejected'}",
                tenant_id=TenantId(event.envelope.tenant),
                booking_id=refusal.booking_id,
                change_id=refusal.change_id,
                kind="rejected",
                alternatives=tuple((offer.starts_at, offer.ends_at) for offer in refusal.alternatives),
                lang=refusal.language,
                phone=refusal.customer_phone or "",
                told_at=event.envelope.time,
            )
        )

    async def on_cancelled(tx: EventTransaction, event: Received[AppointmentCancelled]) -> None:
        visit = event.data
        if visit.change_id:
            await tx.add_outcome(
                LateOutcome(
                    outcome_id=f"{visit.booking_id}:{visit.change_id or visit.version}",
                    tenant_id=TenantId(event.envelope.tenant),
                    booking_id=visit.booking_id,
                    change_id=visit.change_id,
                    kind="cancelled",
                    starts_at=visit.starts_at,
                    lang=visit.language,
                    phone=visit.customer_phone,
                    told_at=event.envelope.time,
                )
            )
        copy = VisitCopy(
            appointment_id=visit.appointment_id,
            tenant_id=TenantId(event.envelope.tenant),
            version=visit.version,
            booking_id=visit.booking_id,
            customer_phone=visit.customer_phone,
            service="",
            lane=0,
            starts_at=visit.starts_at,
            ends_at=visit.starts_at,
            cancelled=True,
        )
        if await tx.save_visit(copy):
            tell(CopySet(visits=(copy,)))

    async def on_customer(tx: EventTransaction, event: Received[CustomerChanged]) -> None:
        customer = event.data
        copy = CustomerCopy(
            tenant_id=TenantId(event.envelope.tenant),
            phone=customer.phone,
            version=customer.version,
            name=customer.name,
            address=customer.address,
            lang=customer.language,
            deleted=customer.deleted,
        )
        if await tx.save_customer(copy):
            tell(CopySet(customers=(copy,)))

    async def on_entitlement(tx: EventTransaction, event: Received[EntitlementChanged]) -> None:
        plan = event.data
        copy = EntitlementCopy(
            tenant_id=TenantId(event.envelope.tenant), version=plan.version, plan=plan.plan, state=plan.state
        )
        if await tx.save_entitlement(copy):
            tell(CopySet(entitlements=(copy,)))

    handlers: Handlers[EventTransaction] = Handlers()
    return (
        handlers.on(TenantChanged, on_tenant)
        .on(AppointmentBooked, on_booked)
        .on(AppointmentRejected, on_rejected)
        .on(AppointmentCancelled, on_cancelled)
        .on(CustomerChanged, on_customer)
        .on(EntitlementChanged, on_entitlement)
    )


def customer_handlers(tell: Callable[[CopySet], None]) -> Handlers[EventTransaction]:
    """For `gateway.customers.bulk`: many customers at once. `tell` as for `copy_handlers`."""

    async def on_customers(tx: EventTransaction, event: Received[CustomersChanged]) -> None:
        # There may be a million of one business: they share its name.
        tenant_id = TenantId(sys.intern(event.envelope.tenant))
        newest: dict[str, CustomerCopy] = {}
        for customer in event.data.customers:
            known = newest.get(customer.phone)
            if known is None or known.version < customer.version:
                newest[customer.phone] = CustomerCopy(
                    tenant_id=tenant_id,
                    phone=customer.phone,
                    version=customer.version,
                    name=customer.name,
                    address=customer.address,
                    lang=customer.language,
                    deleted=customer.deleted,
                )
        saved = await tx.save_customers(tuple(newest.values()))
        if saved:
            tell(CopySet(customers=tuple(saved)))

    handlers: Handlers[EventTransaction] = Handlers()
    return handlers.on(CustomersChanged, on_customers)


def purge_handlers(clock: Clock) -> Handlers[EventTransaction]:
    """For `gateway.purge.bulk`."""

    async def on_purge(tx: EventTransaction, command: Received[PurgeData]) -> None:
        await purge_records(tx, command.data, command.envelope, now=clock.now())

    handlers: Handlers[EventTransaction] = Handlers()
    return handlers.on(PurgeData, on_purge)


def command_handlers(copies: Copies, clock: Clock, wake_sender: Callable[[], None]) -> Handlers[EventTransaction]:
    """For `gateway.commands.critical`. `wake_sender` is called when there is something to send."""

    async def on_text(tx: EventTransaction, command: Received[SendSms]) -> None:
        tenant = TenantId(command.envelope.tenant)
        settings = copies.tenant(tenant)
        if settings is None or not settings.phone_numbers:
            raise UnknownTenant
        text = command.data
        known = copies.customer(tenant, text.recipient_phone)
        new = NewText(
            text_id=TextId(f"{tenant}:{text.message_id}"),
            tenant_id=tenant,
            call_id=None,
            from_phone=settings.phone_numbers[0],
            to_phone=text.recipient_phone,
            body=text.body,
            # Others' words must not pass for an alert of ours, which no quiet hour holds.
            purpose=text.purpose if text.purpose in AUTOMATED else "command",
            lang=(known.lang if known is not None else None) or settings.languages[0],
            created_at=clock.now(),
            not_after=text.not_after,
            wait_for_quiet_hours=text.wait_for_quiet_hours,
            basis=text.basis,
        )
        if await tx.add_text(new):
            wake_sender()

    async def on_acknowledge(tx: EventTransaction, command: Received[AcknowledgeEmergency]) -> None:
        taken = command.data
        alert_id = AlertId(taken.alert_id)
        if await tx.acknowledge(alert_id, by=taken.acknowledged_by, at=taken.acknowledged_at):
            tenant = TenantId(command.envelope.tenant)
            tx.emit(acknowledged_message(alert_id, tenant, by=taken.acknowledged_by, at=taken.acknowledged_at))

    handlers: Handlers[EventTransaction] = Handlers()
    return handlers.on(SendSms, on_text).on(AcknowledgeEmergency, on_acknowledge)


def journal_handlers(
    sealer: CommitSealer, copies: Copies, clock: Clock, on_replay: Callable[[], None]
) -> Handlers[EventTransaction]:
    """For `gateway.journal.critical`: what any gateway accepted without its database. Its own journal may have brought it before."""

    async def on_commit(tx: EventTransaction, command: Received[ReplayCommit]) -> None:
        writes = sealer.open(command.data.sealed, InboxKey(command.envelope.subject))
        if writes is None:
            raise UnreadableCommit
        ours = prepared(copies, writes, clock.now())
        if ours is None:
            raise UnknownTenant
        if await tx.replay(ours):
            on_replay()

    handlers: Handlers[EventTransaction] = Handlers()
    return handlers.on(ReplayCommit, on_commit)
