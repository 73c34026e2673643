from __future__ import annotations

import asyncio

import pytest

from common.clock import ManualClock
from common.errors import SuiteError
from common.observability.health import Health
from common.observability.metrics import Metrics
from common.observability.probing import Probe
from common.testing.messages import NOON


class _Part:
    """Answers, fails or freezes as it is told."""

    def __init__(self) -> None:
        self.mood = "answers"
        self.asked = 0

    async def ask(self) -> None:
        self.asked += 1
        if self.mood == "freezes":
            await asyncio.Event().wait()
        if self.mood == "fails":
            raise SuiteError("gone")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def part() -> _Part:
    return _Part()


@pytest.fixture
def changes() -> list[bool]:
    return []


@pytest.fixture
def probe(part: _Part, clock: ManualClock, changes: list[bool]) -> Probe:
    return Probe(
        "part", part.ask, clock=clock, every_s=0.01, within_s=0.01, again_s=0.0, oldest_s=10.0, on_change=changes.append
    )


async def test_a_part_is_not_well_before_it_has_answered(probe: Probe) -> None:
    assert (probe.well, probe.trouble, probe.answered_s) == (False, "has not answered yet", None)
    await probe.look()
    assert (probe.well, probe.trouble, probe.answered_s) == (True, "", 0.0)


@pytest.mark.parametrize("mood", ["freezes", "fails"])
async def test_one_answer_that_does_not_come_is_no_outage_and_two_are(
    probe: Probe, part: _Part, clock: ManualClock, changes: list[bool], mood: str
) -> None:
    await probe.look()
    part.mood = mood
    clock.advance(3)
    await probe.look()
    assert probe.well
    await probe.look()
    assert probe.trouble == "no answer for 3 s"
    part.mood = "answers"
    await probe.look()
    assert probe.well
    assert changes == [True, False, True]


async def test_every_other_answer_is_enough(probe: Probe, part: _Part, changes: list[bool]) -> None:
    for mood in ("answers", "fails") * 5:
        part.mood = mood
        await probe.look()
        assert probe.well
    assert changes == [True]


async def test_an_old_answer_is_no_answer_even_when_nobody_asks_any_more(probe: Probe, clock: ManualClock) -> None:
    await probe.look()
    clock.advance(9.9)
    assert probe.well
    clock.advance(0.2)
    assert probe.trouble == "no answer for 10 s"


async def test_it_asks_by_itself_and_not_for_each_who_wants_to_know(probe: Probe, part: _Part) -> None:
    asking = asyncio.create_task(probe.run())
    try:
        await asyncio.sleep(0.05)
        before = part.asked
        for _ in range(1_000):
            assert probe.well
        assert part.asked == before
        assert 2 <= before <= 20
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


def test_a_service_is_ready_without_what_it_can_do_without_and_says_so() -> None:
    health = Health(started=True)
    trouble = {"store": "", "bus": ""}
    health.watch("store", lambda: trouble["store"], needed=True)
    health.watch("bus", lambda: trouble["bus"], needed=False)
    assert (health.ready, health.parts) == (True, {"store": "ok", "bus": "ok"})
    trouble["bus"] = "no answer for 7 s"
    assert (health.ready, health.reasons) == (True, {})
    assert health.parts == {"store": "ok", "bus": "no answer for 7 s"}
    trouble["store"] = "no answer for 8 s"
    assert (health.ready, health.reasons) == (False, {"store": "no answer for 8 s"})
    health.mark_unusable("store", "the schema is of a later version")
    assert health.reasons == {"store": "the schema is of a later version"}


def test_how_old_an_answer_is_can_be_seen_and_what_never_came_has_no_age() -> None:
    metrics = Metrics("test")
    ages: list[float | None] = [None]
    metrics.show_answer("bus", lambda: ages[-1])
    assert b"ai_telephony_bus_answered_seconds NaN" in metrics.text()
    ages.append(2.5)
    assert b"ai_telephony_bus_answered_seconds 2.5" in metrics.text()
