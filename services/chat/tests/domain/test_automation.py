from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from chat_automation_contract import visit
from chat_samples import MONDAY_6AM, local, settings
from chat_store_contract import ENDING, call

from chat.domain.appointment import AppointmentId
from chat.domain.automation import (
    Dealings,
    awake,
    follow_up_at,
    follow_up_verdict,
    reminder_at,
    reminder_key,
    reminder_verdict,
    retention_at,
    retention_verdict,
)
from chat.domain.callback import Status
from chat.domain.tenant import Tenant
from common.contracts.gateway import CallOutcome
from common.contracts.tenants import Automation

CALLED = call(ending=ENDING, started_at=MONDAY_6AM)
ENDED_AT = ENDING.ended_at
NEXT_DAY = ENDED_AT + timedelta(hours=27)
"""Nine in the morning."""
VISITED_AT = local(10, days=-400)


def business(*, quiet: tuple[str, str] = ("21:00", "08:00"), **automation: Any) -> Tenant:
    """Quiet at night, with these wishes."""
    wishes = msgspec.structs.replace(Automation(), **automation)
    return Tenant(settings=settings(automation=wishes, quiet_from=quiet[0], quiet_until=quiet[1]), version=1)


class TestAwake:
    def test_by_day_it_is_now_and_at_night_the_morning(self) -> None:
        assert awake(business(), local(12)) == local(12)
        assert awake(business(), local(23)) == local(8, days=1)

    def test_advertising_also_waits_for_the_laws_morning(self) -> None:
        owl = business(quiet=("02:00", "06:00"))
        assert awake(owl, local(23)) == local(23)
        assert awake(owl, local(23), advertising=True) == local(8, days=1)

    def test_a_quiet_span_that_begins_where_another_ends_is_waited_for_as_well(self) -> None:
        late_riser = business(quiet=("08:00", "10:00"))
        assert awake(late_riser, local(7), advertising=True) == local(10)


class TestReminder:
    def test_it_is_due_so_many_hours_before_the_visit(self) -> None:
        assert reminder_at(business(), local(10, days=3), now=MONDAY_6AM) == local(10, days=2)
        assert reminder_at(business(reminder_hours_before=3), local(12, days=3), now=MONDAY_6AM) == local(9, days=3)

    def test_there_is_none_where_the_owner_wants_none(self) -> None:
        assert reminder_at(business(appointment_reminders=False), local(10, days=3), now=MONDAY_6AM) is None

    def test_who_has_just_booked_is_not_reminded(self) -> None:
        now = local(10)
        assert reminder_at(business(), local(9, days=1), now=now) is None, "its time is over"
        assert reminder_at(business(), local(11, 59, days=1), now=now) is None
        assert reminder_at(business(), local(12, days=1), now=now) == local(12)

    def test_at_night_it_waits_for_the_morning_where_that_is_early_enough(self) -> None:
        early = business(reminder_hours_before=4)
        assert reminder_at(early, local(11, days=1), now=MONDAY_6AM) == local(8, days=1)
        assert reminder_at(early, local(10, days=1), now=MONDAY_6AM) == local(8, days=1)

    def test_where_the_morning_is_too_late_it_comes_the_evening_before(self) -> None:
        twelve = business(reminder_hours_before=11)
        assert reminder_at(twelve, local(8, days=1), now=MONDAY_6AM) == local(20)
        assert reminder_at(twelve, local(9, 59, days=1), now=MONDAY_6AM) == local(20)
        assert reminder_at(twelve, local(8, days=1), now=local(19)) is None, "an hour ahead is no news"

    def test_it_follows_the_wall_clock_of_the_business_over_a_change_of_clocks(self) -> None:
        # The clocks go forward on Sunday, March 14, 2027: eight in the morning is an hour earlier in UTC from then on.
        monday_8am, sunday_8am = (datetime(2027, 3, day, 13, tzinfo=UTC) for day in (15, 14))
        assert reminder_at(business(reminder_hours_before=34), monday_8am, now=MONDAY_6AM) == sunday_8am

    def test_a_visit_as_it_was_planned_is_reminded_of_until_shortly_before(self) -> None:
        planned = visit("a1", local(10))
        assert reminder_verdict(business(), planned, local(10), now=local(9, 29)) == "send"
        assert reminder_verdict(business(), planned, local(10), now=local(9, 30)) == "too_late"

    def test_a_visit_that_was_moved_cancelled_or_is_gone_is_not(self) -> None:
        planned = visit("a1", local(10))
        for now_is in (None, replace(planned, starts_at=local(14)), replace(planned, status="cancelled")):
            assert reminder_verdict(business(), now_is, local(10), now=MONDAY_6AM) == "stale"

    def test_an_owner_who_changed_their_mind_is_heard(self) -> None:
        off = business(appointment_reminders=False)
        assert reminder_verdict(off, visit("a1", local(10)), local(10), now=MONDAY_6AM) == "switched_off"

    def test_a_move_makes_another_reminder(self) -> None:
        first, moved = (reminder_key(AppointmentId("a1"), local(hour)) for hour in (10, 14))
        assert first == "a1:20270301T160000Z"
        assert moved != first


class TestFollowUp:
    @staticmethod
    def due(tenant: Tenant | None = None, **changes: Any) -> datetime | None:
        facts: dict[str, Any] = {
            "phone": "+15125550123",
            "outcome": "abandoned",
            "wants_visit": True,
            "ended_at": local(14),
            **changes,
        }
        return follow_up_at(tenant or business(), **facts)

    def test_who_wanted_a_visit_and_got_nothing_is_asked_again(self) -> None:
        assert self.due() == local(10, days=1)
        assert self.due(business(follow_up_hours_after=2)) == local(16)

    def test_at_night_they_are_asked_in_the_morning(self) -> None:
        assert self.due(business(follow_up_hours_after=12)) == local(8, days=1)

    @pytest.mark.parametrize("outcome", ["abandoned", "answered", "failed"])
    def test_ends_without_anything_are_followed_up(self, outcome: CallOutcome) -> None:
        assert self.due(outcome=outcome) is not None

    @pytest.mark.parametrize(
        "outcome",
        ["booked", "requested", "rescheduled", "cancelled", "callback", "emergency", "spam", "wrong_number"],
    )
    def test_ends_with_something_and_spam_are_not(self, outcome: CallOutcome) -> None:
        assert self.due(outcome=outcome) is None

    @pytest.mark.parametrize("phone", [None, "+15125550190", settings().phone_numbers[0]])
    def test_nobody_and_ourselves_are_not_asked(self, phone: str | None) -> None:
        assert self.due(phone=phone) is None

    def test_who_wanted_no_visit_is_not_asked_and_not_where_the_owner_wants_it(self) -> None:
        assert self.due(wants_visit=False) is None
        assert self.due(business(lead_follow_ups=False)) is None

    def test_a_caller_of_whom_nothing_was_heard_since_is_asked(self) -> None:
        before = Dealings(last_called_at=MONDAY_6AM, last_texted_at=local(1), last_booked_at=local(5, days=-9))
        assert follow_up_verdict(business(), CALLED, before, now=NEXT_DAY) == "send"

    @pytest.mark.parametrize(
        "since",
        [
            Dealings(last_called_at=local(9)),
            Dealings(last_texted_at=local(9)),
            Dealings(last_booked_at=local(9)),
            Dealings(next_visit_at=local(9, days=5)),
            Dealings(promises=frozenset({"open"})),
            Dealings(promises=frozenset({"not_reached", "reached"})),
            Dealings(promises=frozenset({"dropped"})),
        ],
    )
    def test_a_caller_who_booked_called_texted_or_is_in_a_persons_hands_is_not(self, since: Dealings) -> None:
        assert follow_up_verdict(business(), CALLED, since, now=NEXT_DAY) == "stale"

    def test_a_caller_whom_nobody_reached_is(self) -> None:
        tried: frozenset[Status] = frozenset({"not_reached"})
        assert follow_up_verdict(business(), CALLED, Dealings(promises=tried), now=NEXT_DAY) == "send"

    def test_a_call_that_nobody_knows_or_that_goes_on_is_not_followed_up(self) -> None:
        for unknown in (None, call(), replace(CALLED, phone=None)):
            assert follow_up_verdict(business(), unknown, Dealings(), now=NEXT_DAY) == "stale"

    def test_after_days_it_is_too_late_and_switched_off_is_switched_off(self) -> None:
        late = ENDED_AT + timedelta(hours=20, days=3)
        assert follow_up_verdict(business(), CALLED, Dealings(), now=late - timedelta(seconds=1)) == "send"
        assert follow_up_verdict(business(), CALLED, Dealings(), now=late) == "too_late"
        assert follow_up_verdict(business(lead_follow_ups=False), CALLED, Dealings(), now=NEXT_DAY) == "switched_off"


class TestRetention:
    wanted = business(retention_texts=True)

    def test_it_is_due_so_many_days_after_the_last_visit_and_only_where_it_is_wanted(self) -> None:
        assert retention_at(self.wanted, local(11)) == local(11) + timedelta(days=330)
        assert retention_at(business(), local(11)) is None

    def test_a_customer_who_was_not_seen_since_is_texted(self) -> None:
        seen = Dealings(last_visit_ended_at=VISITED_AT, last_called_at=VISITED_AT - timedelta(days=1))
        assert retention_verdict(self.wanted, seen, now=local(12)) == local(12)

    @pytest.mark.parametrize(
        "since",
        [
            {"last_visit_ended_at": None},
            {"next_visit_at": local(9, days=5)},
            {"last_called_at": local(9, days=-1)},
            {"last_texted_at": local(9, days=-1)},
            {"promises": frozenset({"open"})},
        ],
    )
    def test_one_who_was_or_will_be_or_waits_for_a_call_is_not(self, since: dict[str, Any]) -> None:
        dealings = replace(Dealings(last_visit_ended_at=VISITED_AT), **since)
        assert retention_verdict(self.wanted, dealings, now=local(12)) == "stale"

    def test_an_owner_who_wants_it_later_by_now_gets_it_later(self) -> None:
        patient = business(retention_texts=True, retention_after_days=500)
        due = retention_verdict(patient, Dealings(last_visit_ended_at=VISITED_AT), now=local(12))
        assert due == VISITED_AT + timedelta(days=500)

    def test_at_night_it_waits_for_the_morning_and_switched_off_is_switched_off(self) -> None:
        seen = Dealings(last_visit_ended_at=VISITED_AT)
        owl = business(quiet=("02:00", "06:00"), retention_texts=True)
        assert retention_verdict(owl, seen, now=local(23)) == local(8, days=1), "the law's night, not the business's"
        assert retention_verdict(self.wanted, seen, now=local(23)) == local(8, days=1)
        assert retention_verdict(business(), seen, now=local(12)) == "switched_off"
