from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from common.postgres.migrations import MigrationRefused, MigrationSet, applied, migrate, read_migrations
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S
from harness.databases import Database
from harness.processes import free_port


def _set(folder: Path, **files: str) -> MigrationSet:
    folder.mkdir(exist_ok=True)
    for name, sql in files.items():
        (folder / f"{name.removeprefix('n')}.sql").write_text(sql)
    return read_migrations("notes", folder)


async def test_a_fresh_schema_gets_everything_in_order_and_a_second_start_does_nothing(
    database: Database, tmp_path: Path
) -> None:
    notes = _set(
        tmp_path,
        n0001_pre_table="CREATE TABLE notes (id int, old int);",
        n0002_post_drop="ALTER TABLE notes DROP COLUMN old;",
        n0003_pre_add="ALTER TABLE notes ADD COLUMN text text NOT NULL DEFAULT '';",
    )
    url = database.urls["chat"]
    assert await migrate(url, schema="chat", sets=[notes]) == (
        "notes/0001_pre_table",
        "notes/0002_post_drop",
        "notes/0003_pre_add",
    )
    assert await migrate(url, schema="chat", sets=[notes]) == ()
    assert await migrate(url, schema="chat", sets=[notes], phase="post") == ()
    recorded = [row.number for row in await applied(url, schema="chat") if row.set_name == "notes"]
    assert recorded == [1, 2, 3]


async def test_a_starting_service_leaves_post_migrations_to_the_operator(database: Database, tmp_path: Path) -> None:
    url = database.urls["chat"]
    await migrate(url, schema="chat", sets=[_set(tmp_path, n0001_pre_a="CREATE TABLE a (old int)")])
    notes = _set(tmp_path, n0002_pre_b="CREATE TABLE b ()", n0003_post_a="ALTER TABLE a DROP COLUMN old")
    assert await migrate(url, schema="chat", sets=[notes]) == ("notes/0002_pre_b",)
    assert await migrate(url, schema="chat", sets=[notes], phase="post") == ("notes/0003_post_a",)


async def test_a_release_that_needs_the_last_ones_post_migration_does_not_start_without_it(
    database: Database, tmp_path: Path
) -> None:
    url = database.urls["chat"]
    await migrate(url, schema="chat", sets=[_set(tmp_path, n0001_pre_a="CREATE TABLE a (old int)")])
    notes = _set(tmp_path, n0002_post_a="ALTER TABLE a DROP COLUMN old", n0003_pre_b="CREATE TABLE b ()")
    with pytest.raises(MigrationRefused, match="0003_pre_b needs notes/0002_post_a first"):
        await migrate(url, schema="chat", sets=[notes])


async def test_an_edited_migration_is_refused(database: Database, tmp_path: Path) -> None:
    url = database.urls["chat"]
    await migrate(url, schema="chat", sets=[_set(tmp_path, n0001_pre_a="CREATE TABLE a ()")])
    with pytest.raises(MigrationRefused, match="0001_pre_a was edited"):
        await migrate(url, schema="chat", sets=[_set(tmp_path, n0001_pre_a="CREATE TABLE b ()")])


async def test_an_older_release_lives_with_a_newer_ones_migrations(database: Database, tmp_path: Path) -> None:
    url = database.urls["chat"]
    old = _set(tmp_path / "old", n0001_pre_a="CREATE TABLE a ()")
    new = _set(tmp_path / "new", n0001_pre_a="CREATE TABLE a ()", n0002_pre_b="CREATE TABLE b ()")
    await migrate(url, schema="chat", sets=[new])
    assert await migrate(url, schema="chat", sets=[old]) == ()


async def test_a_migration_that_fails_leaves_nothing_behind_and_names_itself(
    database: Database, tmp_path: Path
) -> None:
    url = database.urls["chat"]
    notes = _set(tmp_path, n0001_pre_a="CREATE TABLE a (); CREATE TABLE b (); SELECT 1 / 0;")
    with pytest.raises(MigrationRefused, match=r"notes/0001_pre_a failed: division by zero"):
        await migrate(url, schema="chat", sets=[notes])
    notes = _set(tmp_path, n0001_pre_a="CREATE TABLE a ()")
    assert await migrate(url, schema="chat", sets=[notes]) == ("notes/0001_pre_a",)


async def test_replicas_that_start_together_apply_each_migration_once(database: Database, tmp_path: Path) -> None:
    url = database.urls["chat"]
    notes = _set(tmp_path, n0001_pre_a="CREATE TABLE a (); SELECT pg_sleep(0.2);", n0002_pre_b="CREATE TABLE b ();")
    results = await asyncio.gather(*(migrate(url, schema="chat", sets=[notes]) for _ in range(4)))
    assert sorted(len(labels) for labels in results) == [0, 0, 0, 2]


async def test_a_lock_that_is_held_too_long_is_told(database: Database, tmp_path: Path) -> None:
    url = database.urls["chat"]
    slow = _set(tmp_path, n0001_pre_a="SELECT pg_sleep(4.0);")
    first = asyncio.create_task(migrate(url, schema="chat", sets=[slow]))
    watcher = await asyncpg.connect(database.admin_url)
    async with asyncio.timeout(PATIENCE_S):
        while not await watcher.fetchval("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(4%'"):
            await asyncio.sleep(0.02)
    await watcher.close()
    with pytest.raises(MigrationRefused, match="someone else has been migrating"):
        await migrate(url, schema="chat", sets=[slow], lock_timeout_s=0.1)
    await first


async def test_a_database_that_is_down_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        await migrate(f"postgresql://a:b@127.0.0.1:{free_port()}/c", schema="chat", sets=[])


async def test_a_role_sees_its_own_schema_and_nothing_else(database: Database) -> None:
    connection = await asyncpg.connect(database.urls["chat"])
    try:
        for statement in (
            "SELECT * FROM gateway.outbox",
            "CREATE TABLE public.a ()",
            "CREATE SCHEMA other",
            "CREATE TABLE extensions.a ()",
            "CREATE ROLE other",
            "CREATE TEMPORARY TABLE a ()",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        await connection.execute(
            "CREATE TABLE chat.slots (lane int, at tstzrange, EXCLUDE USING gist (lane WITH =, at WITH &&))"
        )
    finally:
        await connection.close()
