"""A stored file on its way through the reader: pieces are fetched here, and read in a thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from typing import ClassVar, Final

from common.errors import SuiteError
from jobs.actions.stored_file import StoredFile
from jobs.domain.imports.readings import FileReading, Place, Plan, Portion

_SLICES: Final = 2
"""Of 200 rows: some milliseconds in the thread, after which the event loop has its turn for certain."""


class FileGone(SuiteError):
    """The file is not kept any more."""

    slug: ClassVar[str] = "file-gone"
    status = 410


class FileWalk:
    """Gives portion after portion. What it holds of the file is bounded by one portion and one piece."""

    def __init__(self, file: StoredFile, plan: Plan, threads: Executor) -> None:
        self.plan = plan
        self._file = file
        self._reading = FileReading(plan)
        self._threads = threads
        self._fetched: bytes | None = None

    @property
    def place(self) -> Place:
        """Behind the last portion."""
        return self._reading.place

    async def skip_to(self, place: Place) -> None:
        """Goes on to the end of a portion that was read before, learning its numbers again. Raises `FileGone`, `StoreError`."""
        loop = asyncio.get_running_loop()
        there = place == self.place
        while not there:
            there, hungry = await loop.run_in_executor(self._threads, self._skip, place)
            if hungry:
                await self._fetch()

    async def next_portion(self) -> Portion:
        """The next one; to be called until one is the last. Raises `FileGone` or `StoreError`."""
        loop = asyncio.get_running_loop()
        while True:
            portion, hungry = await loop.run_in_executor(self._threads, self._read)
            if portion is not None:
                return portion
            if hungry:
                await self._fetch()

    async def _fetch(self) -> None:
        wanted = self._reading.wanted
        self._fetched = await self._file.block(wanted)
        if not self._fetched and wanted < self._file.size:
            raise FileGone

    def _skip(self, place: Place) -> tuple[bool, bool]:
        self._feed()
        return self._reading.skip_to(place, slices=_SLICES)

    def _read(self) -> tuple[Portion | None, bool]:
        self._feed()
        return self._reading.read(slices=_SLICES)

    def _feed(self) -> None:
        if self._fetched is not None:
            block, self._fetched = self._fetched, None
            self._reading.feed(block, last=self._reading.wanted + len(block) >= self._file.size)
