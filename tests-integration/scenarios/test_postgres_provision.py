from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from common.postgres.provision import provision, service_url
from harness.databases import in_thread
from harness.postgres_server import PostgresServer


@pytest.fixture
def admin_url(postgres_server: PostgresServer) -> Iterator[str]:
    async def on_server(statement: str) -> None:
        connection = await asyncpg.connect(postgres_server.url())
        await connection.execute(statement)
        await connection.close()

    in_thread(on_server("CREATE DATABASE provisioned"))
    yield postgres_server.url("provisioned")
    in_thread(on_server("DROP DATABASE provisioned WITH (FORCE)"))
    for role in ("nova", "luna"):
        in_thread(on_server(f"DROP ROLE IF EXISTS {role}"))


async def _user(url: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT current_user")
    finally:
        await connection.close()


async def test_a_second_run_changes_passwords_and_adds_services(admin_url: str) -> None:
    first = await provision(admin_url, {"nova": "one"})
    assert await _user(first["nova"]) == "nova"
    second = await provision(admin_url, {"nova": "it's a \\ new: one@%", "luna": "two"})
    assert await _user(second["nova"]) == "nova"
    assert await _user(second["luna"]) == "luna"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _user(first["nova"])


async def test_names_that_are_no_identifiers_are_refused(admin_url: str) -> None:
    with pytest.raises(ValueError, match="is no name of a role"):
        await provision(admin_url, {'x"; DROP DATABASE y; --': "one"})


def test_a_services_url_keeps_the_place_and_quotes_the_password() -> None:
    assert (
        service_url("postgresql://admin:x@db:5432/suite?ssl=require", "chat", "a@b:c/d")
        == "postgresql://chat:a%40b%3Ac%2Fd@db:5432/suite?ssl=require"
    )
