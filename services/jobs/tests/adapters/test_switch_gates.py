from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from common.clock import ManualClock
from common.control.catalogue import BatchHours
from common.control.keeping import Keeper
from common.control.memory_store import MemorySwitchStore
from common.control.setting import Key
from common.control.switches import Switches
from common.control.switching import Switching
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from jobs.adapters.switch_gates import SwitchGates, SwitchSwitchboard
from jobs.domain.window import BatchWindow
from jobs.ports.gates import Gates
from jobs.ports.switchboard import SCOPE, Pause, Switchboard, SwitchRefused

NOW = datetime(2026, 3, 9, 15, tzinfo=UTC)
NIGHT = BatchWindow(hours=((time(22), time(6)),), whose="tenant", time_zone="America/Chicago", at_a_time=4)


def made(clock: ManualClock, initial: Mapping[Key, Any] | None = None) -> tuple[Gates, Switchboard]:
    switches, store, bus = (
        Switches("jobs", clock=clock, initial=initial),
        MemorySwitchStore(),
        MemoryBus(MemoryBroker()),
    )
    keeper = Keeper(switches, bus=bus, store=store, file=None, clock=clock, random=lambda: 0.5)
    switching = Switching(switches, keeper, store=store, bus=bus, user="jobs", clock=clock)
    return SwitchGates(switches), SwitchSwitchboard(switches, switching, clock)


async def test_what_is_paused_is_held_back_until_it_is_resumed() -> None:
    gates, board = made(ManualClock(NOW))
    assert (gates.paused_classes(), gates.paused_kinds()) == (frozenset(), frozenset())
    pause = await board.pause("class:bulk", reason="too much", actor="dana", expires_at=None)
    await board.pause("kind:contacts.import", reason="broken file", actor="luis", expires_at=None)
    assert pause == Pause(scope="class:bulk", reason="too much", actor="dana", set_at=NOW, expires_at=None)
    assert gates.paused_classes() == {"bulk"}
    assert gates.paused_kinds() == {"contacts.import"}
    assert [(held.scope, held.actor) for held in board.pauses()] == [
        ("class:bulk", "dana"),
        ("kind:contacts.import", "luis"),
    ]
    assert await board.resume("class:bulk", reason="all done", actor="dana")
    assert not await board.resume("class:bulk", reason="all done", actor="dana")
    assert gates.paused_classes() == frozenset()
    assert [held.scope for held in board.pauses()] == ["kind:contacts.import"]


async def test_a_pause_ends_by_itself() -> None:
    clock = ManualClock(NOW)
    gates, board = made(clock)
    await board.pause("class:bulk", reason="too much", actor="dana", expires_at=NOW + timedelta(hours=1))
    clock.advance(3_600)
    assert gates.paused_classes() == frozenset()
    assert board.pauses() == []


async def test_pausing_again_gives_the_new_reason_and_end() -> None:
    _, board = made(ManualClock(NOW))
    await board.pause("class:bulk", reason="too much", actor="dana", expires_at=NOW + timedelta(hours=1))
    again = await board.pause("class:bulk", reason="still too much", actor="luis", expires_at=None)
    assert board.pauses() == [again]


async def test_what_the_environment_pauses_can_be_resumed() -> None:
    gates, board = made(ManualClock(NOW), {("jobs.pause", "kind:data.purge"): True})
    assert gates.paused_kinds() == {"data.purge"}
    (pause,) = board.pauses()
    assert (pause.actor, pause.reason) == ("environment", "JOBS_PAUSE says so")
    assert await board.resume("kind:data.purge", reason="all done", actor="dana")
    assert gates.paused_kinds() == frozenset()
    assert not await board.resume("kind:data.purge", reason="all done", actor="dana")


async def test_the_hours_of_bulk_work_are_set_and_cleared() -> None:
    gates, board = made(ManualClock(NOW))
    assert gates.batch_window() is None
    assert board.window() is None
    setting = await board.set_window(NIGHT, reason="nights", actor="dana", expires_at=None)
    assert setting.window == NIGHT
    assert board.window() == setting
    assert gates.batch_window() == NIGHT
    assert await board.clear_window(reason="all done", actor="dana")
    assert not await board.clear_window(reason="all done", actor="dana")
    assert gates.batch_window() is None


async def test_hours_of_the_environment_can_be_opened() -> None:
    hours = BatchHours(hours=(("22:00", "06:00"),))
    gates, board = made(ManualClock(NOW), {("jobs.batch_window", ""): hours})
    window = board.window()
    assert window is not None
    assert window.actor == "environment"
    assert await board.clear_window(reason="all hands", actor="dana")
    assert not await board.clear_window(reason="all hands", actor="dana")
    opened = gates.batch_window()
    assert opened is not None
    assert opened.opening(NOW) == NOW


@pytest.mark.parametrize("scope", ["", "bulk", "class:slow", "kind:", "kind:Contacts", "kind:a.b.c.d.e", "kind:x\n"])
async def test_only_classes_and_kinds_can_be_paused(scope: str) -> None:
    gates, board = made(ManualClock(NOW))
    assert not SCOPE.match(scope)
    with pytest.raises(SwitchRefused):
        await board.pause(scope, reason="too much", actor="dana", expires_at=None)
    assert not await board.resume(scope, reason="too much", actor="dana")
    assert gates.paused_kinds() == frozenset()


async def test_hours_that_can_not_be_are_refused() -> None:
    _, board = made(ManualClock(NOW))
    for window in (BatchWindow(hours=()), BatchWindow(hours=NIGHT.hours, time_zone="Mars/Base")):
        with pytest.raises(SwitchRefused):
            await board.set_window(window, reason="nights", actor="dana", expires_at=None)
    assert board.window() is None
