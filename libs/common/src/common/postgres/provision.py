"""One role and one schema for each service, with no rights anywhere else. Run by an administrator, as often as wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from common.postgres.errors import connecting

EXTENSIONS_SCHEMA: Final = "extensions"
SWITCHES_SCHEMA: Final = "control"
"""Of the runtime switches, and of the operator's role: the one schema that every service may look into."""
_NAME: Final = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


async def provision(admin_url: str, passwords: Mapping[str, str], *, connect_timeout_s: float = 5.0) -> dict[str, str]:
    """Makes a role and a schema of the same name for each service in the URL's database, and returns the services' URLs.

    `passwords` maps the service to its role's password (also of a role that exists). A role may connect, owns its schema, and
    sees nothing of the others'; `public` is closed. One called `control` is the operator's: the others may enter its schema, where
    its tables say what they may do. `btree_gist` (for constraints over time ranges) is installed into
    `extensions`, which all may use. Raises `StoreUnavailable`, or asyncpg's errors when the administrator is none.
    """
    for service in passwords:
        if not _NAME.match(service):
            raise ValueError(f"{service!r} is no name of a role")
    with connecting():
        connection = await asyncpg.connect(admin_url, timeout=connect_timeout_s, command_timeout=30.0)
    try:
        async with connection.transaction():
            # Roles are shared by all databases of a server: two runs at once would trip over each other.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('suite provisioning'))")
            await _close_database(connection)
            for service, password in passwords.items():
                await _make_role(connection, service, password)
                await _make_schema(connection, service)
            if SWITCHES_SCHEMA in passwords:
                await _let_in(connection, SWITCHES_SCHEMA, passwords)
    finally:
        await connection.close(timeout=connect_timeout_s)
    return {service: service_url(admin_url, service, password) for service, password in passwords.items()}


async def grant_connect(
    admin_url: str, services: Mapping[str, str], *, connect_timeout_s: float = 5.0
) -> dict[str, str]:
    """Lets the roles into a copy of a provisioned database (CREATE DATABASE ... TEMPLATE copies no rights on the database).

    Takes and returns what `provision` does.
    """
    with connecting():
        connection = await asyncpg.connect(admin_url, timeout=connect_timeout_s, command_timeout=30.0)
    try:
        database = await _database(connection)
        roles = ", ".join(f'"{service}"' for service in services)
        await connection.execute(
            f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC; GRANT CONNECT ON DATABASE "{database}" TO {roles}'
        )
    finally:
        await connection.close(timeout=connect_timeout_s)
    return {service: service_url(admin_url, service, password) for service, password in services.items()}


def service_url(admin_url: str, service: str, password: str) -> str:
    """The administrator's URL with the service's name and password instead."""
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(service, safe='')}:{quote(password, safe='')}@{place}"))


async def _database(connection: asyncpg.Connection[asyncpg.Record]) -> str:
    name = str(await connection.fetchval("SELECT current_database()"))
    return name.replace('"', '""')


async def _close_database(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    database = await _database(connection)
    await connection.execute(
        f"""
        REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        CREATE SCHEMA IF NOT EXISTS {EXTENSIONS_SCHEMA};
        CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA {EXTENSIONS_SCHEMA};
        GRANT USAGE ON SCHEMA {EXTENSIONS_SCHEMA} TO PUBLIC;
        """
    )


async def _make_role(connection: asyncpg.Connection[asyncpg.Record], service: str, password: str) -> None:
    # DDL takes no parameters: the server quotes the password.
    secret = await connection.fetchval("SELECT quote_literal($1::text)", password)
    exists = await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", service)
    verb = "ALTER" if exists else "CREATE"
    await connection.execute(
        f'{verb} ROLE "{service}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {secret}'
    )
    database = await _database(connection)
    await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{service}"')


async def _make_schema(connection: asyncpg.Connection[asyncpg.Record], service: str) -> None:
    # A managed server's administrator is no superuser, and may give a schema only to a role that it belongs to.
    if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        await connection.execute(f'GRANT "{service}" TO CURRENT_USER')
    await connection.execute(
        f"""
        CREATE SCHEMA IF NOT EXISTS "{service}" AUTHORIZATION "{service}";
        REVOKE ALL ON SCHEMA "{service}" FROM PUBLIC;
        """
    )


async def _let_in(connection: asyncpg.Connection[asyncpg.Record], schema: str, services: Mapping[str, str]) -> None:
    for service in services:
        if service != schema:
            await connection.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO "{service}"')
