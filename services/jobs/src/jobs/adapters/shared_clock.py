"""The database's time: the one clock that all workers share."""

from __future__ import annotations

from datetime import datetime, timedelta

from common.clock import Clock


class SharedClock:
    """A `Clock` that goes by the machine's monotonic count from the last time that the database told.

    Leases are judged by other processes than those that got them, on other machines. Were each to go by its own wall clock, one
    that is set forward by an hour would take away the work of all others. Until the database has told its time, it is the
    machine's.
    """

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self._told: datetime | None = None
        self._told_at_s = 0.0

    def tell(self, at: datetime) -> None:
        """The database says that it is `at` now."""
        self._told, self._told_at_s = at, self._machine.monotonic()

    def now(self) -> datetime:
        """See `Clock`."""
        if self._told is None:
            return self._machine.now()
        return self._told + timedelta(seconds=self._machine.monotonic() - self._told_at_s)

    def monotonic(self) -> float:
        """See `Clock`."""
        return self._machine.monotonic()

    def machine_is_ahead_s(self) -> float:
        """How far the machine's wall clock is from the shared time; negative when it is behind."""
        return 0.0 if self._told is None else (self._machine.now() - self.now()).total_seconds()
