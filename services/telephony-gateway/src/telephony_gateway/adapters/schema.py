"""Where the gateway's SQL is."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from common.postgres.migrations import MigrationSet, read_migrations

SQL: Final = files("telephony_gateway") / "sql"
MIGRATIONS: Final[MigrationSet] = read_migrations("telephony_gateway", SQL / "migrations")
"""To be given to `migrate` after the messaging set."""
