"""Schema changes in order, once, under a lock: `NNNN_pre_*.sql` before the new code runs, `NNNN_post_*.sql` after the old is gone.

A starting service applies what is `pre`; the operator applies what is `post` when the roll-out is over. A migration is never
edited: its checksum is recorded with it. Every migration is one transaction, so it either happened or it didn't.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources.abc import Traversable
from typing import ClassVar, Final, Literal, TypeAlias

import asyncpg

from common.postgres.errors import connecting
from common.storage import StoreError

Phase: TypeAlias = Literal["pre", "post"]

_FILE: Final = re.compile(r"^(?P<number>[0-9]{4})_(?P<phase>pre|post)_(?P<name>[a-z0-9_]+)\.sql$")
_SCHEMA: Final = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


class MigrationRefused(StoreError):
    """The schema can't be brought up to date."""

    slug: ClassVar[str] = "migration-refused"


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One file. Names in it carry no schema: the search path has it."""

    set_name: str
    number: int
    phase: Phase
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text; the ends of lines and trailing blanks don't count."""
        text = "\n".join(line.rstrip() for line in self.sql.strip().splitlines())
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def label(self) -> str:
        """`set/0001_pre_name`, for people."""
        return f"{self.set_name}/{self.number:04}_{self.phase}_{self.name}"


@dataclass(frozen=True, kw_only=True)
class MigrationSet:
    """The migrations of one owner, in order. Several sets share a schema: a service's own beside messaging's."""

    name: str
    migrations: tuple[Migration, ...]


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What the schema remembers of a migration."""

    set_name: str
    number: int
    name: str
    checksum: str
    applied_at: datetime


def read_migrations(set_name: str, folder: Traversable) -> MigrationSet:
    """Reads the folder's `.sql` files. Raises `ValueError` on a name that doesn't fit or a number that is there twice."""
    found: dict[int, Migration] = {}
    for file in folder.iterdir():
        if not file.name.endswith(".sql"):
            continue
        match = _FILE.match(file.name)
        if match is None:
            raise ValueError(f"{set_name}: {file.name} is not called NNNN_pre_name.sql or NNNN_post_name.sql")
        number = int(match["number"])
        if number in found:
            raise ValueError(f"{set_name}: number {number:04} is there twice")
        phase: Phase = "pre" if match["phase"] == "pre" else "post"
        sql = file.read_text(encoding="utf-8")
        found[number] = Migration(set_name=set_name, number=number, phase=phase, name=match["name"], sql=sql)
    return MigrationSet(name=set_name, migrations=tuple(found[number] for number in sorted(found)))


async def migrate(
    url: str,
    *,
    schema: str,
    sets: Sequence[MigrationSet],
    phase: Phase = "pre",
    connect_timeout_s: float = 5.0,
    lock_timeout_s: float = 30.0,
    statement_timeout_s: float = 60.0,
) -> tuple[str, ...]:
    """Applies what is missing, set by set, and returns the labels of what it applied.

    Phase `pre` stops before nothing that is `pre`; phase `post` applies everything that is left. In a schema that has none of a
    set yet, both apply the whole set: no old code runs on it. Services that start together wait for each other at an advisory
    lock. Raises `StoreUnavailable`, or `MigrationRefused` when a recorded migration was edited or is unknown here with a number
    that is not newer than ours, when a `pre` stands behind a `post` that was not run, when a statement fails, or when the lock is
    not free within `lock_timeout_s`.
    """
    if not _SCHEMA.match(schema):
        raise ValueError(f"{schema!r} is no name of a schema")
    with connecting():
        connection = await asyncpg.connect(
            url,
            timeout=connect_timeout_s,
            command_timeout=statement_timeout_s + 1,
            server_settings={
                "application_name": f"{schema} migrations",
                "search_path": schema,
                "statement_timeout": str(int(statement_timeout_s * 1000)),
                # A change that waits for a table lock makes everyone behind it wait: better to fail and try again.
                "lock_timeout": "5000",
            },
        )
    try:
        if not _missing(sets, await _recorded(connection, schema), phase):
            return ()
        await _lock(connection, schema, lock_timeout_s)
        await _prepare(connection)
        missing = _missing(sets, await _recorded(connection, schema), phase)
        for migration in missing:
            await _apply(connection, migration)
        return tuple(migration.label for migration in missing)
    finally:
        # The lock belongs to the session: it ends here, whatever happened.
        try:
            await connection.close(timeout=connect_timeout_s)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()


async def applied(url: str, *, schema: str, connect_timeout_s: float = 5.0) -> tuple[Applied, ...]:
    """What was applied to the schema, for an operator's eyes. Raises `StoreUnavailable`."""
    with connecting():
        connection = await asyncpg.connect(
            url, timeout=connect_timeout_s, command_timeout=5.0, server_settings={"search_path": schema}
        )
    try:
        return tuple((await _recorded(connection, schema)).values())
    finally:
        await connection.close(timeout=connect_timeout_s)


_Recorded: TypeAlias = dict[tuple[str, int], Applied]


async def _recorded(connection: asyncpg.Connection[asyncpg.Record], schema: str) -> _Recorded:
    if await connection.fetchval("SELECT to_regclass($1) IS NULL", f"{schema}.schema_migrations"):
        return {}
    rows = await connection.fetch(
        "SELECT set_name, number, name, checksum, applied_at FROM schema_migrations ORDER BY applied_at, set_name, number"
    )
    return {(row["set_name"], row["number"]): Applied(**dict(row)) for row in rows}


async def _lock(connection: asyncpg.Connection[asyncpg.Record], schema: str, lock_timeout_s: float) -> None:
    key = int.from_bytes(hashlib.sha256(f"migrations of {schema}".encode()).digest()[:8], "big", signed=True)
    # Polled rather than waited for: a waiting backend holds a snapshot, which a concurrent index build would wait for in turn.
    try:
        async with asyncio.timeout(lock_timeout_s):
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", key):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise MigrationRefused(f"{schema}: someone else has been migrating for {lock_timeout_s:.0f} s") from None


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            set_name text NOT NULL,
            number integer NOT NULL,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (set_name, number)
        )
        """
    )


def _missing(sets: Sequence[MigrationSet], recorded: _Recorded, phase: Phase) -> list[Migration]:
    missing: list[Migration] = []
    for migration_set in sets:
        known = {number: row for (name, number), row in recorded.items() if name == migration_set.name}
        _check_history(migration_set, known)
        left = [migration for migration in migration_set.migrations if migration.number not in known]
        if phase == "post" or not known:
            missing += left
            continue
        held_back: Migration | None = None
        for migration in left:
            if migration.phase == "post":
                held_back = held_back or migration
            elif held_back is not None:
                raise MigrationRefused(
                    f"{migration.label} needs {held_back.label} first: run the post migrations of the previous release"
                )
            else:
                missing.append(migration)
    return missing


def _check_history(migration_set: MigrationSet, known: dict[int, Applied]) -> None:
    ours = {migration.number: migration for migration in migration_set.migrations}
    newest = max(ours, default=0)
    for number, row in known.items():
        migration = ours.get(number)
        if migration is None:
            # A newer release has been here: its pre migrations are made to be lived with by us.
            if number < newest:
                raise MigrationRefused(f"{migration_set.name}/{number:04} was applied here and is not in this release")
        elif migration.checksum != row.checksum:
            raise MigrationRefused(f"{migration.label} was edited after it was applied on {row.applied_at:%Y-%m-%d}")


async def _apply(connection: asyncpg.Connection[asyncpg.Record], migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migrations (set_name, number, name, checksum) VALUES ($1, $2, $3, $4)",
                migration.set_name,
                migration.number,
                migration.name,
                migration.checksum,
            )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise MigrationRefused(f"{migration.label} failed: {error}") from error
