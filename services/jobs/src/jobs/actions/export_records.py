"""Write a business's records into a file, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from common.backoff import Backoff
from common.clock import Clock
from common.errors import SuiteError
from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.domain.export import OPEN, ColumnsChanged, Export, ExportId, failed, grown, part_of
from jobs.domain.kind import RECORDS_EXPORT, KindPolicy
from jobs.ports.exports import RecordSource, RecordsPage
from jobs.ports.kinds import Finished, JobRefused, LeaseLost, Nap, RunResult, Succeeded, Work
from jobs.ports.store import Store, Transaction

_RUN_S: Final = 240.0
"""After so long a run gives its slot back, so that others' exports have their turn."""
_POLICY: Final = KindPolicy(
    kind=RECORDS_EXPORT,
    job_class="bulk",
    timeout_s=_RUN_S * 2,
    # Some hours of an outage.
    max_attempts=60,
    backoff=Backoff(base_s=1.0, maximum_s=300.0, minimum_s=0.5),
    concurrency=2,
)


class ExportMoved(SuiteError):
    """The export is not where this run left it."""

    slug: ClassVar[str] = "export-moved"
    retryable: ClassVar[bool] = True


class ExportRecordsKind:
    """A `Kind`. A page of records and the key of its last one are stored in one transaction: whoever goes on after a crash asks for
    what comes after that key, so that no record is in the file twice and none is left out. Nobody is asked while a transaction is open.

    Records that change or come meanwhile are in the file as they are when their page is read.
    """

    def __init__(self, store: Store, source: RecordSource, clock: Clock) -> None:
        self._store = store
        self._source = source
        self._clock = clock

    @property
    def policy(self) -> KindPolicy:
        """See `Kind`."""
        return _POLICY

    def check(self, payload: Mapping[str, str]) -> None:
        """See `Kind`."""
        if not payload.get("export_id"):
            raise JobRefused("export_id is missing")

    async def run(self, work: Work) -> RunResult:
        """See `Kind`. Raises what the source raises, `ColumnsChanged`, `ExportTooLarge` or `ExportMoved`."""
        try:
            return await self._run(work)
        except SuiteError as error:
            if not error.retryable and not isinstance(error, LeaseLost):
                await self._fail(work, error.slug)
            raise

    async def _run(self, work: Work) -> RunResult:
        until = self._clock.monotonic() + _RUN_S
        async with self._store.transaction() as tx:
            export = await tx.exports.find(_export_id(work))
        columns: tuple[str, ...] = tuple(work.job.checkpoint.get("columns", ()))
        while True:
            if export is None or export.state == "done" or export.forgotten_at is not None:
                return Succeeded(result={"state": "gone" if export is None else export.state})
            work.raise_if_cancelled()
            page = await self._source.page(export.tenant_id, export.records, after=export.after_key)
            if export.parts and tuple(page.columns) != columns:
                raise ColumnsChanged
            columns = tuple(page.columns)
            checkpoint = {"columns": list(columns), "after": page.next_after}
            if not page.next_after:
                return await self._finish(work, export, page)
            async with work.step(checkpoint=checkpoint) as tx:
                export = await self._append(tx, export, page)
            work.progress(export.rows, note=f"{export.rows} rows")
            if self._clock.monotonic() > until:
                return Nap(until=self._clock.now(), checkpoint=checkpoint)

    async def _append(self, tx: Transaction, export: Export, page: RecordsPage) -> Export:
        """Raises `ExportMoved` where somebody else was faster."""
        current = await tx.exports.lock(export.export_id)
        if current is None or (current.after_key, current.parts) != (export.after_key, export.parts):
            raise ExportMoved
        part = part_of(current, page.columns, page.rows)
        longer = grown(
            current,
            part,
            rows=len(page.rows),
            after_key=page.next_after,
            last=not page.next_after,
            now=self._clock.now(),
        )
        await tx.exports.add_part(current.export_id, current.parts, part)
        await tx.exports.save(longer)
        return longer

    async def _finish(self, work: Work, export: Export, page: RecordsPage) -> RunResult:
        rows = export.rows + len(page.rows)
        work.progress(rows, rows)
        result: dict[str, Any] = {"records": export.records, "rows": str(rows)}
        async with work.finish(result=result) as tx:
            await self._append(tx, export, page)
        return Finished()

    async def _fail(self, work: Work, slug: str) -> None:
        """The job ends, and the export with it; what can't be stored here is mended by the sweep."""
        try:
            async with self._store.transaction() as tx:
                known = await tx.exports.lock(_export_id(work))
                if known is not None and known.state in OPEN:
                    await tx.exports.save(failed(known, slug, now=self._clock.now()))
        except StoreError as error:
            get_logger("jobs").warning("export_not_ended", slug=error.slug)


def _export_id(work: Work) -> ExportId:
    return ExportId(work.job.payload["export_id"])
