from __future__ import annotations

from datetime import timedelta

from jobs_samples import NOW, later
from jobs_worker_rig import RunningClock

from common.clock import ManualClock
from jobs.adapters.shared_clock import SharedClock


def test_it_is_the_machines_time_until_the_database_has_told_its_own() -> None:
    machine = ManualClock(NOW)
    clock = SharedClock(machine)
    machine.advance(5)
    assert (clock.now(), clock.monotonic()) == (later(5), 5.0)
    clock.tell(later(100))
    machine.advance(2)
    assert (clock.now(), clock.monotonic()) == (later(102), 7.0)
    assert clock.machine_is_ahead_s() == -95.0


def test_somebody_who_sets_the_machines_clock_moves_nothing() -> None:
    machine = RunningClock()
    clock = SharedClock(machine)
    clock.tell(NOW)
    machine.set_by(86_400)
    assert NOW <= clock.now() < NOW + timedelta(seconds=60)
    machine.set_by(-2 * 86_400)
    assert NOW <= clock.now() < NOW + timedelta(seconds=60)
