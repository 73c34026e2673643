"""What every implementation makes of reports: how far texts and alerts have come that were sent without the database."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from gateway_outbound_contract import NOON, TENANT, Outbound, alert, text
from gateway_samples import call
from gateway_samples import writes as call_writes

from receptionist.dialogue.state import DialogueState, Facts, begin
from telephony_gateway.domain.alert import Alert, AlertUpdate
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.late import LateOutcome
from telephony_gateway.domain.text import Text
from telephony_gateway.domain.turn import Answer, InboxEntry, TurnWrites
from telephony_gateway.ports.texts import TextResult

SOON = NOON + timedelta(seconds=5)
QUEUED = Text(new=text(), due_at=SOON)
SENDING = replace(QUEUED, status="sending", attempts=1)
AGAIN = replace(SENDING, status="queued", error="provider-unavailable")
UNKNOWN = replace(SENDING, status="unknown", attempts=2)
LOOKED_UP = replace(UNKNOWN, lookups=1)
SENT = replace(UNKNOWN, status="sent", provider_id="SM1")
DELIVERED = replace(SENT, status="delivered")
CAME = (QUEUED, SENDING, AGAIN, UNKNOWN, LOOKED_UP, SENT, DELIVERED)
OPEN = Alert(new=alert(), due_at=SOON)
TEXTED = replace(OPEN, step=1)
CALLED = replace(OPEN, step=2)
TAKEN = replace(TEXTED, state="acknowledged", acknowledged_by="Dana", acknowledged_at=NOON)

_numbers = itertools.count()


def report(**parts: Any) -> TurnWrites:
    """An entry of the journal that is no webhook."""
    entry = InboxEntry(key=InboxKey(f"report:{next(_numbers)}"), token="", answer=Answer(body=b""))
    return TurnWrites(tenant_id=TENANT, at=NOON, inbox=entry, **parts)


def knowing(**facts: str) -> DialogueState:
    """A conversation in which so much was said."""
    return replace(begin("voice"), facts=Facts(**facts))


def said_of_the_leak() -> tuple[TurnWrites, TurnWrites, TurnWrites]:
    """Three turns: the alert, a name with an address, and the address corrected."""

    def update(address: str) -> AlertUpdate:
        return AlertUpdate(call_id=CallId("c1"), phone="", name="Tom", address=address, at=NOON)

    return (
        call_writes(call("c1", version=1), alerts=(alert(),)),
        call_writes(call("c1", version=2, state=knowing(name="Tom", address="12 Elm")), updates=(update("12 Elm"),)),
        call_writes(call("c1", version=3, state=knowing(name="Tom", address="14 Elm")), updates=(update("14 Elm"),)),
    )


class ReportContract:
    """Inherit it, and provide a fixture `stores`."""

    async def test_a_text_that_was_sent_without_the_database_is_not_sent_again(self, stores: Outbound) -> None:
        await stores.calls.replay(report(texts_as_of=(SENT,)))
        await stores.calls.replay(report(texts=(text(),)))
        assert await stores.texts.claim(now=SOON, lease_until=SOON, limit=10) == []
        assert await stores.texts.sent_since(TENANT, NOON - timedelta(hours=1)) == 1
        told = await stores.texts.record_status("SM1", "delivered", "", SOON)
        assert told is not None

    async def test_a_text_that_was_never_begun_goes_when_it_is_due(self, stores: Outbound) -> None:
        await stores.calls.replay(report(texts_as_of=(QUEUED,)))
        assert await stores.texts.claim(now=NOON, lease_until=SOON, limit=10) == []
        (claimed,) = await stores.texts.claim(now=SOON, lease_until=SOON + timedelta(minutes=1), limit=10)
        assert (claimed.new, claimed.status) == (text(), "queued")
        assert await stores.texts.begin(text().text_id, now=SOON, lease_until=SOON)

    async def test_a_text_whose_sender_died_is_looked_up_first(self, stores: Outbound) -> None:
        await stores.calls.replay(report(texts_as_of=(SENDING,)))
        (claimed,) = await stores.texts.claim(now=SOON, lease_until=SOON, limit=10)
        assert (claimed.status, claimed.attempts) == ("unknown", 1)

    @pytest.mark.parametrize(("one", "other"), list(itertools.permutations(CAME, 2)))
    async def test_of_two_reports_of_a_text_the_later_wins_in_whatever_order_they_come(
        self, stores: Outbound, one: Text, other: Text
    ) -> None:
        for came in (one, other):
            await stores.calls.replay(report(texts_as_of=(came,)))
        later = max(one, other, key=CAME.index)
        assert (later.progress > one.progress) == (later is not one)
        claimed = await stores.texts.claim(now=SOON, lease_until=SOON, limit=10)
        if later.status in {"sent", "delivered"}:
            assert claimed == []
            changed = await stores.texts.record_status("SM1", "failed", "", SOON)
            assert (changed is None) == (later.status == "delivered")
        else:
            (found,) = claimed
            status = "unknown" if later.status == "sending" else later.status
            assert (found.status, found.attempts, found.lookups) == (status, later.attempts, later.lookups)

    async def test_what_the_database_knows_better_stays(self, stores: Outbound) -> None:
        await stores.texts.add(text())
        await stores.texts.begin(text().text_id, now=NOON, lease_until=SOON)
        sent = TextResult(text_id=text().text_id, status="sent", at=NOON, provider_id="SM9")
        await stores.texts.record(sent)
        await stores.calls.replay(report(texts_as_of=(UNKNOWN,)))
        assert await stores.texts.record_status("SM9", "delivered", "", SOON) is not None

    async def test_an_alert_goes_on_from_the_rung_that_it_had_come_to(self, stores: Outbound) -> None:
        await stores.calls.replay(report(alerts_as_of=(TEXTED,)))
        await stores.calls.replay(report(alerts=(alert(),)))
        assert await stores.alerts.claim_alerts(now=NOON, lease_until=SOON, limit=10) == []
        (claimed,) = await stores.alerts.claim_alerts(now=SOON, lease_until=SOON, limit=10)
        assert (claimed.new, claimed.step) == (alert(), 1)

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    async def test_an_alert_has_what_was_said_last_in_whatever_order_its_turns_come(
        self, stores: Outbound, order: tuple[int, ...]
    ) -> None:
        turns = said_of_the_leak()
        for number in order:
            assert await stores.calls.replay(turns[number])
        known = await stores.alerts.alert(alert().alert_id)
        assert (known.new.name, known.new.address) == ("Tom", "14 Elm")

    async def test_an_alert_out_of_a_journal_has_what_was_said_since_with_the_database(self, stores: Outbound) -> None:
        detected, older, corrected = said_of_the_leak()
        assert await stores.calls.commit(corrected)
        for late in (older, detected):
            assert await stores.calls.replay(late)
        known = await stores.alerts.alert(alert().alert_id)
        assert (known.new.name, known.new.address) == ("Tom", "14 Elm")

    async def test_a_newer_conversation_of_a_thread_says_nothing_of_an_older_one_s_alert(
        self, stores: Outbound
    ) -> None:
        detected, older, _ = said_of_the_leak()
        another = call("c1", version=3, episode=1, channel="sms", state=knowing(name="Eve", address="1 Oak"))
        assert await stores.calls.commit(call_writes(another))
        for late in (detected, older):
            assert await stores.calls.replay(late)
        known = await stores.alerts.alert(alert().alert_id)
        assert (known.new.name, known.new.address) == ("Tom", "12 Elm")

    @pytest.mark.parametrize(("one", "other"), list(itertools.permutations((OPEN, TEXTED, CALLED, TAKEN), 2)))
    async def test_of_two_reports_of_an_alert_the_later_wins_in_whatever_order_they_come(
        self, stores: Outbound, one: Alert, other: Alert
    ) -> None:
        for came in (one, other):
            await stores.calls.replay(report(alerts_as_of=(came,)))
        later = max(one, other, key=(OPEN, TEXTED, CALLED, TAKEN).index)
        kept = await stores.alerts.alert(alert().alert_id)
        assert kept is not None
        assert (kept.state, kept.step, kept.acknowledged_by, kept.acknowledged_at) == (
            later.state,
            later.step,
            later.acknowledged_by,
            later.acknowledged_at,
        )

    async def test_a_decision_that_was_heard_without_the_database_is_looked_at(self, stores: Outbound) -> None:
        outcome = LateOutcome(
            outcome_id="c1-b1:1",
            tenant_id=TENANT,
            booking_id="c1-b1",
            change_id="",
            kind="booked",
            lang="en",
            phone="+15125550123",
            told_at=NOON,
        )
        for _ in range(2):
            await stores.calls.replay(report(outcomes=(outcome,)))
        later = NOON + timedelta(minutes=1)
        assert list(await stores.outcomes.claim(now=later, lease_until=later, limit=10)) == [outcome]
