"""What is done by the calendar, through all four services: planned with the fact, told by jobs, looked at by chat, sent by the gateway."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest

from common.clock import SystemClock
from common.contracts.base import Contract
from common.contracts.gateway import AppointmentRequested
from common.contracts.jobs import SubmitJob
from common.messaging.compose import message_of
from common.messaging.rabbitmq_bus import RabbitMQBus
from harness.databases import Database
from harness.service_processes import Deployment, SuiteProcesses
from harness.time_zones import NOON, OwnZones

LOGS: Final = Path(__file__).parents[2] / ".run" / "test-logs"
TENANT: Final = "corner-plumbing"
OWNER, CALLER = "+15125550190", "+15125550142"
KEY: Final = "the-key-of-corner-plumbing"
_AHEAD_S: Final = (3, 6, 12, 24)
"""How soon the owner's morning comes; later where a slow machine hears of it too late."""
_TENANTS: Final = """\
tenants:
  - tenant_id: corner-plumbing
    business_name: Corner Plumbing
    trade: plumbing
    phone_numbers: ["+15125550100"]
    time_zone: {zone}
    contacts: [{{name: Dana, phone: "+15125550190", email: dana@corner.example, language: es}}]
    hours: {{{hours}}}
    minimum_notice_minutes: 0
    services: [{{slug: faucet, name_en: faucet repair, duration_minutes: 60, keywords: [faucet]}}]
    automation: {{summary_at: "23:00"}}
    api_key_sha256: [{key_sha256}]
"""


@pytest.fixture
def zone() -> ZoneInfo:
    """Where it is noon just now: by day texts may go, whenever the test runs."""
    ahead = 12 - datetime.now(UTC).hour
    return ZoneInfo(f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT")


@pytest.fixture
def zones(tmp_path: Path) -> OwnZones:
    return OwnZones(tmp_path / "zones")


@pytest.fixture
def suite(
    database: Database,
    amqp_url: str,
    tmp_path: Path,
    zone: ZoneInfo,
    zones: OwnZones,
    request: pytest.FixtureRequest,
) -> Iterator[SuiteProcesses]:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours = ", ".join(f'{day}: [{{opens: "06:00", closes: "20:00"}}]' for day in days)
    tenants_file = tmp_path / "tenants.yaml"
    key_sha256 = hashlib.sha256(KEY.encode()).hexdigest()
    tenants_file.write_text(_TENANTS.format(zone=zone, hours=hours, key_sha256=key_sha256))
    deployment = Deployment(
        database_urls=database.urls,
        amqp_url=amqp_url,
        tenants_file=tenants_file,
        variables={"DRAIN_S": "5", **zones.variables},
    )
    failed_before = request.session.testsfailed
    with SuiteProcesses(deployment) as processes:
        yield processes
        if request.session.testsfailed > failed_before:
            processes.keep_logs(LOGS)


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[RabbitMQBus]:
    opened = RabbitMQBus(amqp_url, name="gateway", clock=SystemClock(), random=random.random)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
async def books(database: Database) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(database.admin_url, timeout=10.0, command_timeout=10.0)
    yield connection
    await connection.close()


async def says(bus: RabbitMQBus, contract: Contract, event_id: str) -> None:
    now = datetime.now(UTC)
    message = message_of(contract, event_id=event_id, source="/tests", time=now, subject=event_id, tenant=TENANT)
    await bus.publish([message])


async def row_of(books: asyncpg.Connection[Any], query: str, *, within_s: float) -> asyncpg.Record:
    """The first row, once there is one."""
    try:
        async with asyncio.timeout(within_s):
            while (row := await books.fetchrow(query)) is None:
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"not within {within_s:.0f} s: {query}")
    return row


async def let_the_morning_come(suite: SuiteProcesses, books: asyncpg.Connection[Any], zones: OwnZones) -> None:
    """The owner moves to where their hour is about to strike."""
    for version, ahead_s in enumerate(_AHEAD_S, start=1):
        strikes_at = (datetime.now(UTC) + timedelta(seconds=ahead_s)).replace(microsecond=0)
        zone = zones.noon_at(strikes_at)
        settings = {"time_zone": zone, "automation": {"summary_at": NOON}}
        async with (
            aiohttp.ClientSession(headers={"X-API-Key": KEY}) as session,
            session.patch(
                f"{suite['chat'].url}/v1/business", json={"version": version, "settings": settings}
            ) as response,
        ):
            assert response.status == 200, await response.text()
        told = (
            f"SELECT settled_until, fired_at FROM jobs.schedules WHERE kind = 'owner.summary' AND time_zone = '{zone}'"
        )
        schedule = await row_of(books, told, within_s=20)
        if schedule["fired_at"] is not None or schedule["settled_until"] < strikes_at:
            return
    pytest.fail("jobs hears of new settings too late")


async def test_a_reminder_and_the_owners_morning_come_by_way_of_all_services(
    suite: SuiteProcesses, bus: RabbitMQBus, books: asyncpg.Connection[Any], zone: ZoneInfo, zones: OwnZones
) -> None:
    await asyncio.to_thread(suite.start)
    tomorrow = datetime.now(zone).date() + timedelta(days=1)
    starts_at = datetime.combine(tomorrow, time(17), tzinfo=zone)
    wish = AppointmentRequested(
        booking_id="call-1-b1",
        call_id="call-1",
        channel="voice",
        customer_name="Maria Gonzalez",
        customer_phone=CALLER,
        address="240 Barton Springs Road",
        language="en",
        service="faucet",
        notes="",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        emergency=False,
        requested_at=datetime.now(UTC),
    )
    await says(bus, wish, "wish")
    waiting = "SELECT due_at, state, payload FROM jobs.jobs WHERE kind = 'appointment.reminder'"
    job = await row_of(books, waiting, within_s=20)
    assert (job["due_at"], job["state"]) == (starts_at - timedelta(hours=24), "waiting")

    # The same work, due now.
    (appointment_id,) = await books.fetchrow("SELECT appointment_id FROM chat.appointments") or ("",)
    payload = {"appointment_id": appointment_id, "starts_at": starts_at.isoformat()}
    now_due = SubmitJob(
        job_id="now", kind="appointment.reminder", unique_key="now", job_class="critical", payload=payload
    )
    await says(bus, now_due, "now")
    reminded = "SELECT to_phone, body FROM gateway.texts WHERE purpose = 'reminder' AND status = 'sent'"
    reminder = await row_of(books, reminded, within_s=20)
    assert reminder["to_phone"] == CALLER
    assert f"{starts_at:%A, %B} {starts_at.day} at 5 PM" in reminder["body"]

    await let_the_morning_come(suite, books, zones)
    summed_up = "SELECT to_phone, body FROM gateway.texts WHERE purpose = 'summary' AND status = 'sent'"
    summary = await row_of(books, summed_up, within_s=60)
    assert summary["to_phone"] == OWNER
    assert "1 visita agendada" in summary["body"]
    mail = await row_of(books, "SELECT recipient, body FROM jobs.emails WHERE purpose = 'summary'", within_s=20)
    assert mail["recipient"] == "dana@corner.example"
    assert "1 visita agendada" in mail["body"]
    for schema in ("gateway", "chat", "jobs"):
        assert await books.fetchval(f"SELECT count(*) FROM {schema}.inbox WHERE state = 'parked'") == 0
