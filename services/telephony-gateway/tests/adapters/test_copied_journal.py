from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from gateway_samples import call, writes

from common.testing.patience import PATIENCE_S
from telephony_gateway.adapters import copied_journal
from telephony_gateway.adapters.copied_journal import CopiedJournal
from telephony_gateway.adapters.sqlite_journal import SqliteJournal, open_journal
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.turn import InboxEntry, TurnWrites
from telephony_gateway.ports.journal import JournalEntry

COMMIT = writes(call())
KEY = COMMIT.inbox.key


class Disk:
    """A disk's journal that can be full, and can stand still."""

    def __init__(self, journal: SqliteJournal) -> None:
        self.journal = journal
        self.broken = False
        self.readable = True
        self.turning = asyncio.Event()
        self.turning.set()

    async def _use(self, work: Any, *, writing: bool) -> Any:
        await self.turning.wait()
        if self.broken and (writing or not self.readable):
            raise JournalUnavailable("database or disk is full")
        return await work()

    async def append(self, writes: TurnWrites) -> bool:
        return bool(await self._use(lambda: self.journal.append(writes), writing=True))

    async def answered(self, key: InboxKey) -> InboxEntry | None:
        found: InboxEntry | None = await self._use(lambda: self.journal.answered(key), writing=False)
        return found

    async def oldest(self, *, limit: int, after: int = 0) -> Sequence[JournalEntry]:
        found: Sequence[JournalEntry] = await self._use(
            lambda: self.journal.oldest(limit=limit, after=after), writing=False
        )
        return found

    async def set_aside(self, number: int) -> None:
        await self._use(lambda: self.journal.set_aside(number), writing=True)

    async def remove(self, numbers: Sequence[int]) -> None:
        await self._use(lambda: self.journal.remove(numbers), writing=True)

    async def count(self) -> int:
        return int(await self._use(lambda: self.journal.count(), writing=False))

    async def probe(self) -> int:
        return int(await self._use(lambda: self.journal.probe(), writing=True))


class Copies:
    """A broker that takes copies, or does not, or keeps everybody waiting."""

    def __init__(self) -> None:
        self.reachable = True
        self.prompt = True
        self.takes = True
        self.held: list[asyncio.Future[bool]] | None = None
        self.kept: list[TurnWrites] = []

    def offer(self, writes: TurnWrites) -> asyncio.Future[bool] | None:
        if not self.reachable:
            return None
        copy: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self.held is not None:
            self.held.append(copy)
            return copy
        if self.takes:
            self.kept.append(writes)
        copy.set_result(self.takes)
        return copy

    @property
    def keys(self) -> list[str]:
        return [commit.inbox.key for commit in self.kept]


class Noted:
    """Counters that remember the journal's figures."""

    def __init__(self) -> None:
        self.writable: list[bool] = []
        self.free: list[int] = []
        self.pending: list[int] = []

    def journal_writable(self, *, writable: bool) -> None:
        self.writable.append(writable)

    def journal_free(self, free_bytes: int) -> None:
        self.free.append(free_bytes)

    def journaled(self, pending: int) -> None:
        self.pending.append(pending)


class Rig:
    def __init__(self, disk: SqliteJournal) -> None:
        self.disk = Disk(disk)
        self.copies = Copies()
        self.noted = Noted()
        self.journal = CopiedJournal(self.disk, self.copies, self.noted)  # type: ignore[arg-type]


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    async with open_journal(folder) as disk:
        made = Rig(disk)
        yield made
        made.disk.turning.set()
        await made.journal.close()


AT_ONCE_S = 20.0
"""Whatever waits for what never comes takes longer here, however busy the machine is: see `far`."""


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for a copy are as good as endless."""
    monkeypatch.setattr(copied_journal, "COPY_WITHIN_S", PATIENCE_S)
    monkeypatch.setattr(copied_journal, "ALONE_WITHIN_S", PATIENCE_S)


async def timed(work: Any) -> tuple[Any, float]:
    loop = asyncio.get_running_loop()
    started = loop.time()
    return await work, loop.time() - started


class TestWhereItIsKept:
    async def test_on_the_disk_and_as_a_copy(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            assert await made.journal.append(COMMIT)
            assert [entry.writes for entry in await made.journal.oldest(limit=10)] == [COMMIT]
            assert made.copies.kept == [COMMIT]
            assert await made.journal.answered(KEY) == COMMIT.inbox

    async def test_a_webhook_that_waits_already_is_not_copied_again_with_another_answer(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            await made.journal.append(COMMIT)
            assert not await made.journal.append(writes(call(), evidence=None))
            assert made.copies.kept == [COMMIT]

    @pytest.mark.usefixtures("far")
    async def test_on_the_disk_alone_while_the_broker_is_away(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.copies.reachable = False
            kept, seconds = await timed(made.journal.append(COMMIT))
            assert kept
            assert seconds < AT_ONCE_S
            assert await made.journal.count() == 1

    @pytest.mark.usefixtures("far")
    @pytest.mark.parametrize("stands_still", [False, True])
    async def test_in_the_copy_alone_where_the_disk_takes_nothing(self, tmp_path: Path, stands_still: bool) -> None:
        async with rig(tmp_path) as made:
            made.disk.broken = True
            if stands_still:
                made.disk.turning.clear()
            kept, seconds = await timed(made.journal.append(COMMIT))
            assert kept
            assert seconds < AT_ONCE_S
            assert made.copies.kept == [COMMIT]
            # It is recognised here although no disk knows of it.
            assert await made.journal.answered(KEY) == COMMIT.inbox
            assert not await made.journal.append(COMMIT)

    async def test_nowhere_is_said_so(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.disk.broken, made.copies.reachable = True, False
            with pytest.raises(JournalUnavailable):
                await made.journal.append(COMMIT)
            made.copies.reachable, made.copies.takes = True, False
            with pytest.raises(JournalUnavailable):
                await made.journal.append(COMMIT)
            assert await made.journal.answered(KEY) is None

    async def test_nowhere_in_time_is_said_in_time(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.disk.turning.clear()
            made.copies.held = []
            loop = asyncio.get_running_loop()
            started = loop.time()
            with pytest.raises(JournalUnavailable):
                await made.journal.append(COMMIT)
            assert loop.time() - started < 4.0, "0.9 s on an idle machine"

    @pytest.mark.usefixtures("far")
    async def test_a_slow_disk_that_takes_it_after_all_is_enough(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.disk.turning.clear()
            made.copies.reachable = False
            appending = asyncio.create_task(made.journal.append(COMMIT))
            await asyncio.sleep(copied_journal.DISK_WITHIN_S + 0.1)
            made.disk.turning.set()
            assert await appending
            assert await made.journal.count() == 1


class TestWaiting:
    async def test_a_copy_that_takes_long_adds_little_to_an_answer(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.copies.held = []
            kept, seconds = await timed(made.journal.append(COMMIT))
            assert kept
            assert seconds < 4.0, "half a second on an idle machine"

    @pytest.mark.usefixtures("far")
    async def test_a_broker_that_is_known_to_be_slow_adds_nothing(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.copies.held, made.copies.prompt = [], False
            _, seconds = await timed(made.journal.append(COMMIT))
            assert seconds < AT_ONCE_S

    async def test_a_disk_that_can_t_be_read_doesn_t_hold_up_a_repeated_request(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.disk.turning.clear()
            found, seconds = await timed(made.journal.answered(KEY))
            assert found is None
            assert seconds < 4.0, "0.4 s on an idle machine; what nobody waits for may take five"


class TestCatchingUp:
    async def test_what_the_broker_missed_is_copied_when_it_is_back(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.copies.reachable = False
            commits = [writes(call(version=version)) for version in (1, 2, 3)]
            for commit in commits:
                await made.journal.append(commit)
            task = asyncio.create_task(made.journal.catch_up(wanted=lambda: True))
            await asyncio.sleep(0.05)
            assert made.copies.kept == []
            made.copies.reachable = True
            await until(lambda: made.copies.kept == commits)
            # What was seen to arrive is not sent again.
            later = writes(call(version=4))
            await made.journal.append(later)
            await asyncio.sleep(1.1)
            task.cancel()
            assert made.copies.kept == [*commits, later]

    async def test_what_an_earlier_process_left_is_copied(self, tmp_path: Path) -> None:
        async with open_journal(tmp_path) as disk:
            await disk.append(COMMIT)
        async with rig(tmp_path) as made:
            task = asyncio.create_task(made.journal.catch_up(wanted=lambda: True))
            await until(lambda: made.copies.kept == [COMMIT])
            task.cancel()

    async def test_nothing_is_copied_while_the_store_takes_it(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.copies.reachable = False
            await made.journal.append(COMMIT)
            made.copies.reachable = True
            task = asyncio.create_task(made.journal.catch_up(wanted=lambda: False))
            await asyncio.sleep(0.7)
            task.cancel()
            assert made.copies.kept == []

    async def test_one_that_is_refused_is_tried_again(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.copies.takes = False
            await made.journal.append(COMMIT)
            task = asyncio.create_task(made.journal.catch_up(wanted=lambda: True))
            await asyncio.sleep(0.6)
            assert made.copies.kept == []
            made.copies.takes = True
            await until(lambda: made.copies.kept == [COMMIT])
            task.cancel()

    async def test_a_long_journal_is_copied_page_by_page(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.copies.reachable = False
            commits = [writes(call(f"CA{number}")) for number in range(230)]
            await asyncio.gather(*(made.disk.journal.append(commit) for commit in commits[:100]))
            await asyncio.gather(*(made.disk.journal.append(commit) for commit in commits[100:200]))
            await asyncio.gather(*(made.disk.journal.append(commit) for commit in commits[200:]))
            made.copies.reachable = True
            task = asyncio.create_task(made.journal.catch_up(wanted=lambda: True))
            await until(lambda: len(made.copies.kept) == 230)
            task.cancel()
            assert sorted(made.copies.keys) == sorted(commit.inbox.key for commit in commits)


class TestFigures:
    async def test_a_full_disk_shows_before_it_is_needed_and_also_when_it_is_mended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(copied_journal, "_LOOK_EVERY_S", 0.02)
        async with rig(tmp_path) as made:
            task = asyncio.create_task(made.journal.look_after())
            await until(lambda: made.noted.writable == [True])
            assert made.noted.free[-1] > 0
            made.disk.broken = True
            await until(lambda: made.noted.writable == [True, False])
            await until(lambda: made.noted.free[-1] == 0)
            made.disk.broken = False
            await until(lambda: made.noted.writable == [True, False, True])
            task.cancel()

    async def test_it_tells_how_many_wait_while_the_store_is_away(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(copied_journal, "_LOOK_EVERY_S", 0.02)
        async with rig(tmp_path) as made:
            task = asyncio.create_task(made.journal.look_after())
            for version in (1, 2):
                await made.journal.append(writes(call(version=version)))
            await until(lambda: made.noted.pending[-1:] == [2])
            task.cancel()

    async def test_one_that_can_be_read_is_not_thereby_writable(self, tmp_path: Path) -> None:
        async with rig(tmp_path) as made:
            made.disk.broken = True
            with pytest.raises(JournalUnavailable):
                await replaced(made).append(COMMIT)
            await made.journal.answered(KEY)
            assert made.noted.writable == [False]


def replaced(made: Rig) -> CopiedJournal:
    """The same journal, without a broker."""
    made.copies.reachable = False
    return made.journal


async def until(true: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)
