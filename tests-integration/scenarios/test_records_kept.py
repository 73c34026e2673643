"""What businesses keep, on real servers: purges that leave others and open things alone, and exports that a kill (-9) doesn't spoil."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import pytest

from common.clock import SystemClock
from common.contracts.jobs import SubmitJob
from common.messaging.compose import message_of
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.tenants_file import load_tenants
from common.testing.patience import PATIENCE_S
from harness.databases import Database
from harness.service_processes import Deployment, SuiteProcesses

TENANTS: Final = Path(__file__).parents[2] / "tenants.example.yaml"
TENANT: Final = load_tenants(TENANTS)[0].tenant_id
OTHER: Final = "somebody-else"
KEY: Final = {"X-API-Key": "demo-key-for-loopback-only"}
QUICK: Final = {"JOBS_LEASE_S": "3", "OUTBOX_LEASE_S": "2"}
"""What a killed process held is another's within seconds."""
OLD_TEXTS: Final = 2_300
CUSTOMERS: Final = 5_000
NOW: Final = datetime.now(UTC)
_FILL: Final = """
INSERT INTO chat.text_messages (tenant_id, message_id, phone, direction, body, purpose, at)
SELECT :tenant:, 'm' || n, '+15125550123', 'in', 'hola', '', :long_ago: - n * interval '1 second'
FROM generate_series(1, :many:) AS n;
INSERT INTO chat.text_messages (tenant_id, message_id, phone, direction, body, purpose, at)
VALUES (:tenant:, 'young', '+15125550123', 'in', 'hola', '', :now:);
INSERT INTO chat.callbacks (tenant_id, callback_id, call_id, channel, reason, phone, name, message, language, promised_at, due_at,
    recording_url, status, kept_at)
SELECT :tenant:, status, 'c1', 'voice', 'price', NULL, '', '', 'en', :long_ago:, :long_ago:, '', status, CASE status WHEN 'open' THEN NULL ELSE :long_ago: END
FROM unnest('{open,reached}'::text[]) AS status;
INSERT INTO chat.conversations (tenant_id, conversation_id, kind, channel, dialled_phone, started_at, last_at, ended_at, duration_s,
    outcome, tier, language, billable)
SELECT :tenant:, name, 'call', 'voice', '', :long_ago:, :long_ago:, ended_at, 10, 'booked', 'full', 'en', true
FROM (VALUES ('ended', :long_ago:), ('goes-on', NULL)) AS calls (name, ended_at);
INSERT INTO gateway.texts (text_id, tenant_id, from_phone, to_phone, body, purpose, lang, created_at, wait_for_quiet_hours, status,
    due_at, updated_at)
SELECT :tenant: || status, :tenant:, '+15125550100', '+15125550123', 'hi', 'command', 'en', :long_ago:, false, status, 'infinity', :long_ago:
FROM unnest('{queued,delivered}'::text[]) AS status;
INSERT INTO gateway.consents (tenant_id, phone, dialled_phone, word, said, source, at)
VALUES (:tenant:, '+15125550123', '+15125550100', 'stop', 'STOP', :tenant:, :long_ago:);
INSERT INTO billing.usage (tenant_id, kind, source_id, quantity, occurred_at)
VALUES (:tenant:, 'call', 'five-years', 1, :now: - interval '5 years'), (:tenant:, 'call', 'nine-years', 1, :now: - interval '9 years');
"""
_TYPES: Final = {"tenant": "text", "long_ago": "timestamptz", "now": "timestamptz", "many": "integer"}
_BOOKS: Final = """
SELECT
    (SELECT count(*) FROM chat.text_messages WHERE tenant_id = $1) AS texts,
    (SELECT array_agg(callback_id ORDER BY callback_id) FROM chat.callbacks WHERE tenant_id = $1) AS callbacks,
    (SELECT array_agg(conversation_id ORDER BY conversation_id) FROM chat.conversations WHERE tenant_id = $1) AS calls,
    (SELECT array_agg(status ORDER BY status) FROM gateway.texts WHERE tenant_id = $1) AS outgoing,
    (SELECT count(*) FROM gateway.consents WHERE tenant_id = $1) AS consents,
    (SELECT array_agg(source_id ORDER BY source_id) FROM billing.usage WHERE tenant_id = $1) AS usage
"""


@pytest.fixture
def suite(database: Database, amqp_url: str) -> Iterator[SuiteProcesses]:
    deployment = Deployment(database_urls=database.urls, amqp_url=amqp_url, tenants_file=TENANTS, variables=QUICK)
    with SuiteProcesses(deployment) as processes:
        yield processes


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(database.admin_url, timeout=PATIENCE_S)
    yield connection
    await connection.close(timeout=5.0)


async def until(condition: Any, *, within_s: float = PATIENCE_S, every_s: float = 0.1) -> Any:
    """The first truth that it comes to."""
    async with asyncio.timeout(within_s):
        while not (found := await condition()):
            await asyncio.sleep(every_s)
    return found


async def test_a_purge_takes_what_is_old_and_leaves_what_is_open_or_somebody_elses(
    suite: SuiteProcesses, connection: asyncpg.Connection[asyncpg.Record], amqp_url: str
) -> None:
    suite.start("gateway", "chat", "billing", "jobs")
    suite["gateway"].kill()
    long_ago = NOW - timedelta(days=2_000)
    for tenant in (TENANT, OTHER):
        values = {"tenant": tenant, "long_ago": long_ago, "now": NOW, "many": OLD_TEXTS}
        for statement in filter(str.strip, _FILL.split(";")):
            named = [name for name in values if f":{name}:" in statement]
            numbered = statement
            for number, name in enumerate(named, start=1):
                numbered = numbered.replace(f":{name}:", f"${number}::{_TYPES[name]}")
            await connection.execute(numbered, *(values[name] for name in named))
    theirs = await connection.fetchrow(_BOOKS, OTHER)
    await until(lambda: connection.fetchval("SELECT true FROM jobs.tenants WHERE tenant_id = $1", TENANT))
    bus = RabbitMQBus(amqp_url, name="chat", clock=SystemClock(), random=random.random)
    await bus.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not bus.connected:
                await asyncio.sleep(0.05)
        job = SubmitJob(job_id="purge-1", kind="data.purge", unique_key="purge-1", job_class="bulk", payload={})
        await bus.publish([message_of(job, event_id="s1", source="chat", time=NOW, subject="purge-1", tenant=TENANT)])
    finally:
        await bus.close()
    await until(lambda: connection.fetchval("SELECT true FROM jobs.purge_reports WHERE service = 'chat'"))
    state = await connection.fetchval("SELECT state FROM jobs.jobs WHERE job_id = 'purge-1'")
    assert state != "succeeded", "the gateway has not answered yet"
    suite["gateway"].start()
    result = await until(
        lambda: connection.fetchval("SELECT result FROM jobs.jobs WHERE job_id = 'purge-1' AND state = 'succeeded'")
    )
    for counted in (f'"chat.texts": "{OLD_TEXTS}"', '"gateway.texts": "1"', '"billing.usage": "1"', '"rounds": "3"'):
        assert counted in result
    found = await connection.fetchrow(_BOOKS, TENANT)
    assert found is not None
    assert dict(found) == {
        "texts": 1,
        "callbacks": ["open"],
        "calls": ["goes-on"],
        "outgoing": ["queued"],
        "consents": 1,
        "usage": ["five-years"],
    }
    assert await connection.fetchrow(_BOOKS, OTHER) == theirs
    assert await connection.fetchval("SELECT count(*) FROM jobs.purge_reports") == 0


async def test_an_export_has_every_customer_once_though_jobs_is_killed_in_the_middle(
    suite: SuiteProcesses, connection: asyncpg.Connection[asyncpg.Record]
) -> None:
    suite.start("chat", "jobs")
    long = "あ" * 190
    await connection.execute(
        """
        INSERT INTO chat.customers
            (tenant_id, customer_id, version, phone, name, address, email, language, said_at, created_at)
        SELECT tenant, md5(tenant || n), 1, '+1512' || 2000000 + n, '=' || n || $3, $3, $3, 'en', $4, $4
        FROM unnest($1::text[]) AS tenant, generate_series(1, $2::integer) AS n
        """,
        [TENANT, OTHER],
        CUSTOMERS,
        long,
        NOW,
    )
    url = f"{suite['jobs'].url}/v1/exports"
    async with aiohttp.ClientSession(headers=KEY) as session:

        async def looks(path: str = "") -> Any:
            try:
                async with session.get(url + path, timeout=aiohttp.ClientTimeout(total=5)) as response:
                    return await response.json() if response.status == 200 else None
            except (aiohttp.ClientError, TimeoutError):
                return None

        await until(looks)
        async with session.post(url, json={"records": "customers"}) as response:
            assert response.status == 202
            export_id = (await response.json())["export_id"]

        async def so_far(rows: int) -> bool:
            view = await looks(f"/{export_id}")
            assert view is None or view["state"] in {"waiting", "running"}, view
            return view is not None and view["rows"] >= rows

        for share in (0.1, 0.5):
            wanted = int(CUSTOMERS * share)
            await until(lambda wanted=wanted: so_far(wanted), every_s=0.002)  # type: ignore[misc]
            suite["jobs"].kill()
            suite["jobs"].start()

        async def done() -> Any:
            view = await looks(f"/{export_id}")
            return view if view is not None and view["state"] == "done" else None

        view = await until(done)
        async with session.get(f"{url}/{export_id}/file") as response:
            body = await response.read()
    assert len(body) == view["size"]
    header, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    assert header[:3] == ["customer_id", "phone", "name"]
    assert len(rows) == view["rows"] == CUSTOMERS
    assert {row[1] for row in rows} == {f"'+1512{2_000_000 + number}" for number in range(1, CUSTOMERS + 1)}
    assert all(row[2].startswith("'=") for row in rows), "nothing is taken for a formula"
    runs = await connection.fetchval("SELECT count(*) FROM jobs.job_attempts WHERE outcome = 'lost'")
    assert runs == 2
