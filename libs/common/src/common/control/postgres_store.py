"""Settings in Postgres, in the schema `control`: rows that are only added to, and rights by row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import asyncpg
import msgspec

from common.control.setting import MAX_SETTINGS, NewSetting, Setting, version_at
from common.control.store import NoSwitches, NotYours, TooManySettings
from common.postgres.migrations import MigrationSet, migrate, read_migrations
from common.postgres.pool import Connection, Pool, open_pool
from common.postgres.queries import load_queries

SCHEMA: Final = "control"
"""The schema, and the role that owns it."""
_WITHIN_S: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/queries.sql`."""

    current: str
    lock: str
    newest: str
    count: str
    add: str
    history: str


_SQL: Final = files("common.control") / "sql"
QUERIES: Final = load_queries(Queries, _SQL / "queries.sql")
MIGRATIONS: Final[MigrationSet] = read_migrations("control", _SQL / "migrations")


async def migrate_switches(url: str, *, connect_timeout_s: float = 5.0) -> tuple[str, ...]:
    """Brings the schema up to date as its owner and returns what was applied. Raises `StoreError`."""
    return await migrate(url, schema=SCHEMA, sets=(MIGRATIONS,), connect_timeout_s=connect_timeout_s)


async def open_switch_pool(url: str, *, application_name: str) -> Pool:
    """Connections for `PostgresSwitchStore`; none is made before it is needed. It doesn't wait long: there is another way."""
    return await open_pool(
        url,
        schema=SCHEMA,
        application_name=application_name,
        max_size=2,
        connect_timeout_s=_WITHIN_S,
        acquire_timeout_s=_WITHIN_S,
        statement_timeout_s=_WITHIN_S,
        idle_lifetime_s=60.0,
    )


class PostgresSwitchStore:
    """A `SwitchStore`, as whoever the pool connects as."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def current(self) -> Sequence[Setting]:
        """See `SwitchStore`."""
        async with _meaning(), self._pool.acquire() as connection:
            return [_setting(row) for row in await connection.fetch(QUERIES.current)]

    async def put(self, new: NewSetting) -> Setting:
        """See `SwitchStore`."""
        async with _meaning(), self._pool.transaction() as connection:
            newest = await self._newest(connection, new.name, new.scope)
            setting = new.with_version(version_at(new.set_at, after=newest))
            await _add(connection, setting)
        return setting

    async def keep(self, setting: Setting) -> bool:
        """See `SwitchStore`."""
        async with _meaning(), self._pool.transaction() as connection:
            if await self._newest(connection, setting.name, setting.scope) >= setting.version:
                return False
            await _add(connection, setting)
        return True

    async def history(self, *, name: str = "", scope: str | None = None, limit: int = 50) -> Sequence[Setting]:
        """See `SwitchStore`."""
        async with _meaning(), self._pool.acquire() as connection:
            return [_setting(row) for row in await connection.fetch(QUERIES.history, name, scope, limit)]

    async def _newest(self, connection: Connection, name: str, scope: str) -> int:
        """The newest version, 0 for none; until the transaction's end nobody else sets this switch."""
        await connection.execute(QUERIES.lock, name, scope)
        newest = await connection.fetchval(QUERIES.newest, name, scope)
        if newest is None and await connection.fetchval(QUERIES.count) >= MAX_SETTINGS:
            raise TooManySettings(f"there are {MAX_SETTINGS}")
        return int(newest or 0)


@asynccontextmanager
async def _meaning() -> AsyncIterator[None]:
    try:
        yield
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
        raise NoSwitches("its schema is missing, or closed to this role") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise NotYours from error


async def _add(connection: Connection, setting: Setting) -> None:
    await connection.execute(
        QUERIES.add,
        setting.name,
        setting.scope,
        setting.version,
        setting.value,
        setting.reason,
        setting.actor,
        setting.set_at,
        setting.expires_at,
    )


def _setting(row: asyncpg.Record) -> Setting:
    fields: dict[str, Any] = dict(row)
    return msgspec.convert(fields, Setting)
