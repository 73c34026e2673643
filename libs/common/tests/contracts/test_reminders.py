from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from common.contracts.reminders import reminded_of, reminder_id

STARTS = datetime(2026, 3, 10, 9, 30, tzinfo=ZoneInfo("America/Chicago"))


def test_a_reminder_s_id_says_which_visit_it_is_about_and_when() -> None:
    assert reminder_id("visit-1", STARTS) == "reminder:visit-1:20260310T143000Z"
    assert reminded_of(reminder_id("visit-1", STARTS)) == "visit-1"
    assert reminded_of(reminder_id("a:b", STARTS)) == "a:b"


@pytest.mark.parametrize(
    "message_id", ["", "reminder", "reminder:", "reminder::x", "summary:2026-03-10", "x:reminder:1:2"]
)
def test_other_ids_are_no_reminders(message_id: str) -> None:
    assert reminded_of(message_id) is None
