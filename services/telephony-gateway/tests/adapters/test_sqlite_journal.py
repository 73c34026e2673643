from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from gateway_samples import CALL_SID, call, writes

from telephony_gateway.adapters import sqlite_journal
from telephony_gateway.adapters.sqlite_journal import SqliteJournal, open_journal
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import InboxKey

KEY = InboxKey(f"voice:{CALL_SID}:0")


async def numbers(journal: SqliteJournal) -> list[int]:
    return [entry.number for entry in await journal.oldest(limit=100)]


async def test_what_is_appended_comes_back_in_order(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        commits = [writes(call(version=version)) for version in (1, 2, 3)]
        for one in commits:
            assert await journal.append(one)
        assert [entry.writes for entry in await journal.oldest(limit=2)] == commits[:2]
        assert await journal.count() == 3


async def test_it_outlives_the_process(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        await journal.append(writes(call()))
    async with open_journal(tmp_path) as journal:
        assert [entry.writes for entry in await journal.oldest(limit=10)] == [writes(call())]


async def test_the_same_webhook_waits_once_and_its_answer_is_known(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        assert await journal.answered(KEY) is None
        first = writes(call())
        assert await journal.append(first)
        assert not await journal.append(writes(call(), evidence=None))
        assert await journal.answered(KEY) == first.inbox
        assert await journal.count() == 1


async def test_what_was_stored_is_removed(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        for version in (1, 2):
            await journal.append(writes(call(version=version)))
        first, second = await numbers(journal)
        await journal.remove([first])
        assert await numbers(journal) == [second]


async def test_what_is_set_aside_stays_and_holds_up_nobody(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        for version in (1, 2):
            await journal.append(writes(call(version=version)))
        first, second = await numbers(journal)
        await journal.set_aside(first)
        assert await numbers(journal) == [second]
        assert await journal.count() == 2


async def test_what_another_release_wrote_is_set_aside(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        await journal.append(writes(call()))
        with sqlite3.connect(tmp_path / "journal.sqlite3") as connection:
            connection.execute("INSERT INTO entries (key, writes) VALUES ('x', CAST('{\"new\": 1}' AS BLOB))")
        assert len(await numbers(journal)) == 1
        assert await journal.answered(InboxKey("x")) is None
        assert await journal.count() == 2


async def test_what_a_failing_disk_has_garbled_is_set_aside_and_holds_up_nobody(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        for version in (1, 2):
            await journal.append(writes(call(version=version)))
        with sqlite3.connect(tmp_path / "journal.sqlite3") as connection:
            (good,) = connection.execute("SELECT writes FROM entries WHERE key = ?", (KEY,)).fetchone()
            garbled = bytes(good).replace(b"heard 1", b"heard \xff")
            connection.execute("UPDATE entries SET writes = ? WHERE key = ?", (garbled, KEY))
        assert len(await numbers(journal)) == 1
        assert await journal.answered(KEY) is None
        assert await journal.count() == 2


async def test_each_append_is_synced_to_the_disk(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        await journal.append(writes(call()))
        connection = journal._connection
        assert connection is not None
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_many_at_once_are_all_kept(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        await asyncio.gather(*(journal.append(writes(call(f"CA{number}"))) for number in range(50)))
        assert await journal.count() == 50


async def test_a_folder_that_can_t_be_used_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with open_journal(tmp_path / "file") as journal:
        for work in (journal.append(writes(call())), journal.oldest(limit=1), journal.count(), journal.answered(KEY)):
            with pytest.raises(JournalUnavailable):
                await work


async def test_it_works_again_after_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.write_text("")
    async with open_journal(folder) as journal:
        with pytest.raises(JournalUnavailable):
            await journal.append(writes(call()))
        folder.unlink()
        assert await journal.append(writes(call()))


async def test_entries_behind_a_place_can_be_asked_for(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        for version in (1, 2, 3):
            await journal.append(writes(call(version=version)))
        first, second, third = await numbers(journal)
        assert [entry.number for entry in await journal.oldest(limit=10, after=first)] == [second, third]
        assert await journal.oldest(limit=10, after=third) == []


async def fill(journal: SqliteJournal) -> None:
    for version in range(2, 200):
        await journal.append(writes(call(version=version)))


async def test_a_full_disk_is_told_and_used_again_when_there_is_room(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        await journal.append(writes(call()))
        assert await journal.probe() > 0
        connection = journal._connection
        assert connection is not None
        # SQLite's own way to say that there is no more room.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(JournalUnavailable):
            await fill(journal)
        # A file that is opened anew has the usual limit.
        assert await journal.append(writes(call("CAnew")))


async def test_where_the_disk_stands_still_only_so_many_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_journal, "_MOST_WAITING", 3)
    async with open_journal(tmp_path) as journal:
        await journal.count()
        still = threading.Event()
        standing = asyncio.get_running_loop().run_in_executor(journal._executor, still.wait)
        waiting = [asyncio.create_task(journal.append(writes(call(f"CA{number}")))) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(JournalUnavailable):
            await journal.append(writes(call("CA3")))
        still.set()
        assert all(await asyncio.gather(*waiting))
        await standing
        assert await journal.append(writes(call("CA3")))


def damage(journal: Path) -> None:
    """As a disk does: what SQLite finds in the file is none of its."""
    journal.write_bytes(b"\xde\xad\xbe\xef" * 4096)


async def test_a_file_that_is_damaged_is_put_aside_whole_and_the_next_entry_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    damage(file)
    async with open_journal(tmp_path) as journal:
        assert await journal.append(writes(call()))
        assert await journal.count() == 1
    async with open_journal(tmp_path) as journal:
        assert [entry.writes for entry in await journal.oldest(limit=10)] == [writes(call())]
    assert (tmp_path / "journal.sqlite3.damaged-1").read_bytes() == b"\xde\xad\xbe\xef" * 4096


async def test_a_file_that_is_damaged_under_a_running_gateway_takes_the_next_entry_all_the_same(tmp_path: Path) -> None:
    async with open_journal(tmp_path) as journal:
        await journal.append(writes(call()))
        await journal.close()
        damage(tmp_path / "journal.sqlite3")
        assert await journal.append(writes(call(version=2)))
        assert [entry.writes.call.version for entry in await journal.oldest(limit=10)] == [2]


async def test_a_disk_that_damages_every_file_is_no_disk(tmp_path: Path) -> None:
    for number in range(1, 6):
        (tmp_path / f"journal.sqlite3.damaged-{number}").touch()
    damage(tmp_path / "journal.sqlite3")
    async with open_journal(tmp_path) as journal:
        with pytest.raises(JournalUnavailable):
            await journal.append(writes(call()))
    assert (tmp_path / "journal.sqlite3").stat().st_size == 16384
