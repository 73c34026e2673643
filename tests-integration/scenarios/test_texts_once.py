"""A storm of texts that nobody asked for just now: two gateways, chat, RabbitMQ, Postgres, a Twilio that counts, and kill -9 in between.

The test plays jobs: it takes chat's `job.submit`, and says that the time has come, too often and in any order.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest

from common.clock import SystemClock
from common.contracts.base import Contract
from common.contracts.codec import decode
from common.contracts.gateway import AppointmentRequested, SendSms
from common.contracts.jobs import JobDue, SubmitJob
from common.contracts.topology import JOBS_COMMANDS
from common.messaging.bus import Delivery, Done, Message, Outcome
from common.messaging.compose import message_of
from common.messaging.rabbitmq_bus import RabbitMQBus
from harness.databases import Database
from harness.service_processes import AUTH_TOKEN, PUBLIC_BASE_URL, Deployment, ServiceProcess, SuiteProcesses
from harness.sms_peer import ACCOUNT_SID, SmsPeer, Taken
from harness.time_zones import NOON, OwnZones
from suite.twilio_peer import Account, PhoneCall, TextThread

LOGS: Final = Path(__file__).parents[2] / ".run" / "test-logs"
AWAKE, DOZING = "awake-plumbing", "dozing-plumbing"
LINES: Final = {AWAKE: "+15125550100", DOZING: "+15125550101"}
BOOKED: Final = [f"+15125551{number:03}" for number in range(40)]
STOPPED: Final = BOOKED[:4]
"""They text STOP after their reminder was planned."""
COURTED: Final = BOOKED[30:]
"""They also get advertising, twice in other words."""
STRANGERS: Final = [f"+15125552{number:03}" for number in range(3)]
HELD: Final = [f"+15125553{number:03}" for number in range(12)]
HELD_STOPPED: Final = HELD[:4]
HELD_BACK_AGAIN: Final = HELD[4:8]
"""They text STOP while a text for them waits, and then START."""
KEY: Final = "the-key-of-dozing-plumbing"
DOZE: Final = timedelta(seconds=15)
_TENANT: Final = """\
  - tenant_id: {tenant_id}
    business_name: {tenant_id}
    trade: plumbing
    phone_numbers: ["{line}"]
    time_zone: {zone}
    contacts: [{{name: Dana, phone: "+15125550190"}}]
    hours: {{{hours}}}
    capacity: 50
    minimum_notice_minutes: 0
    travel_buffer_minutes: 0
    quiet_from: "22:00"
    quiet_until: "06:00"
    api_key_sha256: [{key_sha256}]
    services: [{{slug: faucet, name_en: faucet repair, duration_minutes: 60, keywords: [faucet]}}]
"""


def noon_zone(now: datetime) -> ZoneInfo:
    """Where it is noon just now: by day texts may go, whenever the test runs."""
    ahead = 12 - now.hour
    return ZoneInfo(f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT")


class Jobs:
    """What chat submits, and that its time has come."""

    def __init__(self, bus: RabbitMQBus) -> None:
        self._bus = bus
        self.submitted: dict[str, SubmitJob] = {}

    async def start(self) -> None:
        await self._bus.start()
        await self._bus.subscribe(JOBS_COMMANDS.name, self._take)

    async def _take(self, delivery: Delivery) -> Outcome:
        data = decode(delivery.body)[1]
        if isinstance(data, SubmitJob):
            self.submitted.setdefault(data.unique_key, data)
        return Done()

    async def publish(self, messages: list[Message]) -> None:
        for first in range(0, len(messages), 25):
            await self._bus.publish(messages[first : first + 25])


def said(contract: Contract, event_id: str, tenant: str) -> Message:
    """A message of some other service."""
    return message_of(
        contract, event_id=event_id, source="/tests", time=datetime.now(UTC), subject=event_id, tenant=tenant
    )


def wish(phone: str, starts_at: datetime) -> AppointmentRequested:
    return AppointmentRequested(
        booking_id=f"call{phone}-b1",
        call_id=f"call{phone}",
        channel="voice",
        customer_name="Maria Gonzalez",
        customer_phone=phone,
        address="240 Barton Springs Road",
        language="en",
        service="faucet",
        notes="",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        emergency=False,
        requested_at=datetime.now(UTC),
    )


def due(job: SubmitJob, event_id: str) -> Message:
    event = JobDue(
        job_id=job.job_id, kind=job.kind, unique_key=job.unique_key, due_at=datetime.now(UTC), payload=job.payload
    )
    return said(event, event_id, AWAKE)


def text_of(phone: str, message_id: str, **changes: Any) -> SendSms:
    fields: dict[str, Any] = {"body": f"About {message_id}", "purpose": "reminder", **changes}
    return SendSms(message_id=message_id, recipient_phone=phone, **fields)


async def until(so: Callable[[], Awaitable[bool]], *, within_s: float, what: str) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not await so():
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"not within {within_s:.0f} s: {what}")


@pytest.fixture
async def peer() -> AsyncIterator[SmsPeer]:
    async with SmsPeer(answers_after_s=0.15) as started:
        yield started


@pytest.fixture
def zones(tmp_path: Path) -> OwnZones:
    return OwnZones(tmp_path / "zones")


@pytest.fixture
def suite(
    database: Database,
    amqp_url: str,
    tmp_path: Path,
    peer: SmsPeer,
    zones: OwnZones,
    request: pytest.FixtureRequest,
) -> Iterator[SuiteProcesses]:
    zone = noon_zone(datetime.now(UTC))
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours = ", ".join(f'{day}: [{{opens: "06:00", closes: "20:00"}}]' for day in days)
    keys = {AWAKE: "the-key-of-awake-plumbing", DOZING: KEY}
    tenants_file = tmp_path / "tenants.yaml"
    tenants_file.write_text(
        "tenants:\n"
        + "".join(
            _TENANT.format(
                tenant_id=tenant,
                line=LINES[tenant],
                zone=zone,
                hours=hours,
                key_sha256=hashlib.sha256(key.encode()).hexdigest(),
            )
            for tenant, key in keys.items()
        )
    )
    deployment = Deployment(
        database_urls=database.urls,
        amqp_url=amqp_url,
        tenants_file=tenants_file,
        variables={
            "SMS_PROVIDER": "twilio",
            "TWILIO_API_BASE_URL": peer.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TEXT_LEASE_S": "12",
            "OUTBOX_LEASE_S": "3",
            "DRAIN_S": "5",
            **zones.variables,
        },
    )
    failed_before = request.session.testsfailed
    with SuiteProcesses(deployment) as processes:
        yield processes
        if request.session.testsfailed > failed_before:
            processes.keep_logs(LOGS)


@pytest.fixture
async def jobs(amqp_url: str, suite: SuiteProcesses) -> AsyncIterator[Jobs]:
    bus = RabbitMQBus(amqp_url, name="jobs", clock=SystemClock(), random=random.random)
    playing = Jobs(bus)
    await playing.start()
    yield playing
    await bus.close()


@pytest.fixture
async def books(database: Database) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(database.admin_url, timeout=10.0, command_timeout=10.0)
    yield connection
    await connection.close()


async def texts(gateway: ServiceProcess, tenant: str, phones: list[str], *words: str) -> None:
    """These people text the business."""
    account = Account(public_base_url=PUBLIC_BASE_URL, auth_token=AUTH_TOKEN, connect_url=gateway.url)
    async with aiohttp.ClientSession() as session:
        for phone in phones:
            thread = TextThread(account=account, session=session, sender=phone, recipient=LINES[tenant])
            for word in words:
                assert await thread.send(word) == (), "Twilio answers these by itself"


async def goes_to_sleep(chat: ServiceProcess, gateways: tuple[ServiceProcess, ...], zones: OwnZones) -> datetime:
    """Quiet hours begin, which are about to end; when, as soon as every gateway knows them."""
    ends_at = datetime.now(UTC).replace(microsecond=0) + DOZE
    name = "asleep-plumbing"
    settings = {
        "business_name": name,
        "time_zone": zones.noon_at(ends_at),
        "quiet_from": "10:00",
        "quiet_until": NOON,
    }
    async with aiohttp.ClientSession() as session:
        body = {"version": 1, "settings": settings}
        async with session.patch(f"{chat.url}/v1/business", json=body, headers={"X-API-Key": KEY}) as response:
            assert response.status == 200, await response.text()
        for gateway in gateways:
            account = Account(public_base_url=PUBLIC_BASE_URL, auth_token=AUTH_TOKEN, connect_url=gateway.url)

            async def answers_by_its_new_name(account: Account = account) -> bool:
                call = PhoneCall(account=account, session=session, caller="+15125554000", dialled=LINES[DOZING])
                return name in " ".join((await call.dial()).lines)

            await until(answers_by_its_new_name, within_s=DOZE.total_seconds(), what="a gateway knows the new settings")
    return ends_at


async def kill_and_start(process: ServiceProcess, *, pause_s: float) -> None:
    """SIGKILL; a while later it is back."""
    await asyncio.to_thread(process.kill)
    await asyncio.sleep(pause_s)
    await asyncio.to_thread(process.start)


async def test_everybody_gets_one_text_nobody_at_night_and_nobody_after_stop(
    suite: SuiteProcesses, peer: SmsPeer, zones: OwnZones, jobs: Jobs, books: asyncpg.Connection[Any]
) -> None:
    one, two, chat = (suite.add(schema).launch() for schema in ("gateway", "gateway", "chat"))
    for process in (chat, one, two):
        await asyncio.to_thread(process.until_ready)

    async def counted(query: str, count: int) -> bool:
        return bool(await books.fetchval(query) == count)

    night_ends_at = await goes_to_sleep(chat, (one, two), zones)
    # Texts for the night are held; some of those who are to get them change their minds.
    held = [(phone, text_of(phone, f"night{phone}")) for phone in HELD]
    await jobs.publish([said(sms, f"{sms.message_id}:{again}", DOZING) for again in range(3) for _, sms in held])
    later = "status = 'queued' AND due_at > now() + interval '1 s'"
    holding = f"SELECT count(*) FROM gateway.texts WHERE tenant_id = '{DOZING}' AND {later}"
    await until(lambda: counted(holding, len(HELD)), within_s=15, what="the night's texts are held")
    await texts(one, DOZING, HELD_STOPPED, "STOP")
    await texts(two, DOZING, HELD_BACK_AGAIN, "STOP", "START")
    assert datetime.now(UTC) < night_ends_at, "the machine is too slow for this test"

    # Visits are booked, and chat asks to be told in time.
    zone = noon_zone(datetime.now(UTC))
    tomorrow = datetime.now(zone).date() + timedelta(days=1)
    starts_at = datetime.combine(tomorrow, time(17), tzinfo=zone).astimezone(UTC)
    await jobs.publish([said(wish(phone, starts_at), f"wish{phone}", AWAKE) for phone in BOOKED])

    async def all_submitted() -> bool:
        return len(jobs.submitted) == len(BOOKED)

    await until(all_submitted, within_s=30, what="every reminder is submitted")
    known = "SELECT count(*) FROM gateway.copy_customers"
    await until(lambda: counted(known, len(BOOKED)), within_s=15, what="the gateway knows the customers")
    phone_of = {
        row["appointment_id"]: row["customer_phone"]
        for row in await books.fetch("SELECT appointment_id, customer_phone FROM chat.appointments")
    }

    # Others say STOP before the time of their reminder.
    await texts(two, AWAKE, STOPPED, "STOP")

    # The time has come: for each reminder the same event twice and two jobs more, all in disorder, with advertising among them.
    storm = [
        due(job, f"{key}:{event}")
        for key, job in jobs.submitted.items()
        for event in ("first", "first", "second", "third")
    ]
    adverts = [
        said(
            text_of(phone, f"advert{number}{phone}", basis="marketing", purpose="offer"),
            f"ad{number}{phone}",
            AWAKE,
        )
        for number in (1, 2)
        for phone in (*COURTED, *STRANGERS)
    ]
    storm += adverts
    random.Random(7).shuffle(storm)
    third = len(storm) // 3
    await jobs.publish(storm[:third])
    deaths = [asyncio.create_task(kill_and_start(chat, pause_s=0.5))]
    await jobs.publish(storm[third : 2 * third])

    async def some_went_out() -> bool:
        return len(peer.taken) >= 10

    await until(some_went_out, within_s=30, what="the first texts go out")
    deaths.append(asyncio.create_task(kill_and_start(one, pause_s=1.0)))
    await jobs.publish(storm[2 * third :])
    await asyncio.gather(*deaths)

    open_texts = "SELECT count(*) FROM gateway.texts WHERE status IN ('queued', 'sending', 'unknown')"
    everything = len(BOOKED) + len(HELD) + len(adverts)

    async def all_known() -> bool:
        return await counted("SELECT count(*) FROM gateway.texts", everything)

    await until(all_known, within_s=60, what="every text was commanded")
    # One whose sender died before it could ask is looked up for minutes, and parked then: it is no text too many.
    undecided = "status IN ('queued', 'sending') OR (status = 'unknown' AND lookups = 0)"
    deciding = f"SELECT count(*) FROM gateway.texts WHERE {undecided}"
    await until(lambda: counted(deciding, 0), within_s=60, what="every text is sent, dropped or looked for")
    assert await books.fetchval(open_texts) <= 8, "what one gateway may have had at hand"
    stuck = {
        row["to_phone"]
        for row in await books.fetch("SELECT to_phone FROM gateway.texts WHERE status IN ('unknown', 'parked')")
    }

    reminders = {phone_of[job.payload["appointment_id"]] for job in jobs.submitted.values()}
    assert reminders == set(BOOKED)
    went_out = peer.by_recipient()
    for phone in BOOKED:
        got = [text for text in peer.taken if text.recipient == phone]
        _exactly(0 if phone in STOPPED else 1, [text for text in got if "a reminder" in text.body], phone, stuck)
        wanted_adverts = 1 if phone in COURTED and phone not in STOPPED else 0
        _exactly(wanted_adverts, [text for text in got if "advert" in text.body], phone, stuck)
    assert not [phone for phone in (*STRANGERS, *HELD_STOPPED, *HELD_BACK_AGAIN) if went_out[phone]]
    for phone in HELD[8:]:
        night = [text for text in peer.taken if text.recipient == phone]
        _exactly(1, night, phone, stuck)
        assert all(text.at >= night_ends_at for text in night)

    reasons = await books.fetch("SELECT status, error, count(*) FROM gateway.texts GROUP BY status, error")
    told = {(row["status"], row["error"]): row["count"] for row in reasons}
    assert told["opted_out", "stop"] == len(STOPPED) + len(HELD_STOPPED) + len(HELD_BACK_AGAIN)
    assert told["blocked", "stranger"] == 2 * len(STRANGERS)
    assert told["blocked", "too-often"] == len(COURTED)


def _exactly(count: int, got: list[Taken], phone: str, stuck: set[str]) -> None:
    """So many, or fewer where a sender died on the way to Twilio; never more."""
    assert len(got) == count or (len(got) < count and phone in stuck), (phone, got)
