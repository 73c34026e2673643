"""The business as the engine sees it."""

from __future__ import annotations

import datetime as dt

import pytest

from receptionist.tenant import Opening, TenantProfile, week


def test_hours_are_read_from_words() -> None:
    hours = week({"mon-fri": "08:00-17:00", "sat": "09:00-12:00, 13:00-15:00", "sun": "closed"})
    assert hours[0] == hours[4] == (Opening(opens=dt.time(8), closes=dt.time(17)),)
    assert [opening.opens.hour for opening in hours[5]] == [9, 13]
    assert hours[6] == ()


@pytest.mark.parametrize(
    "wrong", [{"funday": "08:00-17:00"}, {"mon": "17:00-08:00"}, {"mon": "08:00-12:00,11:00-15:00"}, {"mon": "8"}]
)
def test_hours_that_make_no_sense_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        week(wrong)


def test_every_fault_of_a_profile_is_named() -> None:
    with pytest.raises(ValueError, match=r"capacity.*slot_step.*time_zone") as caught:
        TenantProfile(id="t", name="n", trade="plumbing", time_zone="Mars/Base", capacity=0, slot_step_minutes=0)
    assert "languages" not in str(caught.value)
