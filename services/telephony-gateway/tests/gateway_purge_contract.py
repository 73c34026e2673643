"""What every implementation of the gateway's store must do with what a business doesn't keep any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway_copies_contract import visit
from gateway_outbound_contract import CALLER, NOON, TENANT, Outbound, alert, consent, text, writes
from gateway_samples import call
from gateway_samples import writes as call_writes

from common.contracts.purging import Cutoffs
from telephony_gateway.domain.ids import CallId, TenantId, TextId
from telephony_gateway.domain.turn import Evidence
from telephony_gateway.ports.texts import TextResult

WORDS, RECORDS = timedelta(days=400), timedelta(days=1_100)
NOTHING = dict.fromkeys(("calls", "turns", "texts", "alerts", "visits"), 0)
LONG_AGO = NOON - RECORDS * 2
OTHERS = TenantId("others")


async def purge(stores: Outbound, *, of: TenantId = TENANT, limit: int = 1_000) -> Mapping[str, int]:
    before = Cutoffs(
        conversations=NOON - WORDS, records=NOON - RECORDS, deliveries=NOON - timedelta(days=90), asked_at=NOON
    )
    async with stores.base.transaction() as tx:
        found: Mapping[str, int] = await tx.purge(of, before, limit=limit)
    return found


async def keep_call(stores: Outbound, call_id: str, *, version: int = 1, **changes: Any) -> None:
    """A call of long ago that is over and told, with a turn as evidence."""
    fields: dict[str, Any] = {
        "tenant_id": TENANT,
        "started_at": LONG_AGO,
        "last_turn_at": LONG_AGO,
        "ended_at": LONG_AGO,
        "ended_by": "hung_up",
        "reported": True,
        **changes,
    }
    one = call(call_id, version=version, **fields)
    evidence = Evidence(turn=version - 1, at=one.last_turn_at, heard="hola", said="digame", tier="full")
    turn = call_writes(one, tenant_id=one.tenant_id, outgoing=(), evidence=evidence)
    assert await stores.calls.commit(turn)


async def keep_text(stores: Outbound, text_id: str, status: Any, **changes: Any) -> None:
    assert await stores.texts.add(text(text_id, **{"created_at": LONG_AGO, **changes}))
    if status != "queued":
        await stores.texts.record(TextResult(text_id=TextId(text_id), status=status, at=LONG_AGO))


async def texts_left(stores: Outbound, *text_ids: str) -> set[str]:
    """Those whose id is still taken."""
    return {text_id for text_id in text_ids if not await stores.texts.add(text(text_id))}


class PurgeContract:
    """Subclasses provide the fixture `stores`."""

    async def test_calls_that_are_over_go_with_their_turns(self, stores: Outbound) -> None:
        await keep_call(stores, "old")
        await keep_call(stores, "young", started_at=NOON - WORDS / 2, last_turn_at=NOON - WORDS / 2)
        await keep_call(stores, "theirs", tenant_id=OTHERS)
        assert await purge(stores) == {**NOTHING, "calls": 1}
        assert await stores.calls.load(CallId("old")) is None
        assert list(await stores.calls.timeline(CallId("old"))) == []
        for kept in ("young", "theirs"):
            assert await stores.calls.load(CallId(kept)) is not None
            assert len(await stores.calls.timeline(CallId(kept))) == 1
        assert await purge(stores) == NOTHING

    async def test_a_call_whose_end_nobody_has_told_stays(self, stores: Outbound) -> None:
        await keep_call(stores, "goes-on", ended_at=None, ended_by=None, reported=False)
        await keep_call(stores, "untold", reported=False)
        assert await purge(stores) == NOTHING
        assert len(await stores.calls.timeline(CallId("goes-on"))) == 1

    async def test_a_thread_of_texts_goes_when_it_rests_and_else_loses_its_old_turns(self, stores: Outbound) -> None:
        thread: dict[str, Any] = {"channel": "sms", "ended_at": None, "ended_by": None, "reported": False}
        await keep_call(stores, "rests", **thread)
        await keep_call(stores, "goes-on", **thread)
        await keep_call(stores, "goes-on", version=2, **{**thread, "last_turn_at": NOON})
        assert await purge(stores) == {**NOTHING, "calls": 1, "turns": 1}
        assert await stores.calls.load(CallId("rests")) is None
        assert await stores.calls.load(CallId("goes-on")) is not None
        assert [line.turn for line in await stores.calls.timeline(CallId("goes-on"))] == [1]

    async def test_texts_that_are_over_go_and_those_on_their_way_never(self, stores: Outbound) -> None:
        over = ("sent", "delivered", "undelivered", "failed", "opted_out", "blocked", "expired", "parked", "not_needed")
        for status in (*over, "queued", "unknown"):
            if status in {"delivered", "undelivered"}:
                await keep_text(stores, status, "sent")
                await stores.texts.record_status(f"SM-{status}", status, "", LONG_AGO, text_id=status)
            else:
                await keep_text(stores, status, status)
        await keep_text(stores, "young", "failed", created_at=NOON)
        await keep_text(stores, "theirs", "failed", tenant_id=OTHERS)
        assert await purge(stores) == {**NOTHING, "texts": len(over)}
        left = {"queued", "unknown", "young", "theirs"}
        assert await texts_left(stores, *over, *left) == left

    async def test_alerts_that_are_still_open_stay(self, stores: Outbound) -> None:
        alerts = tuple(alert(name, detected_at=LONG_AGO) for name in ("open", "taken", "exhausted"))
        assert await stores.calls.commit(writes("alerts", alerts=(*alerts, alert("recent"))))
        for taken in ("taken", "recent"):
            assert await stores.alerts.acknowledge(alert(taken).alert_id, by="Dana", at=NOON)
        assert await stores.alerts.climb(alert("exhausted").alert_id, step=0, state="exhausted", due_at=NOON)
        assert await purge(stores) == {**NOTHING, "alerts": 2}
        found = {name: await stores.alerts.alert(alert(name).alert_id) for name in ("open", "recent", "taken")}
        assert [name for name, kept in found.items() if kept is not None] == ["open", "recent"]

    async def test_copies_of_visits_go_when_they_are_long_over(self, stores: Outbound) -> None:
        old = replace(visit(), starts_at=LONG_AGO - timedelta(hours=1), ends_at=LONG_AGO)
        async with stores.base.transaction() as tx:
            assert await tx.save_visit(replace(old, appointment_id="old"))
            assert await tx.save_visit(replace(old, appointment_id="to-come", ends_at=NOON + timedelta(days=1)))
            assert await tx.save_visit(replace(old, appointment_id="theirs", tenant_id=OTHERS))
        assert await purge(stores) == {**NOTHING, "visits": 1}
        loaded, _ = await stores.copies.load(since=0, visits_after=LONG_AGO - timedelta(days=1))
        assert {copy.appointment_id for copy in loaded.visits} == {"to-come", "theirs"}

    async def test_the_consent_ledger_is_kept_for_ever(self, stores: Outbound) -> None:
        assert await stores.calls.commit(writes("stop", consents=(consent("stop", "sms:1", at=LONG_AGO),)))
        await purge(stores)
        assert await stores.texts.opted_out(TENANT, CALLER, text().from_phone)

    async def test_no_more_go_at_once_than_is_wanted_and_all_in_the_end(self, stores: Outbound) -> None:
        for number in range(5):
            await keep_call(stores, f"call-{number}")
            await keep_text(stores, f"text-{number}", "failed")
        rounds = [await purge(stores, limit=2) for _ in range(4)]
        assert [(counts["calls"], counts["texts"]) for counts in rounds] == [(2, 2), (2, 2), (1, 1), (0, 0)]
