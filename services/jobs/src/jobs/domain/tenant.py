"""What is known of a business here: a copy of the settings that chat owns, and what they ask to be done by the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from common.contracts.tenants import TenantSettings
from jobs.domain.cron import zone_of
from jobs.domain.job import SUITE
from jobs.domain.kind import MORNING_SUMMARY, PRUNE_JOBS, PURGE_DATA
from jobs.domain.schedule import TimeTable
from receptionist.scheduling.quiet import end_of_quiet, nights_of

_PURGE_FROM: Final = 2 * 60
_PURGE_SPAN: Final = 3 * 60
"""Local minutes, from 2 to 5 in the morning: when the fewest people call anybody."""
_LONGEST_QUIET: Final = 4


@dataclass(frozen=True, kw_only=True)
class TenantCopy:
    """A business as of a version; the highest wins."""

    tenant_id: str
    version: int
    settings: TenantSettings
    deleted: bool = False

    @property
    def tables(self) -> tuple[TimeTable, ...]:
        """What its settings ask for. Raises `TimeZoneRefused`. Of a business that is gone, what it left is still purged."""
        return (self._purge,) if self.deleted else (self._summary, self._purge)

    @property
    def _summary(self) -> TimeTable:
        automation = self.settings.automation
        hour, minute = automation.summary_at.split(":")
        return TimeTable(
            tenant_id=self.tenant_id,
            kind=MORNING_SUMMARY,
            cron=f"{int(minute)} {int(hour)} * * *",
            time_zone=self.settings.time_zone,
            # A summary of the morning is of no use at noon.
            grace=timedelta(hours=3),
            enabled=automation.morning_summary,
        )

    @property
    def _purge(self) -> TimeTable:
        purge_at = _PURGE_FROM + _spread(self.tenant_id) % _PURGE_SPAN
        return TimeTable(
            tenant_id=self.tenant_id,
            kind=PURGE_DATA,
            cron=f"{purge_at % 60} {purge_at // 60} * * *",
            time_zone=self.settings.time_zone,
            grace=timedelta(hours=6),
        )

    def end_of_quiet(self, now: datetime, *, advertising: bool) -> datetime | None:
        """When its people may be texted again (UTC); None where they may now. Raises `TimeZoneRefused`."""
        nights = nights_of(
            time.fromisoformat(self.settings.quiet_from),
            time.fromisoformat(self.settings.quiet_until),
            zone_of(self.settings.time_zone),
            advertising=advertising,
        )
        until = end_of_quiet(nights, now)
        # Where one quiet span ends another may go on.
        for _ in range(_LONGEST_QUIET):
            further = None if until is None else end_of_quiet(nights, until)
            if further is None:
                break
            until = further
        return until


def suite_tables() -> tuple[TimeTable, ...]:
    """What is done for the suite itself."""
    return (
        # 9 in the morning UTC is the end of the night all over the United States and Canada.
        TimeTable(tenant_id=SUITE, kind=PRUNE_JOBS, cron="17 9 * * *", time_zone="UTC", grace=timedelta(hours=12)),
    )


def tables_of_kinds(tables: Collection[TimeTable], kinds: Collection[str]) -> tuple[TimeTable, ...]:
    """Those that somebody here can work on."""
    return tuple(table for table in tables if table.kind in kinds)


def _spread(tenant_id: str) -> int:
    """A number of its own for each tenant, the same in each process and release: not all begin at once."""
    return int.from_bytes(hashlib.sha256(f"purge of {tenant_id}".encode()).digest()[:4], "big")
