from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from gateway_outbound_contract import CALLER, NOON, OWNER, SETTINGS, TENANT, alert, consent, customer, text, writes
from gateway_samples import call
from gateway_samples import writes as call_writes

from common.clock import ManualClock
from common.contracts.codec import decode
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S
from telephony_gateway.actions.mail_alert import text_of_alert
from telephony_gateway.actions.send_texts import TextSender
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.app import Stores, memory_stores
from telephony_gateway.domain.copies import CopySet, TenantCopy
from telephony_gateway.domain.ids import TenantId
from telephony_gateway.domain.text import NewText
from telephony_gateway.ports.texts import SmsError, SmsOptedOut, SmsRefused, SmsUnavailable, SmsUnknown, Taken


@dataclass
class Provider:
    """An `SmsProvider` that does what it is told, in order; then it takes everything."""

    answers: list[SmsError] = field(default_factory=list)
    found: str | None = None
    lost: SmsError | None = None
    sent: list[NewText] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)
    stub: bool = False

    async def send(self, new: NewText, *, status_callback: str) -> Taken:
        self.callbacks.append(status_callback)
        if self.answers:
            raise self.answers.pop(0)
        self.sent.append(new)
        return Taken(provider_id=f"SM{len(self.sent)}", stub=self.stub)

    async def find(self, new: NewText, *, since: datetime) -> str | None:
        if self.lost is not None:
            raise self.lost
        return self.found

    async def place_call(self, *, from_phone: str, to_phone: str, answer_url: str) -> Taken:
        return Taken(provider_id="CA1")

    async def close(self) -> None: ...


@dataclass
class Observed:
    outcomes: list[str] = field(default_factory=list)

    def text(self, purpose: str, outcome: str) -> None:
        self.outcomes.append(outcome)


@dataclass
class Rig:
    clock: ManualClock
    stores: Stores
    provider: Provider
    observed: Observed
    sender: TextSender
    retries: list[bool]

    async def status(self, text_id: str = "t1") -> tuple[str, str]:
        row = self.stores.base.gateway.texts.get(text_id)  # type: ignore[union-attr, arg-type]
        assert row is not None
        return row.status, row.error

    async def told(self) -> list[str]:
        return [
            decode(row.message.body)[0].type for row in await self.stores.base.claim_outbox(limit=50, lease_s=3_600)
        ]


@pytest.fixture
def rig() -> Rig:
    clock = ManualClock(NOON)
    stores = memory_stores(clock)
    provider, observed, retries = Provider(), Observed(), [True]
    sender = TextSender(
        store=stores.texts,
        alerts=stores.alerts,
        consents=stores.consents,
        copies=CopyBook(clock, seed=[SETTINGS]),
        provider=provider,
        observer=observed,
        clock=clock,
        random=lambda: 0.5,
        public_base_url="https://phone.example.com",
        retries=lambda: retries[-1],
    )
    return Rig(clock, stores, provider, observed, sender, retries)


async def test_a_text_goes_out_once_and_is_told(rig: Rig) -> None:
    await rig.stores.texts.add(text())
    assert await rig.sender.sweep() == 1
    assert await rig.sender.sweep() == 0
    assert [new.body for new in rig.provider.sent] == ["Hello"]
    assert rig.provider.callbacks == ["https://phone.example.com/twilio/status-callback?text=t1"]
    assert await rig.status() == ("sent", "")
    assert await rig.told() == ["message.sent.v1"]
    assert rig.observed.outcomes == ["sent"]


async def test_a_stubbed_text_is_never_told_as_sent(rig: Rig) -> None:
    rig.provider.stub = True
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    assert await rig.status() == ("sent", "stub")
    assert await rig.told() == []
    assert rig.observed.outcomes == ["stubbed"]


async def test_nobody_is_texted_after_stop_not_even_when_it_came_in_between(rig: Rig) -> None:
    await rig.stores.texts.add(text())
    await rig.stores.calls.commit(writes(consents=(consent("stop", "k1"),)))
    await rig.sender.sweep()
    assert rig.provider.sent == []
    assert await rig.status() == ("opted_out", "stop")


async def test_what_waited_before_a_stop_stays_unsent_after_a_start_and_later_ones_go(rig: Rig) -> None:
    rig.clock.advance(10 * 3_600)  # 10 PM in Austin
    held = text(wait_for_quiet_hours=True, created_at=rig.clock.now())
    await rig.stores.texts.add(held)
    await rig.sender.sweep()
    assert (await rig.status())[0] == "queued"
    for word in ("stop", "start"):
        rig.clock.advance(60)
        await rig.stores.calls.commit(writes(word, consents=(consent(word, word, at=rig.clock.now()),)))
    rig.clock.advance(60)
    later = text("t2", wait_for_quiet_hours=True, created_at=rig.clock.now(), body="Later")
    await rig.stores.texts.add(later)
    rig.clock.advance(10 * 3_600)
    await rig.sender.sweep()
    assert await rig.status() == ("opted_out", "stop")
    assert [new.text_id for new in rig.provider.sent] == ["t2"]


async def test_a_reminder_that_the_night_would_hold_beyond_its_use_is_dropped_with_the_reason(rig: Rig) -> None:
    rig.clock.advance(10 * 3_600)
    until = rig.clock.now() + timedelta(hours=9)
    await rig.stores.texts.add(text(purpose="reminder", wait_for_quiet_hours=True, not_after=until))
    await rig.sender.sweep()
    assert await rig.status() == ("expired", "quiet-hours")
    assert rig.observed.outcomes == ["dropped"]


async def test_two_reminders_in_the_same_words_are_one_text(rig: Rig) -> None:
    for text_id in ("t1", "t2"):
        await rig.stores.texts.add(text(text_id, purpose="reminder"))
    await rig.sender.sweep()
    assert len(rig.provider.sent) == 1
    assert sorted([await rig.status("t1"), await rig.status("t2")]) == [("blocked", "twin"), ("sent", "")]


async def test_a_reminder_that_the_provider_did_not_take_is_no_twin_of_itself(rig: Rig) -> None:
    rig.provider.answers = [SmsUnavailable("down")]
    await rig.stores.texts.add(text(purpose="reminder"))
    await rig.sender.sweep()
    rig.clock.advance(60)
    await rig.sender.sweep()
    assert await rig.status() == ("sent", "")


async def test_advertising_is_for_customers_and_callers_and_once_a_day(rig: Rig) -> None:
    advert: dict[str, Any] = {"purpose": "retention", "basis": "marketing"}
    await rig.stores.texts.add(text("stranger", **advert))
    await rig.sender.sweep()
    assert await rig.status("stranger") == ("blocked", "stranger")
    async with rig.stores.base.transaction() as tx:
        await tx.save_customer(customer(version=1))
    for number in (1, 2):
        await rig.stores.texts.add(text(f"m{number}", body=f"Number {number}", **advert))
        await rig.sender.sweep()
    assert await rig.status("m1") == ("sent", "")
    assert await rig.status("m2") == ("blocked", "too-often")


async def test_a_caller_whom_the_business_does_not_list_may_be_followed_up(rig: Rig) -> None:
    await rig.stores.calls.commit(call_writes(call(tenant_id=TENANT, caller_phone=CALLER)))
    await rig.stores.texts.add(text(purpose="follow_up", basis="marketing"))
    await rig.sender.sweep()
    assert await rig.status() == ("sent", "")


async def test_21610_is_final_and_counts_as_stop(rig: Rig) -> None:
    rig.provider.answers = [SmsOptedOut(code=21610)]
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    assert (await rig.status())[0] == "opted_out"
    await rig.stores.texts.add(text("t2"))
    await rig.sender.sweep()
    assert await rig.status("t2") == ("opted_out", "stop")
    assert len(rig.provider.callbacks) == 1, "the provider was not asked again"


async def test_what_the_provider_refuses_is_not_tried_again(rig: Rig) -> None:
    rig.provider.answers = [SmsRefused(code=21211)]
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    rig.clock.advance(86_400)
    assert await rig.sender.sweep() == 0
    assert await rig.status() == ("failed", "provider-refused:21211")


async def test_a_provider_that_is_away_is_asked_again_with_growing_pauses(rig: Rig) -> None:
    rig.provider.answers = [SmsUnavailable("down") for _ in range(3)]
    await rig.stores.texts.add(text())
    waits = []
    for _ in range(4):
        while await rig.sender.sweep() == 0:
            rig.clock.advance(0.5)
        waits.append((rig.clock.now() - NOON).total_seconds())
    assert (await rig.status())[0] == "sent"
    assert waits[0] == 0
    assert waits[1] < waits[2] - waits[1] < waits[3] - waits[2]


async def test_while_operators_hold_retries_back_only_first_attempts_and_alerts_go_out(rig: Rig) -> None:
    rig.provider.answers = [SmsUnavailable("down") for _ in range(2)]
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    rig.retries.append(False)
    await rig.stores.texts.add(text("alert-1", purpose="alert", to_phone=OWNER, body="Water!"))
    for _ in range(10):
        rig.clock.advance(60)
        await rig.sender.sweep()
    assert [new.text_id for new in rig.provider.sent] == ["alert-1"]
    assert await rig.status() == ("queued", "provider-unavailable")
    await rig.stores.texts.add(text("t2", body="Later"))
    await rig.sender.sweep()
    assert await rig.status("t2") == ("sent", "")
    rig.retries.append(True)
    rig.clock.advance(60)
    await rig.sender.sweep()
    assert await rig.status() == ("sent", "")


async def test_the_providers_own_retry_after_is_kept(rig: Rig) -> None:
    rig.provider.answers = [SmsUnavailable("429", retry_after_s=120)]
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    rig.clock.advance(119)
    assert await rig.sender.sweep() == 0
    rig.clock.advance(1)
    assert await rig.sender.sweep() == 1
    assert (await rig.status())[0] == "sent"


async def test_an_unknown_outcome_is_looked_up_and_not_sent_again_when_it_went_out(rig: Rig) -> None:
    rig.provider.answers = [SmsUnknown("timeout")]
    rig.provider.found = "SM77"
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    assert (await rig.status())[0] == "unknown"
    rig.clock.advance(20)
    await rig.sender.sweep()
    assert (await rig.status())[0] == "sent"
    assert rig.provider.sent == []
    assert len(rig.provider.callbacks) == 1


async def test_an_outcome_that_stays_unknown_parks_the_text(rig: Rig) -> None:
    rig.provider.answers = [SmsUnknown("timeout")]
    await rig.stores.texts.add(text())
    for _ in range(10):
        await rig.sender.sweep()
        rig.clock.advance(300)
    assert await rig.status() == ("parked", "outcome-unknown")
    assert len(rig.provider.callbacks) == 1


async def test_an_emergency_is_repeated_rather_than_lost(rig: Rig) -> None:
    rig.provider.answers = [SmsUnknown("timeout")]
    await rig.stores.calls.commit(writes(alerts=(alert(),)))
    await rig.stores.texts.add(text("c1-gas-s0", purpose="alert", to_phone=OWNER))
    await rig.sender.sweep()
    rig.clock.advance(20)
    await rig.sender.sweep()
    assert (await rig.status("c1-gas-s0"))[0] == "sent"
    assert len(rig.provider.sent) == 1


@pytest.mark.parametrize(
    "error", [SmsUnavailable("down"), SmsRefused(code=30007), SmsUnknown("timeout"), SmsOptedOut(code=21610)]
)
async def test_an_alert_that_can_not_be_texted_is_mailed_at_once_to_all_contacts(rig: Rig, error: SmsError) -> None:
    rig.provider.answers = [error]
    await rig.stores.calls.commit(writes(alerts=(alert(),)))
    await rig.stores.texts.add(text("c1-gas-s0", purpose="alert", to_phone=OWNER))
    await rig.sender.sweep()
    rows = await rig.stores.base.claim_outbox(limit=10, lease_s=1)
    mails: list[Any] = [decode(row.message.body)[1] for row in rows]
    assert [mail.recipient for mail in mails] == ["dana@hillcountry.example", "luis@hillcountry.example"]
    assert "EMERGENCY: GAS" in mails[0].subject
    assert "EMERGENCIA" in mails[1].subject


async def test_a_crash_while_the_provider_was_asked_leaves_it_unknown(rig: Rig) -> None:
    await rig.stores.texts.add(text())
    await rig.stores.texts.claim(now=NOON, lease_until=NOON + timedelta(seconds=60), limit=1)
    await rig.stores.texts.begin(text().text_id, now=NOON, lease_until=NOON + timedelta(seconds=60))
    rig.provider.found = "SM9"
    rig.clock.advance(61)
    await rig.sender.sweep()
    assert (await rig.status())[0] == "sent"
    assert rig.provider.sent == []


async def test_quiet_hours_and_unknown_businesses_hold_a_text_back(rig: Rig) -> None:
    rig.clock.advance(10 * 3_600)  # 10 PM in Austin
    await rig.stores.texts.add(text(wait_for_quiet_hours=True))
    await rig.stores.texts.add(text("t2", tenant_id=TenantId("nobody")))
    await rig.sender.sweep()
    assert (await rig.status())[0] == "queued"
    assert await rig.status("t2") == ("blocked", "unknown-tenant")
    rig.clock.advance(10 * 3_600)
    await rig.sender.sweep()
    assert (await rig.status())[0] == "sent"


async def test_a_text_that_comes_before_its_business_is_known_waits_for_it(rig: Rig) -> None:
    book = CopyBook(rig.clock)
    rig.sender._copies = book
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    assert (await rig.status())[0] == "queued"
    book.apply(CopySet(tenants=(TenantCopy(tenant_id=TenantId(SETTINGS.tenant_id), version=1, settings=SETTINGS),)))
    rig.clock.advance(31)
    await rig.sender.sweep()
    assert len(rig.provider.sent) == 1


async def test_a_sender_outlives_an_outage_of_the_store_and_is_woken(rig: Rig) -> None:
    claim = rig.stores.texts.claim
    down = True

    async def failing(*given: Any, **named: Any) -> Any:
        if down:
            raise StoreUnavailable("tests")
        return await claim(*given, **named)

    rig.stores.texts.claim = failing  # type: ignore[method-assign]
    await rig.stores.texts.add(text())
    task = asyncio.create_task(rig.sender.run())
    await asyncio.sleep(0.02)
    assert rig.provider.sent == []
    down = False
    rig.sender.nudge()
    async with asyncio.timeout(PATIENCE_S):
        while not rig.provider.sent:
            await asyncio.sleep(0.01)
    assert len(rig.provider.sent) == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_result_that_could_not_be_stored_is_looked_up_and_not_sent_twice(rig: Rig) -> None:
    record = rig.stores.texts.record

    async def failing(result: Any) -> None:
        raise StoreUnavailable("tests")

    rig.stores.texts.record = failing  # type: ignore[method-assign]
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    rig.stores.texts.record = record  # type: ignore[method-assign]
    rig.provider.found = "SM1"
    rig.clock.advance(61)
    await rig.sender.sweep()
    assert len(rig.provider.sent) == 1
    assert await rig.status() == ("sent", "")


async def test_a_look_up_that_fails_is_tried_again(rig: Rig) -> None:
    rig.provider.answers = [SmsUnknown("timeout")]
    await rig.stores.texts.add(text())
    await rig.sender.sweep()
    rig.provider.lost = SmsUnavailable("down")
    rig.clock.advance(21)
    await rig.sender.sweep()
    assert (await rig.status())[0] == "unknown"
    rig.provider.lost, rig.provider.found = None, "SM1"
    rig.clock.advance(21)
    await rig.sender.sweep()
    assert await rig.status() == ("sent", "")


async def test_an_alert_that_was_taken_is_not_mailed_when_its_text_fails(rig: Rig) -> None:
    await rig.stores.calls.commit(writes(alerts=(alert(),)))
    await rig.stores.texts.add(text(text_of_alert(alert().alert_id, 0), to_phone=OWNER, purpose="alert"))
    await rig.stores.alerts.acknowledge(alert().alert_id, by="Dana", at=NOON)
    rig.provider.answers = [SmsRefused(code=30003)]
    await rig.sender.sweep()
    assert "email.send.v1" not in await rig.told()


async def test_the_daily_cap_counts_what_was_sent_today(rig: Rig) -> None:
    few = replace_settings(daily_text_limit=2)
    rig.sender = TextSender(
        store=rig.stores.texts,
        alerts=rig.stores.alerts,
        consents=rig.stores.consents,
        copies=CopyBook(rig.clock, seed=[few]),
        provider=rig.provider,
        observer=rig.observed,
        clock=rig.clock,
        random=lambda: 0.5,
        public_base_url="https://phone.example.com",
    )
    for number in range(3):
        await rig.stores.texts.add(text(f"t{number}"))
        await rig.sender.sweep()
    assert [new.text_id for new in rig.provider.sent] == ["t0", "t1"]
    rig.clock.advance(86_400)
    await rig.sender.sweep()
    assert [new.text_id for new in rig.provider.sent] == ["t0", "t1", "t2"]


def replace_settings(**changes: Any) -> Any:

    return msgspec.structs.replace(SETTINGS, **changes)
