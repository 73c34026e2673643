"""Many texts of one person at the same moment, over two gateways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from harness.callers import BUSINESS, tenants_yaml
from harness.databases import Database
from harness.service_processes import AUTH_TOKEN, PUBLIC_BASE_URL, Deployment, ServiceProcess, SuiteProcesses
from suite.twilio_peer import Account, TextThread
from telephony_gateway.domain.pace import MOST_IN_BURST

LOGS = Path(__file__).parents[2] / ".run" / "test-logs"
AT_ONCE = 50
PEOPLE = 3


@pytest.fixture
def gateways(
    database: Database, amqp_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[ServiceProcess, ServiceProcess]]:
    tenants_file = tmp_path / "tenants.yaml"
    tenants_file.write_text(tenants_yaml(capacity=1))
    deployment = Deployment(database_urls=database.urls, amqp_url=amqp_url, tenants_file=tenants_file)
    failed_before = request.session.testsfailed
    with SuiteProcesses(deployment) as suite:
        one, two = (suite.add("gateway").launch() for _ in range(2))
        yield one.until_ready(), two.until_ready()
        if request.session.testsfailed > failed_before:
            suite.keep_logs(LOGS)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def thread(session: aiohttp.ClientSession, gateway: ServiceProcess, sender: str) -> TextThread:
    account = Account(public_base_url=PUBLIC_BASE_URL, auth_token=AUTH_TOKEN, connect_url=gateway.url)
    return TextThread(account=account, session=session, sender=sender, recipient=BUSINESS)


async def test_fifty_texts_of_one_person_at_the_same_moment_bring_no_apology_and_no_flood(
    gateways: tuple[ServiceProcess, ServiceProcess], session: aiohttp.ClientSession, database: Database
) -> None:
    for person in range(PEOPLE):
        sender = f"+151255502{person:02}"
        answers = await asyncio.gather(
            *(
                thread(session, gateways[number % 2], sender).send(f"my kitchen faucet drips, number {number}")
                for number in range(AT_ONCE)
            )
        )
        said = [" ".join(answer) for answer in answers if answer]
        assert not [words for words in said if "trouble" in words]
        # Each of two gateways may count one less than there are at the last moment.
        assert MOST_IN_BURST <= len(said) <= MOST_IN_BURST + 1
        assert [words for words in said if "has your message" in words]
    books = await asyncpg.connect(database.admin_url)
    try:
        turns = await books.fetch("SELECT count(*), count(DISTINCT turn) FROM gateway.call_turns GROUP BY call_id")
        texts = await books.fetchval("SELECT count(*) FROM gateway.webhook_inbox WHERE key LIKE 'sms:%'")
    finally:
        await books.close()
    assert all(answered == numbered for answered, numbered in turns)
    assert texts == PEOPLE * AT_ONCE
