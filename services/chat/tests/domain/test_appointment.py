from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from chat_samples import MONDAY_6AM, local, tenant

from chat.domain.appointment import alternatives, alternatives_window, possible
from receptionist.scheduling.slots import Busy, Slot


def test_a_possible_visit_takes_as_long_as_the_service() -> None:
    assert possible(tenant(), local(10), 90, now=MONDAY_6AM) == Slot(start=local(10), end=local(11, 30))


def test_a_visit_may_begin_this_very_moment() -> None:
    assert isinstance(possible(tenant(), local(10), 60, now=local(10)), Slot)
    assert possible(tenant(), local(10), 60, now=local(10) + timedelta(seconds=1)) == "invalid"


@pytest.mark.parametrize("start", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)])
def test_a_time_out_of_reach_is_refused_and_others_are_offered_from_now(start: datetime) -> None:
    assert possible(tenant(), start, 60, now=MONDAY_6AM) == "invalid"
    offered = alternatives(tenant(), (), start, 60, now=MONDAY_6AM)
    assert len(offered) == 3
    assert offered[0].start.date() == MONDAY_6AM.date()


def test_opening_hours_are_wall_times_before_and_after_the_clocks_change() -> None:
    friday_eight_cst = datetime(2027, 3, 12, 14, 0, tzinfo=UTC)
    monday_eight_cdt = datetime(2027, 3, 15, 13, 0, tzinfo=UTC)
    assert isinstance(possible(tenant(), friday_eight_cst, 60, now=MONDAY_6AM), Slot)
    assert possible(tenant(), friday_eight_cst - timedelta(hours=1), 60, now=MONDAY_6AM) == "outside_hours"
    assert isinstance(possible(tenant(), monday_eight_cdt, 60, now=MONDAY_6AM), Slot)
    assert possible(tenant(), monday_eight_cdt + timedelta(hours=9), 60, now=MONDAY_6AM) == "outside_hours"


def test_other_times_are_looked_for_from_the_day_that_was_asked_for() -> None:
    after, before = alternatives_window(tenant(), local(15, days=3), now=MONDAY_6AM)
    assert (after, before) == (local(0, days=3), local(0, days=17))


def test_a_full_day_gives_way_to_the_next_ones() -> None:
    full = (Busy(start=local(8), end=local(17), lane=0),)
    offered = alternatives(tenant(), full, local(10), 60, now=MONDAY_6AM)
    assert [slot.start for slot in offered] == [local(10, days=1), local(10, days=2), local(10, days=3)]
