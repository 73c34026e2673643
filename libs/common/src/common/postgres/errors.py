"""What Postgres's faults mean to a service: down, busy, or data that it will never take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

import asyncpg

from common.storage import DataRefused, StoreBusy, StoreError, StoreUnavailable

_UNAVAILABLE = (
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
_BUSY = (
    asyncpg.TransactionRollbackError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.InvalidCachedStatementError,
)


def meaning(error: BaseException, *, connection_lost: bool = False) -> StoreError | None:
    """The `StoreError` that stands for an error of asyncpg, or None where it says something about our own SQL.

    A timeout or an OS error is the database's only when the connection was lost with it, or when asyncpg raised it (a server that
    hangs ends no statement, so the client's own limit does): a handler may have caused its own.
    Details name the kind of error and never carry values (they may be personal data).
    """
    if isinstance(error, _UNAVAILABLE):
        return StoreUnavailable(type(error).__name__)
    if isinstance(error, _BUSY):
        return StoreBusy(type(error).__name__)
    if isinstance(error, asyncpg.DataError) or (
        isinstance(error, asyncpg.PostgresError) and error.sqlstate is not None and error.sqlstate.startswith("22")
    ):
        return DataRefused(type(error).__name__)
    if connection_lost and isinstance(error, (OSError, TimeoutError, asyncpg.InterfaceError)):
        return StoreUnavailable(type(error).__name__)
    if isinstance(error, TimeoutError) and _raised_by_asyncpg(error):
        return StoreUnavailable("StatementTimeout")
    return None


def _raised_by_asyncpg(error: BaseException) -> bool:
    raised_in = ""
    traceback = error.__traceback__
    while traceback is not None:
        raised_in = traceback.tb_frame.f_code.co_filename
        traceback = traceback.tb_next
    return "asyncpg" in PurePath(raised_in).parts


@contextmanager
def connecting() -> Iterator[None]:
    """Everything that goes wrong while a connection is sought means that the database can't be reached."""
    try:
        yield
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreUnavailable(type(error).__name__) from error
