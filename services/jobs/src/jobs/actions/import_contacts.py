"""Carry a file of customers over to chat, batch by batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from common.clock import Clock
from common.contracts.jobs import ImportContacts
from common.errors import SuiteError
from common.messaging.bus import Message
from common.messaging.compose import message_of
from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.actions.file_walk import FileWalk
from jobs.actions.stored_file import StoredFile
from jobs.domain.imports.contact_import import (
    AT_WORK,
    MAX_KEPT_ISSUES,
    ContactImport,
    ImportId,
    advanced,
    cancelled,
    failed,
    finished,
    resumed,
)
from jobs.domain.imports.readings import Portion, Tally
from jobs.domain.kind import CONTACTS_IMPORT, KindPolicy
from jobs.ports.kinds import Finished, JobCancelled, JobRefused, LeaseLost, Nap, RunResult, Succeeded, Work
from jobs.ports.store import Store

SOURCE: Final = "jobs"
WINDOW: Final = 64
"""Batches on their way at a time: bounds what waits in the outbox and in chat's queue, some 4 MB, whatever the file's size."""
_AT_ONCE: Final = 8
"""Portions in one transaction."""
_STEP_S: Final = 0.5
"""No step gathers for longer: progress is to be seen, and a crash repeats little."""
_RUN_S: Final = 300.0
"""After so long a run gives its slot back, so that others' imports have their turn."""
_PATIENCE_S: Final = 3.0
_NAP: Final = timedelta(seconds=30)
"""How long it sleeps when chat doesn't answer; an answer wakes it at once."""
_POLL_S: Final = 0.05
_REMEMBERED: Final = 2
"""Files that are half read and remembered between two runs: some 40 MB each at worst."""


class ImportMoved(SuiteError):
    """The import is not where this run left it."""

    slug: ClassVar[str] = "import-moved"
    retryable: ClassVar[bool] = True


class ImportContactsKind:
    """A `Kind`. What a run has read is stored with the batches that it sends, in one transaction: whoever goes on after a crash sends
    the next batch, and none twice. Chat knows a batch by its message's id, which is made of the import's id and the batch's number.
    """

    def __init__(
        self, store: Store, *, clock: Clock, threads: Executor, observe: Callable[[Tally], None] = lambda _: None
    ) -> None:
        """`threads` reads the files: one thread is enough, for the interpreter runs one at a time. `observe` hears what was stored."""
        self._store = store
        self._clock = clock
        self._threads = threads
        self._observe = observe
        self._told = asyncio.Event()
        self._walks: dict[ImportId, FileWalk] = {}

    @property
    def policy(self) -> KindPolicy:
        """See `Kind`."""
        return KindPolicy(kind=CONTACTS_IMPORT, job_class="bulk", timeout_s=_RUN_S * 2, concurrency=4)

    def check(self, payload: Mapping[str, str]) -> None:
        """See `Kind`."""
        if not payload.get("import_id"):
            raise JobRefused("import_id is missing")

    def tell(self) -> None:
        """A batch is being answered, or will be in a moment."""
        self._told.set()

    async def run(self, work: Work) -> RunResult:
        """See `Kind`."""
        try:
            return await self._run(work)
        except JobCancelled:
            await self._end(work, lambda known: cancelled(known, now=self._clock.now()))
            raise
        except SuiteError as error:
            if not error.retryable and not isinstance(error, LeaseLost):
                slug = error.slug
                await self._end(work, lambda known: failed(known, slug, now=self._clock.now()))
            raise

    async def _run(self, work: Work) -> RunResult:
        known = await self._import_of(work)
        if known is None or known.state not in AT_WORK or known.job_id != work.job.job_id:
            return Succeeded(result={"state": "gone" if known is None else known.state})
        if not known.finished_reading:
            paused = await self._read(work, known)
            if paused is not None:
                return paused
        if not await self._answered(work, known.import_id, below=1):
            return self._nap({"reading": "finished"})
        return await self._finish(work, known.import_id)

    async def _import_of(self, work: Work) -> ContactImport | None:
        import_id = _import_id(work)
        async with self._store.transaction() as tx:
            found = await tx.imports.find(import_id)
        if found is None or found.state != "failed" or found.job_id != work.job.job_id:
            return found
        # An operator runs the job again: it goes on where it stood.
        async with work.step(checkpoint=work.job.checkpoint) as tx:
            locked = await tx.imports.lock(import_id)
            if locked is None:
                return None
            again = resumed(locked, now=self._clock.now())
            await tx.imports.save(again)
        return again

    async def _read(self, work: Work, known: ContactImport) -> RunResult | None:
        """Reads and sends to the file's end; what the run comes to before that, or None at the end.

        A walk is remembered only where the run pauses between two steps: after anything else it may be ahead of what is stored.
        """
        walk = await self._walk_of(known)
        until = self._clock.monotonic() + _RUN_S
        while True:
            work.raise_if_cancelled()
            if not await self._answered(work, known.import_id, below=WINDOW):
                self._remember(known.import_id, walk)
                return self._nap(walk.place.to_json())
            portions = await self._next_portions(walk)
            if not await self._store_portions(work, portions):
                return Succeeded(result={"state": "over"})
            if portions[-1].last:
                return None
            if self._clock.monotonic() > until:
                self._remember(known.import_id, walk)
                return Nap(until=self._clock.now(), checkpoint=walk.place.to_json())

    async def _walk_of(self, known: ContactImport) -> FileWalk:
        """The file at the import's place: as it was left by the last run here, or read again to there."""
        plan, place = known.plan, known.place
        assert plan is not None
        assert place is not None
        walk = self._walks.pop(known.import_id, None)
        if walk is None or walk.place != place or walk.plan != plan:
            walk = FileWalk(StoredFile(self._store, known.import_id, size=known.size), plan, self._threads)
            await walk.skip_to(place)
        return walk

    def _remember(self, import_id: ImportId, walk: FileWalk) -> None:
        self._walks[import_id] = walk
        while len(self._walks) > _REMEMBERED:
            del self._walks[next(iter(self._walks))]

    async def _next_portions(self, walk: FileWalk) -> Sequence[Portion]:
        started = self._clock.monotonic()
        portions = [await walk.next_portion()]
        while not portions[-1].last and len(portions) < _AT_ONCE and self._clock.monotonic() - started < _STEP_S:
            portions.append(await walk.next_portion())
        return portions

    async def _store_portions(self, work: Work, portions: Sequence[Portion]) -> bool:
        """Stores what was read and sends its batches, together; False where the import is over by now.

        Raises `ImportMoved`, and whatever `Work.step` raises.
        """
        import_id, now = _import_id(work), self._clock.now()
        begin, end = portions[0].begin, portions[-1].end
        async with work.step(checkpoint=end.to_json()) as tx:
            current = await tx.imports.lock(import_id)
            if current is None or current.state not in AT_WORK:
                return False
            if current.place != begin:
                raise ImportMoved
            issues = [issue for portion in portions for issue in portion.issues]
            kept = issues[: max(0, MAX_KEPT_ISSUES - current.issues_kept)]
            await tx.imports.add_issues(import_id, kept)
            if current.state == "importing":
                full = [portion for portion in portions if portion.contacts]
                await tx.imports.add_batches(import_id, [portion.begin.batch for portion in full], at=now)
                for portion in full:
                    tx.emit(_batch_message(current, portion, now))
            tally = sum((portion.tally for portion in portions[1:]), portions[0].tally)
            current = advanced(current, tally, end, issues=len(kept), last=portions[-1].last)
            await tx.imports.save(current)
        work.progress(current.bytes_read, current.size, note=f"bytes read, {current.tally.rows} rows")
        self._observe(tally)
        return True

    async def _answered(self, work: Work, import_id: ImportId, *, below: int) -> bool:
        """Waits until fewer than `below` batches are on their way; False when none has been answered for some seconds."""
        fewest, since = None, self._clock.monotonic()
        while True:
            self._told.clear()
            async with self._store.transaction() as tx:
                count = await tx.imports.in_flight(import_id)
            if count < below:
                return True
            now = self._clock.monotonic()
            if fewest is None or count < fewest:
                fewest, since = count, now
            elif now - since > _PATIENCE_S:
                return False
            work.raise_if_cancelled()
            try:
                async with asyncio.timeout(_POLL_S):
                    await self._told.wait()
            except TimeoutError:
                continue
            # It is told a moment before it is stored.
            await asyncio.sleep(_POLL_S / 5)

    async def _finish(self, work: Work, import_id: ImportId) -> RunResult:
        """Ends the import with the job."""
        async with self._store.transaction() as tx:
            found = await tx.imports.find(import_id)
        tally = Tally() if found is None else found.tally
        result = {"rows": str(tally.rows), "accepted": str(tally.accepted), "refused": str(tally.refused)}
        async with work.finish(result=result) as tx:
            current = await tx.imports.lock(import_id)
            if current is not None and current.state in AT_WORK:
                await tx.imports.save(finished(current, now=self._clock.now()))
        return Finished()

    async def _end(self, work: Work, ended: Callable[[ContactImport], ContactImport]) -> None:
        """Ends the import because its job ends; what fails here is mended by the sweep."""
        try:
            async with self._store.transaction() as tx:
                known = await tx.imports.lock(_import_id(work))
                if known is not None and known.state in AT_WORK and known.job_id == work.job.job_id:
                    await tx.imports.save(ended(known))
        except StoreError as error:
            get_logger("jobs").warning("import_not_ended", slug=error.slug)

    def _nap(self, checkpoint: Mapping[str, Any]) -> Nap:
        return Nap(until=self._clock.now() + _NAP, checkpoint=checkpoint)


def _import_id(work: Work) -> ImportId:
    return ImportId(work.job.payload["import_id"])


def _batch_message(contact_import: ContactImport, portion: Portion, now: datetime) -> Message:
    batch = portion.begin.batch
    return message_of(
        ImportContacts(import_id=contact_import.import_id, batch=batch, rows=portion.contacts),
        event_id=f"{contact_import.import_id}:{batch}",
        source=SOURCE,
        time=now,
        subject=contact_import.import_id,
        tenant=contact_import.tenant_id,
        correlation_id=contact_import.import_id,
    )
