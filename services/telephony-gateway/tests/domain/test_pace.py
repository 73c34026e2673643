from __future__ import annotations

import pytest

from telephony_gateway.domain.pace import MOST_IN_BURST, MOST_IN_DAY, Pace


@pytest.mark.parametrize(
    ("burst", "day", "verdict"),
    [
        (0, 0, "go_on"),
        (MOST_IN_BURST - 2, MOST_IN_BURST - 2, "go_on"),
        (MOST_IN_BURST - 1, MOST_IN_BURST - 1, "last"),
        (MOST_IN_BURST, MOST_IN_BURST, "rest"),
        (0, MOST_IN_DAY - 2, "go_on"),
        (0, MOST_IN_DAY - 1, "last"),
        (5, MOST_IN_DAY, "rest"),
        (200, 200, "rest"),
    ],
)
def test_a_thread_goes_on_until_it_went_too_fast_or_too_far(burst: int, day: int, verdict: str) -> None:
    assert Pace(burst=burst, day=day).verdict() == verdict


def test_in_danger_a_thread_may_go_on_for_longer_but_not_for_ever() -> None:
    assert Pace(burst=MOST_IN_BURST, day=MOST_IN_BURST).verdict(danger=True) == "go_on"
    assert Pace(burst=3 * MOST_IN_BURST, day=3 * MOST_IN_BURST).verdict(danger=True) == "rest"
