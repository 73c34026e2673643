"""The journal on the local disk: SQLite with a write-ahead log, synced at each commit, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from common.observability.logs import get_logger
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.turn import InboxEntry, TurnWrites
from telephony_gateway.ports.journal import JournalEntry

_FILE: Final = "journal.sqlite3"
_BUSY_MS: Final = 2_000
_MOST_DAMAGED: Final = 5
"""A disk that damages one file after the other is one to stop writing to."""
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_MOST_WAITING: Final = 128
"""More than that wait for a disk that stands still, and none of them would be served in time."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    writes BLOB NOT NULL,
    -- What can't be read or stored stays for a person.
    set_aside INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS probes (number INTEGER PRIMARY KEY, padding BLOB NOT NULL);
"""
_SET_ASIDE: Final = "UPDATE entries SET set_aside = 1 WHERE number = ?"
_ENCODER: Final = msgspec.json.Encoder()
_WRITES: Final = msgspec.json.Decoder(TurnWrites)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)
"""Another release wrote it, or the disk garbled it."""
_log = get_logger("telephony-gateway")
R = TypeVar("R")


class SqliteJournal:
    """A `DiskJournal`. Make it with `open_journal`. The file is opened at the first use, and again after a failure."""

    def __init__(self, folder: Path, executor: ThreadPoolExecutor) -> None:
        self._path = folder / _FILE
        self._executor = executor
        self._connection: sqlite3.Connection | None = None
        self._waiting = 0

    async def append(self, writes: TurnWrites) -> bool:
        """See `Journal`."""
        data = _ENCODER.encode(writes)

        def insert(connection: sqlite3.Connection) -> bool:
            with connection:
                cursor = connection.execute(
                    "INSERT INTO entries (key, writes) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
                    (writes.inbox.key, data),
                )
            return cursor.rowcount == 1

        return await self._run(insert)

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        """See `Journal`."""

        def select(connection: sqlite3.Connection) -> bytes | None:
            row = connection.execute("SELECT writes FROM entries WHERE key = ?", (key,)).fetchone()
            return None if row is None else bytes(row[0])

        data = await self._run(select)
        if data is None:
            return None
        try:
            return _WRITES.decode(data).inbox
        except _UNREADABLE:
            return None

    async def oldest(self, *, limit: int, after: int = 0) -> Sequence[JournalEntry]:
        """See `Journal`."""

        def select(connection: sqlite3.Connection) -> list[tuple[int, bytes]]:
            return connection.execute(
                "SELECT number, writes FROM entries WHERE NOT set_aside AND number > ? ORDER BY number LIMIT ?",
                (after, limit),
            ).fetchall()

        found: list[JournalEntry] = []
        unreadable: list[int] = []
        for number, data in await self._run(select):
            try:
                found.append(JournalEntry(number=number, writes=_WRITES.decode(data)))
            except _UNREADABLE as error:
                _log.error("journal_entry_unreadable", number=number, error=type(error).__name__)
                unreadable.append(number)
        if unreadable:
            await self._change(_SET_ASIDE, unreadable)
        return found

    async def set_aside(self, number: int) -> None:
        """See `Journal`."""
        await self._change(_SET_ASIDE, [number])

    async def remove(self, numbers: Sequence[int]) -> None:
        """See `Journal`."""
        await self._change("DELETE FROM entries WHERE number = ?", numbers)

    async def count(self) -> int:
        """See `Journal`."""

        def select(connection: sqlite3.Connection) -> int:
            return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])

        return await self._run(select)

    async def probe(self) -> int:
        """See `DiskJournal`."""

        def write(connection: sqlite3.Connection) -> int:
            with connection:
                connection.execute("INSERT OR REPLACE INTO probes (number, padding) VALUES (1, randomblob(16384))")
            room = os.statvfs(self._path.parent)
            return room.f_bavail * room.f_frsize

        return await self._run(write)

    async def close(self) -> None:
        """Closes the file."""

        def close() -> None:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

        await asyncio.get_running_loop().run_in_executor(self._executor, close)

    async def _change(self, statement: str, numbers: Sequence[int]) -> None:
        def change(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany(statement, [(number,) for number in numbers])

        await self._run(change)

    async def _run(self, work: Callable[[sqlite3.Connection], R]) -> R:
        def run() -> R:
            try:
                try:
                    return work(self._open())
                except sqlite3.DatabaseError as error:
                    if not _is_damage(error):
                        raise
                    self._put_damaged_file_aside()
                    return work(self._open())
            except (sqlite3.Error, OSError) as error:
                self._connection = None
                raise JournalUnavailable(type(error).__name__) from error

        if self._waiting >= _MOST_WAITING:
            raise JournalUnavailable("the disk doesn't keep up")
        self._waiting += 1
        work_done = asyncio.get_running_loop().run_in_executor(self._executor, run)
        # It is done when it is done, also where nobody waits for it any more.
        work_done.add_done_callback(self._finished)
        return await work_done

    def _finished(self, work_done: asyncio.Future[R]) -> None:
        self._waiting -= 1

    def _put_damaged_file_aside(self) -> None:
        """What can be saved of it is for a person to save (`sqlite3 FILE .recover`); what comes next has a file of its own.

        Raises `OSError` when there are too many of them.
        """
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        for number in range(1, _MOST_DAMAGED + 1):
            aside = self._path.with_name(f"{_FILE}.damaged-{number}")
            if not aside.exists():
                break
        else:
            raise OSError("the disk has damaged too many journals")
        for suffix in ("-wal", "-shm", ""):
            part = self._path.with_name(_FILE + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        _log.error("journal_damaged", file=aside.name)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=_BUSY_MS / 1000, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(_SCHEMA)
            self._connection.commit()
        return self._connection


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """The low byte of an extended code is the code; an error of the module's own has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGED


@asynccontextmanager
async def open_journal(folder: Path) -> AsyncIterator[SqliteJournal]:
    """A journal in `folder`, with its thread."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal") as executor:
        journal = SqliteJournal(folder, executor)
        yield journal
        await journal.close()
