"""The journal in two places: on the local disk, and as copies that other gateways find. One of them is enough to keep a promise.

A webhook is accepted once it is in either. The disk comes first and nearly always suffices; its copy is for a pod that never
comes back, and is waited for only as long as nobody notices. Where the disk refuses or stands still, the copy decides.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from common.observability.logs import get_logger
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.turn import InboxEntry, TurnWrites
from telephony_gateway.ports.counters import Counters
from telephony_gateway.ports.journal import CommitCopies, DiskJournal, JournalEntry

DISK_WITHIN_S: Final = 0.4
"""A disk that takes longer is not waited for any more where there is another place."""
COPY_WITHIN_S: Final = 0.5
"""What a copy may add to an answer whose commit is on the disk already."""
ALONE_WITHIN_S: Final = 0.5
"""What may be waited for once the disk has failed. Together with the disk's time it is less than the apology may take."""
_WORK_WITHIN_S: Final = 5.0
"""For what nobody on the phone waits for."""
_CATCH_UP_S: Final = 0.5
_LOOK_EVERY_S: Final = 5.0
_PAGE: Final = 100
_PAGE_WITHIN_S: Final = 10.0
_REMEMBERED: Final = 4_096
_CLOSE_S: Final = 2.0
_log = get_logger("telephony-gateway")
R = TypeVar("R")


class CopiedJournal:
    """A `Journal` over a disk's and over copies. `look_after` and `catch_up` are to be run as tasks."""

    def __init__(self, disk: DiskJournal, copies: CommitCopies, counters: Counters) -> None:
        self._disk = disk
        self._copies = copies
        self._counters = counters
        self._writable: bool | None = None
        # What stands nowhere but in a copy, so that its webhook is recognised here all the same.
        self._copied_only: OrderedDict[InboxKey, InboxEntry] = OrderedDict()
        self._confirmed: OrderedDict[InboxKey, None] = OrderedDict()
        # Set at first: of what a process left on the disk nobody knows whether it was copied.
        self._behind = asyncio.Event()
        self._behind.set()
        self._under_way: set[asyncio.Future[bool]] = set()

    async def append(self, writes: TurnWrites) -> bool:
        """See `Journal`: `JournalUnavailable` when neither the disk nor the copy took it in time."""
        key = writes.inbox.key
        if key in self._copied_only:
            return False
        writing = self._own(self._written(self._disk.append(writes)))
        await asyncio.wait({writing}, timeout=DISK_WITHIN_S)
        if _succeeded(writing) and not writing.result():
            return False
        copy = self._offer(writes)
        if not _succeeded(writing):
            return await self._either(writing, copy, writes.inbox)
        if copy is not None and self._copies.prompt:
            await asyncio.wait({copy}, timeout=COPY_WITHIN_S)
        return True

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        """See `Journal`. Where the disk can't be read, what was not copied by this process counts as unknown."""
        try:
            found = await self._tried(self._disk.answered(key), within_s=DISK_WITHIN_S)
        except JournalUnavailable:
            found = None
        return found or self._copied_only.get(key)

    async def oldest(self, *, limit: int, after: int = 0) -> Sequence[JournalEntry]:
        """See `Journal`."""
        return await self._tried(self._disk.oldest(limit=limit, after=after))

    async def set_aside(self, number: int) -> None:
        """See `Journal`."""
        await self._written(self._disk.set_aside(number))

    async def remove(self, numbers: Sequence[int]) -> None:
        """See `Journal`."""
        await self._written(self._disk.remove(numbers))

    async def count(self) -> int:
        """See `Journal`."""
        return await self._tried(self._disk.count())

    async def look_after(self) -> None:
        """Tries the disk every few seconds, so that one that is full is known before it is needed. Runs for ever."""
        while True:
            try:
                self._counters.journal_free(await self._written(self._disk.probe()))
                self._counters.journaled(await self.count())
            except JournalUnavailable:
                self._counters.journal_free(0)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def catch_up(self, *, wanted: Callable[[], bool]) -> None:
        """Copies what could not be copied when it was written, while `wanted` (nobody replays it now). Runs for ever."""
        while True:
            await self._behind.wait()
            if wanted() and self._copies.reachable:
                try:
                    await self._copy_all()
                except JournalUnavailable:
                    self._behind.set()
            await asyncio.sleep(_CATCH_UP_S)

    async def close(self) -> None:
        """Lets what is under way end, for a moment."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_CLOSE_S)

    async def _either(
        self, writing: asyncio.Future[bool], copy: asyncio.Future[bool] | None, inbox: InboxEntry
    ) -> bool:
        """Waits for the first place that takes it."""
        waiting = {place for place in (writing, copy) if place is not None and not place.done()}
        try:
            async with asyncio.timeout(ALONE_WITHIN_S):
                while not (_succeeded(writing) or (copy is not None and _succeeded(copy) and copy.result())):
                    if not waiting:
                        raise JournalUnavailable("neither the disk nor the broker took it")
                    _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError as error:
            raise JournalUnavailable("neither the disk nor the broker took it in time") from error
        if _succeeded(writing):
            return writing.result()
        self._copied_only[inbox.key] = inbox
        _forget_oldest(self._copied_only)
        return True

    def _offer(self, writes: TurnWrites) -> asyncio.Future[bool] | None:
        copy = self._copies.offer(writes)
        if copy is None:
            self._behind.set()
            return None

        def noted(copied: asyncio.Future[bool]) -> None:
            if copied.cancelled() or not copied.result():
                self._behind.set()
                return
            self._confirmed[writes.inbox.key] = None
            _forget_oldest(self._confirmed)

        copy.add_done_callback(noted)
        return copy

    async def _copy_all(self) -> None:
        """Every entry on the disk, except those whose copies this process has seen arrive."""
        self._behind.clear()
        after = 0
        while entries := await self.oldest(limit=_PAGE, after=after):
            after = entries[-1].number
            missing = [entry.writes for entry in entries if entry.writes.inbox.key not in self._confirmed]
            copies = [copy for writes in missing if (copy := self._offer(writes)) is not None]
            if copies:
                await asyncio.wait(copies, timeout=_PAGE_WITHIN_S)
            if self._behind.is_set():
                return

    async def _written(self, work: Coroutine[Any, Any, R]) -> R:
        done = await self._tried(work)
        self._note(writable=True)
        return done

    async def _tried(self, work: Coroutine[Any, Any, R], *, within_s: float = _WORK_WITHIN_S) -> R:
        """A disk that stands still is as good as none. That it can be read doesn't mean that it can be written."""
        try:
            async with asyncio.timeout(within_s):
                return await work
        except TimeoutError as error:
            self._note(writable=False, error="it stands still")
            raise JournalUnavailable("it stands still") from error
        except JournalUnavailable as error:
            self._note(writable=False, error=error.detail)
            raise

    def _note(self, *, writable: bool, error: str = "") -> None:
        if writable == self._writable:
            return
        self._writable = writable
        self._counters.journal_writable(writable=writable)
        if writable:
            _log.info("journal_writable")
        else:
            _log.error("journal_unwritable", error=error)

    def _own(self, work: Coroutine[Any, Any, bool]) -> asyncio.Future[bool]:
        task = asyncio.create_task(work, name="journal append")
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Future[bool]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            # Whoever waited has heard of it, and nobody else has to.
            task.exception()


def _succeeded(place: asyncio.Future[bool]) -> bool:
    return place.done() and not place.cancelled() and place.exception() is None


def _forget_oldest(known: OrderedDict[InboxKey, Any]) -> None:
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
