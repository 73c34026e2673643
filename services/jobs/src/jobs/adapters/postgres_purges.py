"""Reports of purges in Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from common.postgres.pool import Connection
from common.postgres.queries import load_queries
from jobs.domain.job import JobId
from jobs.domain.purge import PurgeReport


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/purges.sql`."""

    add_report: str
    reports: str
    forget_reports: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "purges.sql")


class PostgresPurges:
    """See `jobs.ports.purges.PurgeRecords`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add_report(self, report: PurgeReport) -> bool:
        added = await self._connection.fetchval(
            QUERIES.add_report, report.job_id, report.round, report.service, dict(report.deleted), report.finished_at
        )
        return added is not None

    async def reports(self, job_id: JobId, round_: int) -> Mapping[str, Mapping[str, int]]:
        rows = await self._connection.fetch(QUERIES.reports, job_id, round_)
        return {row["service"]: row["deleted"] for row in rows}

    async def forget(self, job_id: JobId) -> None:
        await self._connection.execute(QUERIES.forget_reports, job_id)
