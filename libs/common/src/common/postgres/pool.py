"""A bounded pool of connections to one schema, with a time limit on everything that waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeAlias

import asyncpg
import asyncpg.pool
import msgspec

from common.postgres.errors import connecting, meaning

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
"""A borrowed connection. jsonb columns are Python values (`msgspec.json`), uuid and timestamptz as asyncpg has them."""

_CLOSE_S: Final = 5.0
_JSONB_VERSION: Final = b"\x01"


class Pool:
    """Lends connections. Make it with `open_pool`."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], *, acquire_timeout_s: float) -> None:
        self._pool = pool
        self._acquire_timeout_s = acquire_timeout_s

    @asynccontextmanager
    async def acquire(self, *, timeout_s: float | None = None) -> AsyncIterator[Connection]:
        """Lends a connection outside of a transaction: each statement commits by itself.

        Raises `StoreUnavailable` when none can be had in time; asyncpg's errors inside the block become `StoreError`s where
        they have a meaning for the caller (see `meaning`) and pass unchanged otherwise.
        """
        with connecting():
            connection = await self._pool.acquire(timeout=self._acquire_timeout_s if timeout_s is None else timeout_s)
        try:
            yield connection
        except Exception as error:
            if isinstance(error, asyncpg.InternalClientError):
                # Seen after the server's death: the connection says that it is open and is of no use any more.
                _terminate(connection)
            translated = meaning(error, connection_lost=_is_lost(connection))
            if translated is None:
                raise
            raise translated from error
        finally:
            await self._pool.release(connection, timeout=_CLOSE_S)

    @asynccontextmanager
    async def transaction(self, *, timeout_s: float | None = None) -> AsyncIterator[Connection]:
        """Lends a connection inside a transaction: it commits when the block ends, and rolls back when the block raises."""
        async with self.acquire(timeout_s=timeout_s) as connection, connection.transaction():
            yield connection

    async def ping(self, *, timeout_s: float = 1.0) -> None:
        """One round trip. Raises `StoreUnavailable`."""
        async with self.acquire(timeout_s=timeout_s) as connection:
            with connecting():
                await connection.execute("SELECT 1", timeout=timeout_s)

    @property
    def size(self) -> int:
        """Open connections."""
        return self._pool.get_size()

    @property
    def idle(self) -> int:
        """Open connections that nobody uses."""
        return self._pool.get_idle_size()

    async def close(self) -> None:
        """Waits a little for borrowed connections, then closes all."""
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_S)
        except TimeoutError:
            self._pool.terminate()


async def open_pool(
    url: str,
    *,
    schema: str,
    application_name: str,
    min_size: int = 0,
    max_size: int = 8,
    connect_timeout_s: float = 3.0,
    acquire_timeout_s: float = 3.0,
    statement_timeout_s: float = 5.0,
    idle_lifetime_s: float = 300.0,
    settings: Mapping[str, str] | None = None,
) -> Pool:
    """Opens a pool whose connections see `schema` only.

    With `min_size` 0 nothing connects before the first use, so a service starts while the database is down; with more, raises
    `StoreUnavailable` when it can't connect. `statement_timeout_s` is kept by the server, and half a second later by the client
    (a server that is gone can't keep it). A transaction that its owner forgot is ended by the server after four times as long.
    `settings` are further ones of the server's, for every connection.
    """
    with connecting():
        pool = await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=connect_timeout_s,
            command_timeout=statement_timeout_s + 0.5,
            max_inactive_connection_lifetime=idle_lifetime_s,
            init=_prepare,
            reset=_nothing_to_reset,
            server_settings={
                "application_name": application_name,
                "search_path": schema,
                "statement_timeout": str(int(statement_timeout_s * 1000)),
                "idle_in_transaction_session_timeout": str(int(statement_timeout_s * 4000)),
                "timezone": "UTC",
                # Short statements only: compiling them costs more than it saves.
                "jit": "off",
                **(settings or {}),
            },
        )
    return Pool(pool, acquire_timeout_s=acquire_timeout_s)


def _terminate(connection: Connection) -> None:
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


def _is_lost(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        # A connection that the server cuts goes back to the pool at once, under its borrower's feet.
        return True


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_encode_jsonb, decoder=_decode_jsonb
    )


def _encode_jsonb(value: Any) -> bytes:
    return _JSONB_VERSION + msgspec.json.encode(value)


def _decode_jsonb(data: bytes) -> Any:
    return msgspec.json.decode(memoryview(data)[1:])


async def _nothing_to_reset(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Gives a connection back without a round trip.

    asyncpg would send `pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL`. Nothing here leaves such state behind:
    settings are changed by `SET LOCAL` only, cursors live inside transactions, and locks of a session and LISTEN belong to
    connections of their own (see `migrations`). An open transaction is rolled back by asyncpg before this is called.
    """
