"""What operators hold back, from the runtime switches `jobs.pause` and `jobs.batch_window`, and to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final

import msgspec

from common.clock import Clock
from common.control import catalogue
from common.control.catalogue import JOBS_BATCH_WINDOW, JOBS_PAUSE, BatchHours, Switch
from common.control.setting import Setting
from common.control.switches import Switches
from common.control.switching import Switching
from jobs.domain.job import JobClass
from jobs.domain.window import BatchWindow
from jobs.ports.switchboard import Pause, SwitchRefused, WindowSetting

_CLASS: Final = "class:"
_KIND: Final = "kind:"
_CLASSES: Final[tuple[JobClass, ...]] = ("critical", "bulk")
_ALL_DAY: Final = BatchHours(hours=(("00:00", "00:00"),))
_ENVIRONMENT: Final = "environment"
"""Who says what no operator has said."""


class SwitchGates:
    """See `jobs.ports.gates.Gates`."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def paused_classes(self) -> frozenset[JobClass]:
        """See `Gates`."""
        paused = self._paused()
        return frozenset(job_class for job_class in _CLASSES if f"{_CLASS}{job_class}" in paused)

    def paused_kinds(self) -> frozenset[str]:
        """See `Gates`."""
        return frozenset(scope.removeprefix(_KIND) for scope in self._paused() if scope.startswith(_KIND))

    def batch_window(self) -> BatchWindow | None:
        """See `Gates`."""
        hours = self._switches.value(JOBS_BATCH_WINDOW)
        return None if hours is None else _window(hours)

    def _paused(self) -> frozenset[str]:
        return frozenset(scope for scope, paused in self._switches.scoped(JOBS_PAUSE).items() if paused)


class SwitchSwitchboard:
    """See `jobs.ports.switchboard.Switchboard`."""

    def __init__(self, switches: Switches, switching: Switching, clock: Clock) -> None:
        self._switches = switches
        self._switching = switching
        self._started_at = clock.now()

    def pauses(self) -> Sequence[Pause]:
        """See `Switchboard`."""
        return [
            self._pause(self._told(JOBS_PAUSE, scope))
            for scope, paused in self._switches.scoped(JOBS_PAUSE).items()
            if paused
        ]

    def window(self) -> WindowSetting | None:
        """See `Switchboard`."""
        hours = self._switches.value(JOBS_BATCH_WINDOW)
        return None if hours is None else self._window(hours, self._told(JOBS_BATCH_WINDOW, ""))

    async def pause(self, scope: str, *, reason: str, actor: str, expires_at: datetime | None) -> Pause:
        """See `Switchboard`."""
        return self._pause(
            await self._set(JOBS_PAUSE, True, scope=scope, reason=reason, actor=actor, expires_at=expires_at)
        )

    async def resume(self, scope: str, *, reason: str, actor: str) -> bool:
        """See `Switchboard`."""
        if not self._switches.value(JOBS_PAUSE, scope):
            return False
        if self._switches.initial(JOBS_PAUSE, scope):
            # Cleared, it would be what the environment says again.
            await self._set(JOBS_PAUSE, False, scope=scope, reason=reason, actor=actor, expires_at=None)
            return True
        return await self._clear(JOBS_PAUSE, scope=scope, reason=reason, actor=actor)

    async def set_window(
        self, window: BatchWindow, *, reason: str, actor: str, expires_at: datetime | None
    ) -> WindowSetting:
        """See `Switchboard`."""
        value = {
            "hours": [[f"{start:%H:%M}", f"{end:%H:%M}"] for start, end in window.hours],
            "whose": window.whose,
            "time_zone": window.time_zone,
            "at_a_time": window.at_a_time,
        }
        setting = await self._set(JOBS_BATCH_WINDOW, value, scope="", reason=reason, actor=actor, expires_at=expires_at)
        return self._window(msgspec.convert(value, BatchHours), setting)

    async def clear_window(self, *, reason: str, actor: str) -> bool:
        """See `Switchboard`."""
        if self._switches.initial(JOBS_BATCH_WINDOW) is None:
            return await self._clear(JOBS_BATCH_WINDOW, scope="", reason=reason, actor=actor)
        if self._switches.value(JOBS_BATCH_WINDOW) == _ALL_DAY:
            return False
        # Cleared, the environment's hours would hold again.
        value = msgspec.to_builtins(_ALL_DAY)
        await self._set(JOBS_BATCH_WINDOW, value, scope="", reason=reason, actor=actor, expires_at=None)
        return True

    async def _set(
        self, switch: Switch[Any], value: object, *, scope: str, reason: str, actor: str, expires_at: datetime | None
    ) -> Setting:
        try:
            return await self._switching.set(
                switch, value, scope=scope, reason=reason, actor=actor, expires_at=expires_at
            )
        except catalogue.SwitchRefused as error:
            raise SwitchRefused(error.detail) from error

    async def _clear(self, switch: Switch[Any], *, scope: str, reason: str, actor: str) -> bool:
        try:
            return await self._switching.clear(switch, scope=scope, reason=reason, actor=actor)
        except catalogue.SwitchRefused as error:
            raise SwitchRefused(error.detail) from error

    def _told(self, switch: Switch[Any], scope: str) -> Setting:
        """Who set it and why; the environment, where nobody did."""
        return self._switches.setting(switch, scope) or Setting(
            name=switch.name,
            scope=scope,
            reason=f"{switch.variable} says so",
            actor=_ENVIRONMENT,
            set_at=self._started_at,
            version=1,
        )

    @staticmethod
    def _pause(setting: Setting) -> Pause:
        return Pause(
            scope=setting.scope,
            reason=setting.reason,
            actor=setting.actor,
            set_at=setting.set_at,
            expires_at=setting.expires_at,
        )

    @staticmethod
    def _window(hours: BatchHours, setting: Setting) -> WindowSetting:
        return WindowSetting(
            window=_window(hours),
            reason=setting.reason,
            actor=setting.actor,
            set_at=setting.set_at,
            expires_at=setting.expires_at,
        )


def _window(hours: BatchHours) -> BatchWindow:
    return BatchWindow(
        hours=tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in hours.hours),
        whose=hours.whose,
        time_zone=hours.time_zone,
        at_a_time=hours.at_a_time,
    )
