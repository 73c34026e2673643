"""Automated texts that were held up: by the provider, by the day's limit, by a gateway that was down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from gateway_copies_contract import visit
from gateway_outbound_contract import CALLER, NOON, SETTINGS, TENANT, customer, text

from common.clock import ManualClock
from common.contracts.reminders import reminder_id
from telephony_gateway.actions.send_texts import TextSender
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.adapters.stub_client import StubClient
from telephony_gateway.app import memory_stores
from telephony_gateway.domain.copies import CopySet, VisitCopy
from telephony_gateway.domain.ids import TextId
from telephony_gateway.domain.text import NewText

VISIT = replace(visit(), starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=1, hours=1))
ELSEWHERE = "+15125550177"


class Unseen:
    def text(self, purpose: str, outcome: str) -> None: ...


@dataclass
class Rig:
    clock: ManualClock
    book: CopyBook

    def __post_init__(self) -> None:
        self.stores = memory_stores(self.clock)
        self.sender = TextSender(
            store=self.stores.texts,
            alerts=self.stores.alerts,
            consents=self.stores.consents,
            copies=self.book,
            provider=StubClient(lambda: "1"),
            observer=Unseen(),
            clock=self.clock,
            random=lambda: 0.5,
            public_base_url="https://phone.example.com",
        )

    async def outcome(self, new: NewText) -> tuple[str, str]:
        """What becomes of it now."""
        async with self.stores.base.transaction() as tx:
            await tx.save_customer(customer(version=1))
        await self.stores.texts.add(new)
        await self.sender.sweep()
        row = self.stores.base.gateway.texts.get(new.text_id)  # type: ignore[attr-defined]
        return row.status, row.error

    def knows(self, *visits: VisitCopy) -> None:
        self.book.apply(CopySet(visits=visits))


@pytest.fixture
def rig() -> Rig:
    clock = ManualClock(NOON)
    return Rig(clock, CopyBook(clock, seed=[SETTINGS]))


def reminder(of: VisitCopy = VISIT) -> NewText:
    message_id = reminder_id(of.appointment_id, of.starts_at)
    return text(f"{TENANT}:{message_id}", purpose="reminder", not_after=of.starts_at)


async def test_a_reminder_of_a_visit_that_stands_goes_out(rig: Rig) -> None:
    rig.knows(VISIT)
    assert await rig.outcome(reminder()) == ("sent", "stub")


async def test_a_reminder_of_a_visit_that_is_not_known_here_goes_out(rig: Rig) -> None:
    assert await rig.outcome(reminder()) == ("sent", "stub")


async def test_nobody_is_reminded_of_a_visit_that_was_called_off_while_the_reminder_waited(rig: Rig) -> None:
    rig.knows(VISIT)
    rig.knows(replace(VISIT, version=2, cancelled=True, ends_at=VISIT.starts_at))
    assert await rig.outcome(reminder()) == ("not_needed", "visit-off")


async def test_nobody_is_reminded_of_a_time_that_the_visit_had_before_it_was_moved(rig: Rig) -> None:
    rig.knows(replace(VISIT, version=2, starts_at=VISIT.starts_at + timedelta(hours=3)))
    assert (await rig.outcome(reminder()))[0] == "queued", "news of a move may be on its way, to this time"
    rig.clock.advance(11 * 60)
    assert await rig.outcome(reminder()) == ("not_needed", "visit-moved")


async def test_a_reminder_that_is_faster_than_the_news_of_the_move_waits_for_it(rig: Rig) -> None:
    rig.knows(VISIT)
    moved = replace(VISIT, version=2, starts_at=VISIT.starts_at + timedelta(hours=3))
    assert (await rig.outcome(reminder(moved)))[0] == "queued"
    rig.knows(moved)
    rig.clock.advance(60)
    assert await rig.outcome(reminder(moved)) == ("sent", "stub")


@pytest.mark.parametrize("purpose", ["follow_up", "retention"])
async def test_nobody_is_asked_for_a_visit_who_has_booked_one_while_the_text_waited(rig: Rig, purpose: str) -> None:
    asked = text("t1", purpose=purpose, basis="marketing")
    rig.knows(VISIT)
    assert await rig.outcome(asked) == ("not_needed", "visit-booked")


@pytest.mark.parametrize("purpose", ["follow_up", "retention"])
async def test_others_visits_and_those_that_were_called_off_hinder_nobody(rig: Rig, purpose: str) -> None:
    off = replace(VISIT, appointment_id="off", cancelled=True, ends_at=VISIT.starts_at)
    rig.knows(replace(VISIT, customer_phone=ELSEWHERE), off)
    assert await rig.outcome(text("t1", purpose=purpose, basis="marketing")) == ("sent", "stub")


async def test_a_text_that_only_looks_like_a_reminder_goes_out(rig: Rig) -> None:
    rig.knows(replace(VISIT, cancelled=True))
    odd = replace(reminder(), text_id=TextId(f"{TENANT}:reminder"), to_phone=CALLER)
    assert await rig.outcome(odd) == ("sent", "stub")
