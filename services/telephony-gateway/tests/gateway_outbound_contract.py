"""What every implementation of the stores of texts, consents and alerts must do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from gateway_samples import call
from gateway_samples import writes as call_writes

from common.contracts.gateway import EmergencyAcknowledged
from common.messaging.compose import message_of
from common.tenants_file import load_tenants
from telephony_gateway.domain.alert import AlertUpdate, NewAlert
from telephony_gateway.domain.consent import ConsentChange, ConsentWord
from telephony_gateway.domain.copies import CustomerCopy
from telephony_gateway.domain.ids import AlertId, CallId, InboxKey, TenantId, TextId
from telephony_gateway.domain.text import MARKETING_EVERY, TWIN_WITHIN, NewText
from telephony_gateway.domain.turn import Answer, InboxEntry, TurnWrites
from telephony_gateway.ports.texts import TextResult

NOON = datetime(2026, 3, 10, 17, tzinfo=UTC)
LATER = timedelta(seconds=60)
SETTINGS = load_tenants(Path(__file__).parents[3] / "tenants.example.yaml")[0]
TENANT = TenantId(SETTINGS.tenant_id)
BUSINESS, CALLER, OWNER = "+15125550100", "+15125550123", "+15125550190"


@dataclass(frozen=True, kw_only=True)
class Outbound:
    """The stores under test, on one database."""

    base: Any
    calls: Any
    texts: Any
    alerts: Any
    copies: Any
    outcomes: Any


def text(text_id: str = "t1", **changes: Any) -> NewText:
    """A text to a caller at noon."""
    new = NewText(
        text_id=TextId(text_id),
        tenant_id=TENANT,
        call_id=CallId("c1"),
        from_phone=BUSINESS,
        to_phone=CALLER,
        body="Hello",
        purpose="confirmation",
        lang="en",
        created_at=NOON,
        wait_for_quiet_hours=False,
    )
    return replace(new, **changes)


def alert(alert_id: str = "c1-gas", **changes: Any) -> NewAlert:
    """A smell of gas."""
    new = NewAlert(
        alert_id=AlertId(alert_id),
        tenant_id=TENANT,
        call_id=CallId("c1"),
        channel="voice",
        category="gas",
        summary="Gas smell in the basement",
        words="it smells like rotten eggs",
        caller_phone=CALLER,
        name="",
        address="",
        lang="en",
        detected_at=NOON,
    )
    return replace(new, **changes)


def writes(key: str = "k1", **parts: Any) -> TurnWrites:
    """A commit without a conversation."""
    inbox = InboxEntry(key=InboxKey(key), token="", answer=Answer(body=b"<Response/>"))
    return TurnWrites(tenant_id=TENANT, at=NOON, inbox=inbox, **parts)


def consent(
    word: ConsentWord, source: str, *, at: datetime = NOON, tenant: str = TENANT, phone: str = CALLER
) -> ConsentChange:
    """A keyword that somebody texted."""
    return ConsentChange(
        tenant_id=TenantId(tenant),
        phone=phone,
        dialled_phone=BUSINESS,
        word=word,
        said=word.upper(),
        source=source,
        at=at,
    )


def customer(*, version: int) -> CustomerCopy:
    """A customer."""
    return CustomerCopy(tenant_id=TENANT, phone=CALLER, version=version, name="Ann Lee", address="12 Elm", lang="en")


class TextContract:
    """Texts and consents. Subclasses provide the fixture `stores`."""

    async def test_a_text_is_claimed_by_one_and_comes_again_when_its_lease_ends(self, stores: Outbound) -> None:
        assert await stores.texts.add(text())
        assert not await stores.texts.add(text(body="Another"))
        (claimed,) = await stores.texts.claim(now=NOON, lease_until=NOON + LATER, limit=10)
        assert (claimed.new, claimed.status, claimed.attempts) == (text(), "queued", 0)
        assert not await stores.texts.claim(now=NOON, lease_until=NOON + LATER, limit=10)
        assert len(await stores.texts.claim(now=NOON + LATER, lease_until=NOON + 2 * LATER, limit=10)) == 1

    async def test_what_was_left_in_sending_is_unknown(self, stores: Outbound) -> None:
        await stores.texts.add(text())
        await stores.texts.claim(now=NOON, lease_until=NOON + LATER, limit=10)
        assert await stores.texts.begin(TextId("t1"), now=NOON, lease_until=NOON + LATER)
        assert not await stores.texts.begin(TextId("t1"), now=NOON, lease_until=NOON + LATER), "one sender at a time"
        (left,) = await stores.texts.claim(now=NOON + LATER, lease_until=NOON + 2 * LATER, limit=10)
        assert (left.status, left.attempts) == ("unknown", 1)

    @pytest.mark.parametrize(("purpose", "again"), [("command", False), ("reminder", False), ("alert", True)])
    async def test_who_stood_still_does_not_send_what_another_may_have_sent(
        self, stores: Outbound, purpose: str, again: bool
    ) -> None:
        new = text(purpose=purpose)

        async def begin() -> bool:
            if new.automated:
                return await stores.texts.begin_automated(new, now=NOON, lease_until=NOON + LATER) == "begun"
            return await stores.texts.begin(new.text_id, now=NOON, lease_until=NOON + LATER)

        await stores.texts.add(new)
        assert await begin()
        await stores.texts.record(TextResult(text_id=TextId("t1"), status="unknown", at=NOON, attempts=1))
        await stores.texts.record(
            TextResult(text_id=TextId("t1"), status="queued", at=NOON, due_at=NOON + LATER, attempts=0)
        )
        assert await begin() == again

    async def test_who_was_told_that_a_text_was_not_taken_lets_it_wait_again(self, stores: Outbound) -> None:
        await stores.texts.add(text())
        assert await stores.texts.begin(TextId("t1"), now=NOON, lease_until=NOON + LATER)
        await stores.texts.record(TextResult(text_id=TextId("t1"), status="queued", at=NOON, due_at=NOON, attempts=1))
        (waiting,) = await stores.texts.claim(now=NOON, lease_until=NOON + LATER, limit=10)
        assert (waiting.status, waiting.attempts) == ("queued", 1)

    async def test_alerts_go_first(self, stores: Outbound) -> None:
        await stores.texts.add(text("t1"))
        await stores.texts.add(text("t2", purpose="alert", created_at=NOON + timedelta(seconds=1)))
        claimed = await stores.texts.claim(now=NOON + LATER, lease_until=NOON + 2 * LATER, limit=1)
        assert [row.new.text_id for row in claimed] == ["t2"]

    async def test_a_text_waits_for_its_time(self, stores: Outbound) -> None:
        await stores.texts.add(text(not_before=NOON + LATER))
        assert not await stores.texts.claim(now=NOON, lease_until=NOON + LATER, limit=10)
        assert await stores.texts.waiting(NOON) == (1, 0.0)
        assert await stores.texts.waiting(NOON + 2 * LATER) == (1, 60.0)

    async def test_a_sent_text_is_counted_and_told_with_its_message(self, stores: Outbound) -> None:
        await stores.texts.add(text())
        message = message_of(
            EmergencyAcknowledged(alert_id="a", acknowledged_by="Dana", acknowledged_at=NOON),
            event_id="e1",
            source="/tests",
            time=NOON,
            subject="s",
            tenant=TENANT,
        )
        result = TextResult(text_id=TextId("t1"), status="sent", at=NOON, provider_id="SM1", messages=(message,))
        await stores.texts.record(result)
        assert await stores.texts.sent_since(TENANT, NOON) == 1
        assert await stores.texts.sent_since(TENANT, NOON + LATER) == 0
        assert await stores.texts.sent_since(TenantId("other"), NOON) == 0
        assert [row.message.event_id for row in await stores.base.claim_outbox(limit=10, lease_s=1)] == ["e1"]
        await stores.texts.record(replace(result, status="failed"))
        assert not await stores.texts.claim(now=NOON + LATER, lease_until=NOON + 2 * LATER, limit=10)

    async def test_status_callbacks_come_in_any_order_and_final_words_stand(self, stores: Outbound) -> None:
        await stores.texts.add(text())
        await stores.texts.record(TextResult(text_id=TextId("t1"), status="sent", at=NOON, provider_id="SM1"))
        delivered = await stores.texts.record_status("SM1", "delivered", "", NOON)
        assert delivered is not None
        assert delivered.status == "delivered"
        assert await stores.texts.record_status("SM1", "sent", "", NOON) is None
        assert await stores.texts.record_status("SM1", "undelivered", "30003", NOON) is None
        assert await stores.texts.record_status("SM9", "delivered", "", NOON) is None

    async def test_a_callback_with_our_id_finds_a_text_whose_sending_got_no_answer(self, stores: Outbound) -> None:
        await stores.texts.add(text())
        await stores.texts.begin(TextId("t1"), now=NOON, lease_until=NOON + LATER)
        found = await stores.texts.record_status("SM1", "delivered", "", NOON, text_id="t1")
        assert found is not None
        assert found.provider_id == "SM1"
        assert not await stores.texts.claim(now=NOON + LATER, lease_until=NOON + 2 * LATER, limit=10)

    async def test_texts_and_consents_of_a_turn_are_stored_with_it_once(self, stores: Outbound) -> None:
        turn = writes(texts=(text(),), consents=(consent("stop", "k1"),))
        assert await stores.calls.commit(turn)
        assert not await stores.calls.commit(turn)
        assert len(await stores.texts.claim(now=NOON, lease_until=NOON + LATER, limit=10)) == 1
        assert await stores.texts.opted_out(TENANT, CALLER, BUSINESS)

    async def test_the_last_stop_or_start_of_a_number_decides_for_its_business_alone(self, stores: Outbound) -> None:
        async def says(word: ConsentWord, seconds: int, tenant: str = TENANT) -> None:
            key = f"{word}-{seconds}-{tenant}"
            await stores.calls.commit(
                writes(key, consents=(consent(word, key, at=NOON + timedelta(seconds=seconds), tenant=tenant),))
            )

        assert not await stores.texts.opted_out(TENANT, CALLER, BUSINESS)
        await says("stop", 1)
        await says("help", 2)
        assert await stores.texts.opted_out(TENANT, CALLER, BUSINESS)
        assert not await stores.texts.opted_out(TENANT, "+15125550199", BUSINESS)
        assert not await stores.texts.opted_out(TenantId("other"), CALLER, "+15125550101")
        await says("start", 3)
        assert not await stores.texts.opted_out(TENANT, CALLER, BUSINESS)
        await says("stop", 4)
        assert await stores.texts.opted_out(TENANT, CALLER, BUSINESS)

    async def test_a_stop_counts_for_what_waited_then_even_after_a_start(self, stores: Outbound) -> None:
        for word, seconds in (("stop", 10), ("start", 20)):
            at = NOON + timedelta(seconds=seconds)
            await stores.calls.commit(writes(word, consents=(consent(word, word, at=at),)))
        assert not await stores.texts.opted_out(TENANT, CALLER, BUSINESS)
        for seconds, held_back in ((0, True), (10, True), (11, False), (30, False)):
            since = NOON + timedelta(seconds=seconds)
            assert await stores.texts.opted_out(TENANT, CALLER, BUSINESS, since=since) is held_back
        assert not await stores.texts.opted_out(TENANT, "+15125550199", BUSINESS, since=NOON)

    async def test_whoever_called_or_texted_has_dealt_with_that_business_alone(self, stores: Outbound) -> None:
        assert not await stores.texts.dealt_with(TENANT, CALLER)
        await stores.calls.commit(call_writes(call(tenant_id=TENANT, caller_phone=CALLER)))
        await stores.calls.commit(call_writes(call("CA2", tenant_id=TENANT, caller_phone="")))
        assert await stores.texts.dealt_with(TENANT, CALLER)
        assert not await stores.texts.dealt_with(TenantId("other"), CALLER)
        assert not await stores.texts.dealt_with(TENANT, "")

    async def test_whoever_is_listed_as_a_customer_has_dealt_with_the_business(self, stores: Outbound) -> None:
        async with stores.base.transaction() as tx:
            await tx.save_customer(customer(version=1))
        assert await stores.texts.dealt_with(TENANT, CALLER)
        assert not await stores.texts.dealt_with(TenantId("other"), CALLER)
        async with stores.base.transaction() as tx:
            await tx.save_customer(replace(customer(version=2), deleted=True))
        assert not await stores.texts.dealt_with(TENANT, CALLER)

    async def test_an_automated_text_is_begun_by_one_sender(self, stores: Outbound) -> None:
        reminder = text(purpose="reminder")
        await stores.texts.add(reminder)
        begun = [
            await stores.texts.begin_automated(reminder, now=NOON, lease_until=NOON + LATER),
            await stores.texts.begin_automated(reminder, now=NOON, lease_until=NOON + LATER),
        ]
        assert begun == ["begun", "taken"]
        (left,) = await stores.texts.claim(now=NOON + LATER, lease_until=NOON + 2 * LATER, limit=10)
        assert (left.status, left.attempts, left.new) == ("unknown", 1, reminder)

    async def test_the_same_automated_words_reach_a_person_once_within_an_hour(self, stores: Outbound) -> None:
        reminders = {
            "t1": text("t1", purpose="reminder"),
            "twin": text("twin", purpose="reminder"),
            "else": text("else", purpose="reminder", body="Another visit"),
            "other": text("other", purpose="reminder", to_phone="+15125550199"),
            "elsewhere": text("elsewhere", purpose="reminder", tenant_id=TenantId("other")),
        }
        begun = {}
        for name, new in reminders.items():
            await stores.texts.add(new)
            begun[name] = await stores.texts.begin_automated(new, now=NOON, lease_until=NOON + LATER)
        assert begun == {"t1": "begun", "twin": "twin", "else": "begun", "other": "begun", "elsewhere": "begun"}
        later = NOON + TWIN_WITHIN
        assert await stores.texts.begin_automated(reminders["twin"], now=later, lease_until=later + LATER) == "begun"

    async def test_a_twin_that_never_went_out_holds_nobody_back(self, stores: Outbound) -> None:
        first, second = text(purpose="reminder"), text("t2", purpose="reminder")
        for new in (first, second):
            await stores.texts.add(new)
        assert await stores.texts.begin_automated(first, now=NOON, lease_until=NOON + LATER) == "begun"
        await stores.texts.record(
            TextResult(
                text_id=TextId("t1"), status="queued", at=NOON, due_at=NOON + LATER, error="provider-unavailable"
            )
        )
        assert await stores.texts.begin_automated(second, now=NOON, lease_until=NOON + LATER) == "begun"
        assert await stores.texts.begin_automated(first, now=NOON, lease_until=NOON + LATER) == "twin"

    async def test_advertising_reaches_a_person_once_in_a_day(self, stores: Outbound) -> None:
        first = text("m1", purpose="follow_up", basis="marketing")
        second = text("m2", purpose="retention", basis="marketing", body="It has been a while")
        reminder = text("r1", purpose="reminder", body="Your visit")
        for new in (first, second, reminder):
            await stores.texts.add(new)
        assert await stores.texts.begin_automated(first, now=NOON, lease_until=NOON + LATER) == "begun"
        soon, next_day = NOON + MARKETING_EVERY - LATER, NOON + MARKETING_EVERY
        assert await stores.texts.begin_automated(second, now=soon, lease_until=soon + LATER) == "too_often"
        assert await stores.texts.begin_automated(reminder, now=soon, lease_until=soon + LATER) == "begun"
        assert await stores.texts.begin_automated(second, now=next_day, lease_until=next_day + LATER) == "begun"

    async def test_of_many_senders_at_once_one_texts_a_person_the_same_words(self, stores: Outbound) -> None:
        twins = [text(f"t{number}", purpose="reminder") for number in range(6)]
        for new in twins:
            await stores.texts.add(new)
        begun = await asyncio.gather(
            *(stores.texts.begin_automated(new, now=NOON, lease_until=NOON + LATER) for new in twins)
        )
        assert sorted(begun) == ["begun"] + ["twin"] * 5

    async def test_what_was_said_before_anybody_owned_the_number_counts(self, stores: Outbound) -> None:
        await stores.calls.commit(writes("k1", consents=(consent("stop", "k1", tenant=""),)))
        assert await stores.texts.opted_out(TENANT, CALLER, BUSINESS)
        assert not await stores.texts.opted_out(TENANT, CALLER, "+15125550101")

    async def test_the_providers_own_opt_out_is_a_line_of_the_ledger(self, stores: Outbound) -> None:
        await stores.texts.add(text())
        await stores.texts.record(
            TextResult(text_id=TextId("t1"), status="opted_out", at=NOON, consent=consent("stop", "provider:t1"))
        )
        assert await stores.texts.opted_out(TENANT, CALLER, BUSINESS)


class AlertContract:
    """Alerts. Subclasses provide the fixture `stores`."""

    async def _detect(self, stores: Outbound) -> None:
        assert await stores.calls.commit(writes(alerts=(alert(),)))

    async def test_an_alert_is_due_at_once_and_claimed_by_one(self, stores: Outbound) -> None:
        await self._detect(stores)
        assert await stores.calls.commit(writes("k2", alerts=(alert(summary="again"),)))
        (due,) = await stores.alerts.claim_alerts(now=NOON, lease_until=NOON + LATER, limit=10)
        assert (due.new, due.state, due.step) == (alert(), "open", 0)
        assert not await stores.alerts.claim_alerts(now=NOON, lease_until=NOON + LATER, limit=10)

    async def test_a_rung_is_climbed_once_with_its_text(self, stores: Outbound) -> None:
        await self._detect(stores)
        climb = {"step": 1, "state": "open", "due_at": NOON + LATER, "text": text("c1-gas-s0", purpose="alert")}
        assert await stores.alerts.climb(AlertId("c1-gas"), **climb)
        assert not await stores.alerts.climb(AlertId("c1-gas"), **climb)
        assert len(await stores.texts.claim(now=NOON, lease_until=NOON + LATER, limit=10)) == 1
        assert not await stores.alerts.claim_alerts(now=NOON, lease_until=NOON + LATER, limit=10)
        await stores.alerts.hurry(AlertId("c1-gas"), step=0, due_at=NOON)
        assert not await stores.alerts.claim_alerts(now=NOON, lease_until=NOON + LATER, limit=10)
        await stores.alerts.hurry(AlertId("c1-gas"), step=1, due_at=NOON)
        assert len(await stores.alerts.claim_alerts(now=NOON, lease_until=NOON + LATER, limit=10)) == 1

    async def test_a_taken_alert_climbs_no_more(self, stores: Outbound) -> None:
        await self._detect(stores)
        assert [row.new.alert_id for row in await stores.alerts.open_alerts(TENANT)] == ["c1-gas"]
        assert await stores.alerts.unacknowledged(NOON + LATER) == (1, 60.0)
        assert await stores.alerts.acknowledge(AlertId("c1-gas"), by="Dana", at=NOON)
        assert not await stores.alerts.acknowledge(AlertId("c1-gas"), by="Luis", at=NOON)
        taken = await stores.alerts.alert(AlertId("c1-gas"))
        assert (taken.state, taken.acknowledged_by, taken.acknowledged_at) == ("acknowledged", "Dana", NOON)
        assert not await stores.alerts.climb(AlertId("c1-gas"), step=1, state="open", due_at=NOON)
        assert not await stores.alerts.claim_alerts(now=NOON + LATER, lease_until=NOON + LATER, limit=10)
        assert await stores.alerts.open_alerts(TENANT) == []
        assert await stores.alerts.unacknowledged(NOON) == (0, 0.0)

    async def test_an_exhausted_alert_can_still_be_taken(self, stores: Outbound) -> None:
        await self._detect(stores)
        assert await stores.alerts.climb(AlertId("c1-gas"), step=0, state="exhausted", due_at=NOON)
        assert not await stores.alerts.claim_alerts(now=NOON + LATER, lease_until=NOON + LATER, limit=10)
        assert len(await stores.alerts.open_alerts(TENANT)) == 1
        assert await stores.alerts.acknowledge(AlertId("c1-gas"), by="Dana", at=NOON)

    async def test_what_is_learned_later_is_added(self, stores: Outbound) -> None:
        await self._detect(stores)
        update = AlertUpdate(call_id=CallId("c1"), phone="", name="Tom", address="18 Rainey Street", at=NOON)
        await stores.calls.commit(writes("k2", updates=(update,)))
        known = (await stores.alerts.alert(AlertId("c1-gas"))).new
        assert (known.name, known.address, known.caller_phone) == ("Tom", "18 Rainey Street", CALLER)
