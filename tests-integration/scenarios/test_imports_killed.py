"""Files of customers on real servers: jobs or chat killed (-9) in the middle, and every row is stored once all the same."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import pytest

from common.testing.patience import PATIENCE_S
from harness.databases import Database
from harness.service_processes import Deployment, SuiteProcesses

TENANTS: Final = Path(__file__).parents[2] / "tenants.example.yaml"
KEY: Final = {"X-API-Key": "demo-key-for-loopback-only"}
ROWS: Final = 30_000
QUICK: Final = {"JOBS_LEASE_S": "3", "OUTBOX_LEASE_S": "2"}
"""What a killed process held is another's within seconds."""
_BOOKS: Final = """
SELECT
    (SELECT count(*) FROM chat.customers) AS customers,
    (SELECT count(DISTINCT phone) FROM chat.customers) AS numbers,
    (SELECT max(version) FROM chat.customers) AS newest,
    (SELECT count(*) FROM gateway.copy_customers) AS copies,
    (SELECT count(*) FROM chat.outbox) + (SELECT count(*) FROM jobs.outbox) AS owed,
    (SELECT count(*) FROM chat.inbox WHERE consumer = 'chat.contacts.bulk' AND state = 'applied') AS batches,
    (SELECT count(*) FROM chat.inbox WHERE state <> 'applied') + (SELECT count(*) FROM jobs.inbox WHERE state <> 'applied')
        + (SELECT count(*) FROM gateway.inbox WHERE state <> 'applied') AS stuck,
    (SELECT count(*) FROM jobs.import_batches) AS sent,
    (SELECT sum(created) FROM jobs.import_batches) AS created
"""


def file_of(rows: int) -> bytes:
    """Rows of which one in fifty repeats a number, and one in forty has none."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Name", "Phone", "Address", "Email"])
    for number in range(rows):
        phone = "none" if number % 40 == 7 else f"(512) {200 + number // 10_000:03}-{number % 10_000:04}"
        if number % 50 == 11:
            phone = "+1 512 200 0000"
        writer.writerow([f"Customer {number}", phone, f"{number} Oak St, Austin", f"c{number}@example.com"])
    return out.getvalue().encode()


@pytest.fixture
def suite(database: Database, amqp_url: str) -> Iterator[SuiteProcesses]:
    deployment = Deployment(database_urls=database.urls, amqp_url=amqp_url, tenants_file=TENANTS, variables=QUICK)
    with SuiteProcesses(deployment) as processes:
        yield processes.start("gateway", "chat", "jobs")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=KEY) as session:
        yield session


class Owner:
    """Somebody with a file and an API key."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/v1/imports"

    async def asks(self, method: str, path: str = "", *, status: int = 200, **options: Any) -> Any:
        async with self._session.request(method, self._url + path, **options) as response:
            answer = await response.json()
            assert response.status == status, answer
            return answer

    async def begins(self, data: bytes) -> str:
        """Uploads and starts; as soon as jobs has heard of the business."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with self._session.get(self._url) as response:
                    if response.status == 200:
                        break
                await asyncio.sleep(0.1)
        view = await self.asks("POST", data=io.BytesIO(data), status=201)
        import_id = str(view["import_id"])
        await self.asks("POST", f"/{import_id}/start", json={}, status=202)
        return import_id

    async def looks(self, import_id: str) -> Any:
        """The import, or None while nobody answers, or while it was asked for too often."""
        try:
            async with self._session.get(
                f"{self._url}/{import_id}", timeout=aiohttp.ClientTimeout(total=5)
            ) as response:
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError):
            return None
        assert response.status in {200, 429}, answer
        return answer if response.status == 200 else None

    async def until_stored(self, import_id: str, rows: int) -> None:
        """Waits until so many rows are stored in chat."""
        async with asyncio.timeout(PATIENCE_S):
            while (view := await self.looks(import_id)) is None or view["progress"]["rows_stored"] < rows:
                assert view is None or view["state"] == "importing"
                await asyncio.sleep(0.01)

    async def until_done(self, import_id: str) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while (view := await self.looks(import_id)) is None or view["state"] != "done":
                await asyncio.sleep(0.1)
        return view

    async def errors(self, import_id: str) -> list[list[str]]:
        async with self._session.get(f"{self._url}/{import_id}/errors.csv") as response:
            return list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))[1:]


async def books(database: Database) -> dict[str, int]:
    """What is stored when nothing is under way any more."""
    connection = await asyncpg.connect(database.admin_url, timeout=PATIENCE_S)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                row = await connection.fetchrow(_BOOKS)
                assert row is not None
                if row["owed"] == 0 and row["copies"] == row["customers"]:
                    return dict(row)
                await asyncio.sleep(0.1)
    finally:
        await connection.close(timeout=5.0)


async def audited(owner: Owner, database: Database, import_id: str, *, rows: int) -> None:
    """Everything that the file says is stored once, and the rest explained."""
    view = await owner.until_done(import_id)
    counts = view["counts"]
    missing = len(range(7, rows, 40))
    duplicates = len([number for number in range(11, rows, 50) if number % 40 != 7 or number % 50 == 11])
    unread = len([number for number in range(7, rows, 40) if number % 50 != 11])
    accepted = rows - duplicates - unread
    assert (counts["rows"], counts["accepted"], counts["created"]) == (rows, accepted, accepted), missing
    assert (counts["duplicates"], counts["refused"]) == (duplicates, duplicates + unread)
    found = await books(database)
    assert found["customers"] == found["numbers"] == found["copies"] == found["created"] == accepted
    assert (found["newest"], found["stuck"]) == (1, 0)
    assert found["batches"] == found["sent"]
    errors = await owner.errors(import_id)
    assert len(errors) == duplicates + unread
    assert len({row[0] for row in errors}) == len(errors)


async def test_a_file_is_stored_in_chat_and_copied_to_the_gateway(
    suite: SuiteProcesses, session: aiohttp.ClientSession, database: Database
) -> None:
    owner = Owner(session, suite["jobs"].url)
    import_id = await owner.begins(file_of(3_000))
    await audited(owner, database, import_id, rows=3_000)
    async with session.get(f"{suite['chat'].url}/v1/customers?phone=%2B15122000001") as response:
        (customer,) = (await response.json())["items"]
    assert (customer["name"], customer["email"], customer["language"]) == ("Customer 1", "c1@example.com", "en")
    again = await owner.begins(file_of(3_000))
    view = await owner.until_done(again)
    assert (view["counts"]["created"], view["counts"]["updated"]) == (0, 0)
    assert view["counts"]["unchanged"] == view["counts"]["accepted"]


@pytest.mark.parametrize("victim", ["jobs", "chat", "gateway"])
async def test_a_kill_in_the_middle_of_a_file_loses_and_doubles_nothing(
    suite: SuiteProcesses, session: aiohttp.ClientSession, database: Database, victim: str
) -> None:
    owner = Owner(session, suite["jobs"].url)
    import_id = await owner.begins(file_of(ROWS))
    for share in (0.1, 0.5):
        await owner.until_stored(import_id, int(ROWS * share * random.uniform(0.8, 1.2)))
        suite[victim].kill()
        suite[victim].start()
    await audited(owner, database, import_id, rows=ROWS)


async def test_a_cancelled_import_stores_what_was_sent_and_nothing_more(
    suite: SuiteProcesses, session: aiohttp.ClientSession, database: Database
) -> None:
    owner = Owner(session, suite["jobs"].url)
    import_id = await owner.begins(file_of(ROWS))
    await owner.until_stored(import_id, 1_000)
    cancelled = await owner.asks("POST", f"/{import_id}/cancel")
    assert cancelled["state"] == "cancelled"
    async with asyncio.timeout(PATIENCE_S):
        while (view := await owner.asks("GET", f"/{import_id}"))["progress"]["batches_waiting"]:
            await asyncio.sleep(0.1)
    found = await books(database)
    assert found["customers"] == view["counts"]["created"] < ROWS * 0.9
    assert (found["batches"], found["stuck"]) == (found["sent"], 0)
