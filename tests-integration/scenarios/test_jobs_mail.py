"""Mail from the table to the mail server: across a migration, across a kill, as the service is deployed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from jobs_mail_peer import MailPeer, mail_peer

from common.messaging.postgres_store import MIGRATIONS as MESSAGING
from common.postgres.migrations import MigrationSet, migrate
from common.testing.patience import PATIENCE_S
from harness.databases import Database
from harness.service_processes import Deployment, ServiceProcess
from jobs.adapters.postgres_store import MIGRATIONS

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
async def peer() -> AsyncIterator[MailPeer]:
    async with mail_peer() as running:
        yield running


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    opened = await asyncpg.connect(database.urls["jobs"], server_settings={"search_path": "jobs"})
    yield opened
    await opened.close()


def jobs_process(database: Database, peer: MailPeer, tmp_path: Path) -> ServiceProcess:
    return ServiceProcess(
        Deployment(
            database_urls=database.urls,
            amqp_url="memory://",
            tenants_file=tmp_path / "none.yaml",
            variables={
                "EMAIL_PROVIDER": "smtp",
                "SMTP_URL": f"smtp://127.0.0.1:{peer.port}",
                "EMAIL_FROM": "Receptionist <receptionist@mail.example.com>",
                "JOBS_LEASE_S": "3",
            },
        ),
        "jobs",
    )


async def add_mail(connection: asyncpg.Connection[asyncpg.Record], email_id: str) -> None:
    """As the first release accepted it: with nothing beside it."""
    await connection.execute(
        "INSERT INTO emails (email_id, tenant_id, recipient, subject, body, purpose, language, accepted_at)"
        " VALUES ($1, 'bright', 'dana@example.com', 'EMERGENCY: gas', 'At 12 Oak St', 'alert', 'en', $2)",
        email_id,
        NOW,
    )


async def until_settled(connection: asyncpg.Connection[asyncpg.Record], *, count: int) -> list[str]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rows = await connection.fetch("SELECT state FROM emails WHERE state <> 'waiting'")
            if len(rows) >= count:
                return [row["state"] for row in rows]
            await asyncio.sleep(0.05)


async def test_alerts_that_waited_for_a_release_that_sends_go_out_once_each(
    database: Database, connection: asyncpg.Connection[asyncpg.Record], peer: MailPeer, tmp_path: Path
) -> None:
    first = MigrationSet(name="jobs", migrations=MIGRATIONS.migrations[:1])
    await migrate(database.urls["jobs"], schema="jobs", sets=(MESSAGING, first))
    for number in range(12):
        await add_mail(connection, f"alert-{number}")
    with jobs_process(database, peer, tmp_path) as process:
        process.launch()
        assert await until_settled(connection, count=12) == ["sent"] * 12
    assert len({mail["Message-ID"] for mail in peer.mails}) == len(peer.mails) == 12
    assert {mail["To"] for mail in peer.mails} == {"dana@example.com"}
    assert peer.most_open <= 4


async def test_a_mail_whose_sender_is_killed_while_the_server_takes_it_comes_again_as_the_same_mail(
    database: Database, connection: asyncpg.Connection[asyncpg.Record], peer: MailPeer, tmp_path: Path
) -> None:
    await migrate(database.urls["jobs"], schema="jobs", sets=(MESSAGING, MIGRATIONS))
    await add_mail(connection, "alert-1")
    peer.silent_after_data = True
    with jobs_process(database, peer, tmp_path) as process:
        process.launch()
        async with asyncio.timeout(PATIENCE_S):
            while not peer.mails:
                await asyncio.sleep(0.02)
        process.kill()
        peer.silent_after_data = False
        process.launch()
        assert await until_settled(connection, count=1) == ["sent"]
    assert [mail["Message-ID"] for mail in peer.mails] == [peer.mails[0]["Message-ID"]] * 2
    assert await connection.fetchval("SELECT outcome FROM job_attempts") == "lost"
