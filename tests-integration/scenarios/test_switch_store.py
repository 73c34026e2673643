"""The switches in Postgres: the store's promises, and who may set what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from common.control.postgres_store import PostgresSwitchStore, migrate_switches, open_switch_pool
from common.control.store import NoSwitches, NotYours
from common.postgres.provision import SWITCHES_SCHEMA
from common.storage import StoreUnavailable
from common.testing.switch_store_contract import NOW, SwitchStoreContract, new
from harness.databases import SERVICES, Database
from harness.processes import free_port

COLUMNS: Final = "name, scope, version, value, reason, actor, set_at"


@asynccontextmanager
async def store_at(url: str) -> AsyncIterator[PostgresSwitchStore]:
    pool = await open_switch_pool(url, application_name="test")
    try:
        yield PostgresSwitchStore(pool)
    finally:
        await pool.close()


@pytest.fixture
async def store(database: Database) -> AsyncIterator[PostgresSwitchStore]:
    async with store_at(database.urls[SWITCHES_SCHEMA]) as made:
        yield made


class TestPostgresSwitchStore(SwitchStoreContract):
    pass


async def test_a_service_reads_all_switches_and_sets_its_own(database: Database, store: PostgresSwitchStore) -> None:
    banner = await store.put(new({"en": "Late", "es": "Tarde"}, name="owner.banner", scope=""))
    for service in SERVICES:
        async with store_at(database.urls[service]) as theirs:
            assert banner in await theirs.current()
            own = await theirs.put(new(True, name=f"{service}.pause", scope=""))
            assert own in await store.current()
            for name in ("owner.banner", f"{service}s.pause", "telephony.fail_soft", "control.all"):
                with pytest.raises(NotYours):
                    await theirs.put(new(True, name=name, scope=""))
            with pytest.raises(NotYours):
                await theirs.keep(new(True, name="owner.banner", scope="").with_version(banner.version + 1))
    assert {setting.name for setting in await store.history()} == {
        "owner.banner",
        *(f"{service}.pause" for service in SERVICES),
    }


async def test_nobody_changes_or_forges_what_was_set(database: Database, store: PostgresSwitchStore) -> None:
    await store.put(new())
    for role in (SWITCHES_SCHEMA, "jobs"):
        connection = await asyncpg.connect(database.urls[role], server_settings={"search_path": "control"})
        refused = (
            "UPDATE settings SET actor = 'somebody'",
            "DELETE FROM settings",
            "TRUNCATE settings",
        )
        for statement in refused:
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RaiseError)):
                await connection.execute(statement)
        if role != SWITCHES_SCHEMA:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(
                    f"INSERT INTO settings ({COLUMNS}, written_by) "
                    "VALUES ('jobs.pause', '', 9, 'true', 'why not', 'x', now(), 'control')"
                )
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("INSERT INTO schema_migrations VALUES ('control', 9, 'x', 'x')")
        await connection.close()
    admin = await asyncpg.connect(database.admin_url)
    assert await admin.fetchval("SELECT written_by FROM control.settings") == "control"
    await admin.close()


async def test_migrating_again_changes_nothing(database: Database) -> None:
    assert await migrate_switches(database.urls[SWITCHES_SCHEMA]) == ()


async def test_without_its_tables_the_database_keeps_no_switches(database: Database) -> None:
    admin = await asyncpg.connect(database.admin_url)
    await admin.execute("REVOKE USAGE ON SCHEMA control FROM billing; DROP TABLE control.settings")
    await admin.close()
    for role in (SWITCHES_SCHEMA, "jobs", "billing"):
        async with store_at(database.urls[role]) as theirs:
            with pytest.raises(NoSwitches):
                await theirs.current()
            with pytest.raises(NoSwitches):
                await theirs.put(new())


async def test_a_database_that_is_away_is_told_in_time() -> None:
    async with store_at(f"postgresql://control:x@127.0.0.1:{free_port()}/suite") as nowhere:
        with pytest.raises(StoreUnavailable):
            await nowhere.put(new(at=NOW + timedelta(seconds=1)))
