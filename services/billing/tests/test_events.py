from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from billing.actions.keep_account import keep_account
from billing.actions.publish_entitlements import publish_entitlements
from billing.actions.record_usage import record_appointment, record_call, record_text
from billing.adapters.memory_store import MemoryStore
from common.clock import ManualClock
from common.contracts.chat import AppointmentBooked, TenantChanged
from common.contracts.codec import decode
from common.contracts.gateway import CallEnded, MessageSent
from common.tenants_file import load_tenants
from common.testing.envelopes import received

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SETTINGS = load_tenants(Path(__file__).parents[3] / "tenants.example.yaml")[0]
CALL = CallEnded(
    call_id="c1",
    channel="voice",
    caller_phone="+15125550123",
    dialled_phone="+15125550100",
    started_at=NOW,
    ended_at=NOW,
    duration_s=61,
    outcome="booked",
    tier="full",
    language="en",
    billable=True,
    transcript=(),
)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(clock=ManualClock(NOW))


async def _totals(store: MemoryStore) -> tuple[int, int, int]:
    total = await store.usage("t1", since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC))
    return total.calls, total.appointments, total.texts


async def test_calls_texts_and_visits_are_counted_exactly(store: MemoryStore) -> None:
    booked = AppointmentBooked(
        appointment_id="a1",
        booking_id="b1",
        version=1,
        channel="voice",
        customer_name="Ann",
        customer_phone="+15125550123",
        address="1 Elm",
        language="en",
        service="leak",
        lane=0,
        starts_at=NOW,
        ends_at=NOW,
    )
    sent = MessageSent(
        message_id="m1", recipient_phone="+15125550123", purpose="confirmation", body="Hi", segments=2, sent_at=NOW
    )
    async with store.transaction() as tx:
        await record_call(tx, received(CALL))
        await record_call(tx, received(msgspec.structs.replace(CALL, call_id="c2", duration_s=9)))
        await record_call(tx, received(msgspec.structs.replace(CALL, call_id="c3", billable=False)))
        await record_text(tx, received(sent))
        await record_appointment(tx, received(booked, at=NOW))
        await record_appointment(tx, received(msgspec.structs.replace(booked, version=2), at=NOW))
    assert await _totals(store) == (1, 1, 2)


async def test_a_new_tenant_gets_an_entitlement_that_is_published_once(store: MemoryStore) -> None:
    event = received(TenantChanged(version=1, settings=SETTINGS), tenant=SETTINGS.tenant_id)
    for _ in range(2):
        async with store.transaction() as tx:
            await keep_account(tx, event, now=NOW)
    (account,) = await store.accounts()
    assert account.time_zone == "America/Chicago"
    (row,) = await store.claim_outbox(limit=10, lease_s=1)
    envelope, data = decode(row.message.body)
    assert (envelope.type, envelope.tenant) == ("entitlement.changed.v1", SETTINGS.tenant_id)
    assert (data.plan, data.included_calls) == ("basic", 200)  # type: ignore[attr-defined]


async def test_a_deleted_tenant_is_forgotten_but_for_its_ledger(store: MemoryStore) -> None:
    for version, deleted in ((1, False), (2, True), (1, False)):
        async with store.transaction() as tx:
            await keep_account(
                tx,
                received(TenantChanged(version=version, settings=SETTINGS, deleted=deleted), tenant=SETTINGS.tenant_id),
                now=NOW,
            )
    assert await store.accounts() == ()
    assert await store.entitlement_of(SETTINGS.tenant_id) is not None


async def test_a_resync_tells_every_entitlement_again_under_a_new_id(store: MemoryStore) -> None:
    async with store.transaction() as tx:
        await keep_account(tx, received(TenantChanged(version=1, settings=SETTINGS), tenant="t1"), now=NOW)
    async with store.transaction() as tx:
        assert await publish_entitlements(tx, round_id="r1") == 1
    ids = [row.message.event_id for row in await store.claim_outbox(limit=10, lease_s=1)]
    assert ids == ["entitlement-t1-1", "entitlement-t1-1-r1"]
