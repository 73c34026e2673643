"""A database for each test, copied from a template in some hundredths of a second."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import asyncpg

from common.control.postgres_store import migrate_switches
from common.messaging.postgres_store import MIGRATIONS as MESSAGING
from common.postgres.migrations import MigrationSet, migrate
from common.postgres.provision import SWITCHES_SCHEMA, grant_connect, provision
from harness.postgres_server import PostgresServer

SERVICES: Final = ("gateway", "chat", "billing", "jobs")
"""Roles and schemas, as in production."""
PASSWORDS: Final = {role: f"{role}-secret" for role in (*SERVICES, SWITCHES_SCHEMA)}

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Database:
    """A provisioned database; each service's schema has messaging's tables and the sets given to `Databases`."""

    name: str
    admin_url: str
    urls: Mapping[str, str]
    """service, or `control` -> URL with its role."""


class Databases:
    """Copies of one template on a private server. The methods block; call them from plain functions, or through a thread."""

    def __init__(
        self,
        server: PostgresServer,
        *,
        name: str = "test",
        sets: Mapping[str, Sequence[MigrationSet]] | None = None,
        finish: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        """`name` begins the names of the databases. `finish` gets the administrator's URL of the template and adds to it."""
        self._server = server
        self._name = name
        self._template = f"{name}_template"
        self._sets = sets or {}
        self._finish = finish
        self._numbers = itertools.count(1)
        in_thread(self._make_template())

    def create(self) -> Database:
        """A fresh copy."""
        return in_thread(self._copy(f"{self._name}_{next(self._numbers)}"))

    def drop(self, database: Database) -> None:
        """Deletes a copy and ends whoever is connected to it."""
        in_thread(self._on_server(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)'))

    async def _make_template(self) -> None:
        await self._on_server(f'CREATE DATABASE "{self._template}"')
        urls = await provision(self._server.url(self._template), PASSWORDS)
        for service in SERVICES:
            await migrate(urls[service], schema=service, sets=(MESSAGING, *self._sets.get(service, ())))
        await migrate_switches(urls[SWITCHES_SCHEMA])
        if self._finish is not None:
            await self._finish(self._server.url(self._template))

    async def _copy(self, name: str) -> Database:
        await self._on_server(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        admin_url = self._server.url(name)
        return Database(name=name, admin_url=admin_url, urls=await grant_connect(admin_url, PASSWORDS))

    async def _on_server(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server.url(), timeout=10.0, command_timeout=30.0)
        try:
            await connection.execute(statement)
        finally:
            await connection.close(timeout=5.0)


def in_thread(work: Coroutine[Any, Any, R]) -> R:
    """Runs a coroutine to its end on a loop of its own, whether or not a loop is running here."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()
