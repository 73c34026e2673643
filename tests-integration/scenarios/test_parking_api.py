"""Parking from the operator's side, on a real broker and a real Postgres: a service as it is deployed, its HTTP API, its ledger."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from common.clock import SystemClock
from common.contracts.topology import JOBS_COMMANDS
from common.messaging.bus import BusUnavailable, Message
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.operations.parking_gauges import ParkingGauges
from common.postgres.pool import open_pool
from common.testing.messages import email_message
from common.testing.operators import bearer, write_operators
from common.testing.patience import PATIENCE_S
from harness.callers import tenants_yaml
from harness.databases import Database
from harness.service_processes import Deployment, ServiceProcess

QUEUE = JOBS_COMMANDS.name
REASON = "a scenario"


@dataclass(frozen=True, kw_only=True)
class Operated:
    """The jobs service, and what an operator and a stranger do to it."""

    service: ServiceProcess
    session: aiohttp.ClientSession
    bus: RabbitMQBus
    database: Database

    async def ask(self, path: str = "", *, who: str = "olaf", body: object = None, status: int = 200) -> Any:
        url = f"{self.service.url}/v1/ops/parking{path}"
        method = "GET" if body is None else "POST"
        async with self.session.request(method, url, json=body, headers=bearer(who)) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def queue(self) -> Any:
        """The queue's part of the overview."""
        return next(queue for queue in (await self.ask())["queues"] if queue["queue"] == QUEUE)

    async def until(self, **ledger: int) -> Any:
        """Waits until the ledger of the queue says so, and is balanced; the queue's part of the overview."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                queue = await self.queue()
                line = queue["ledger"] or {}
                if all(line.get(name) == count for name, count in ledger.items()) and (
                    queue["parked"] == line.get("parked")
                ):
                    assert line["balanced"], line
                    return queue
                await asyncio.sleep(0.1)

    async def publish(self, *messages: Message) -> None:
        await self.bus.publish(messages)

    async def sql(self, statement: str) -> Any:
        connection = await asyncpg.connect(self.database.admin_url)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()


@pytest.fixture
async def jobs(database: Database, amqp_url: str, tmp_path: Path) -> AsyncIterator[Operated]:
    tenants_file = tmp_path / "tenants.yaml"
    tenants_file.write_text(tenants_yaml(capacity=1))
    deployment = Deployment(
        database_urls=database.urls,
        amqp_url=amqp_url,
        tenants_file=tenants_file,
        variables={"OPERATOR_TOKENS_FILE": str(write_operators(tmp_path / "operators.yaml"))},
    )
    async with AsyncExitStack() as stack:
        service = stack.enter_context(ServiceProcess(deployment, "jobs"))
        await asyncio.to_thread(service.start)
        bus = RabbitMQBus(amqp_url, name="stranger", clock=SystemClock(), random=random.random)
        stack.push_async_callback(bus.close)
        await bus.start()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Operated(service=service, session=session, bus=bus, database=database)


def stray(event_id: str, body: bytes) -> Message:
    """What another program put into the queue."""
    return Message(exchange="", routing_key=QUEUE, event_id=event_id, body=body)


def unknown(event_id: str) -> Message:
    """A message of a version that nobody here knows."""
    return stray(event_id, email_message(event_id).body.replace(b"email.send.v1", b"email.send.v9"))


async def test_what_is_parked_is_listed_by_cause_replayed_and_discarded_and_the_ledger_stays_balanced(
    jobs: Operated,
) -> None:
    await jobs.publish(
        email_message("good"),
        *(stray(f"broken-{number}", b"\xff owner@example.com") for number in range(3)),
        *(unknown(f"new-{number}") for number in range(2)),
    )
    queue = await jobs.until(accepted=6, applied=1, parked=5)
    assert {cause["cause"]: cause["count"] for cause in queue["causes"]} == {
        "malformed-message": 3,
        "unknown-contract": 2,
    }

    listed = await jobs.ask(f"/{QUEUE}?cause=unknown-contract")
    assert sorted((item["event_id"], item["contract"], item["attempts"]) for item in listed["items"]) == [
        ("new-0", "email.send.v9", 1),
        ("new-1", "email.send.v9", 1),
    ]
    assert "owner@example.com" not in str(listed)
    body = await jobs.ask(f"/{QUEUE}/new-1", who="ada")
    assert "owner@example.com" in body["body"]

    would = await jobs.ask(f"/{QUEUE}/replay", body={"reason": REASON, "cause": "unknown-contract"})
    assert (would["dry_run"], would["moved"], would["parked"]) == (True, 2, 5)
    await jobs.until(accepted=6, applied=1, parked=5)

    # Nobody knows them yet: they come back, and are the same two.
    asked = {"reason": REASON, "cause": "unknown-contract", "dry_run": False}
    assert (await jobs.ask(f"/{QUEUE}/replay", body=asked))["moved"] == 2
    await jobs.until(accepted=6, applied=1, parked=5)

    thrown = await jobs.ask(
        f"/{QUEUE}/discard", body={"reason": REASON, "event_ids": ["broken-0", "broken-2", "gone"], "dry_run": False}
    )
    assert (thrown["moved"], thrown["missing_ids"]) == (2, ["gone"])
    await jobs.until(accepted=6, applied=1, parked=3, discarded=2)
    thrown = await jobs.ask(f"/{QUEUE}/discard", body={"reason": REASON, "dry_run": False})
    assert (thrown["moved"], thrown["parked"]) == (3, 0)
    await jobs.until(accepted=6, applied=1, parked=0, discarded=5)

    # What was discarded stays so, whoever sends it again.
    await jobs.publish(stray("broken-0", b"\xff owner@example.com"), unknown("new-0"))
    await asyncio.sleep(1.0)
    states = await jobs.sql("SELECT state, count(*) FROM jobs.inbox GROUP BY state ORDER BY state")
    assert [tuple(row) for row in states if row["state"] != "pending"] == [("applied", 1), ("discarded", 5)]


async def test_a_replay_applies_what_can_be_applied_now_and_what_was_applied_not_again(jobs: Operated) -> None:
    await jobs.publish(email_message("1"), email_message("2"))
    await jobs.until(accepted=2, applied=2)
    mails = await jobs.sql("SELECT count(*) FROM jobs.emails")
    # An operator's or a broker's slip: what was applied lies in parking all the same, beside something new.
    for message in (email_message("1"), email_message("3")):
        await jobs.publish(
            Message(
                exchange="suite.parking",
                routing_key=f"{QUEUE}.parking",
                event_id=message.event_id,
                body=message.body,
                headers={"x-park-cause": "delivery-limit"},
            )
        )
    async with asyncio.timeout(PATIENCE_S):
        while (await jobs.queue())["parked"] != 2:
            await asyncio.sleep(0.1)
    assert (await jobs.ask(f"/{QUEUE}/replay", body={"reason": REASON, "dry_run": False}))["moved"] == 2
    await jobs.until(accepted=3, applied=3, parked=0)
    after = await jobs.sql("SELECT count(*) FROM jobs.emails")
    assert after[0]["count"] == mails[0]["count"] + 1


async def test_every_action_is_in_the_log_by_its_actor_and_nothing_personal_is(jobs: Operated) -> None:
    await jobs.publish(unknown("new"))
    await jobs.until(parked=1)
    await jobs.ask(f"/{QUEUE}/new", who="ada")
    reason = "asked by owner@example.com"
    await jobs.ask(f"/{QUEUE}/discard", body={"reason": reason, "dry_run": False})
    await jobs.ask(f"/{QUEUE}/discard", who="vera", body={"reason": reason}, status=403)
    log = jobs.service.log.read_text()
    assert '"action":"parking.read"' in log
    assert '"actor":"ada"' in log
    assert '"event":"operator_refused"' in log
    assert "owner@example.com" not in log


async def test_a_thousand_parked_messages_move_in_one_go_within_seconds(jobs: Operated) -> None:
    await jobs.publish(*(unknown(f"new-{number}") for number in range(1_000)))
    await jobs.until(accepted=1_000, parked=1_000)
    thrown = await jobs.ask(f"/{QUEUE}/discard", body={"reason": REASON, "limit": 1_000, "dry_run": False})
    assert (thrown["moved"], thrown["parked"]) == (1_000, 0)
    await jobs.until(accepted=1_000, parked=0, discarded=1_000)


class _Killed(ConnectionError):
    """The end of whoever replays."""


class _KilledBus(RabbitMQBus):
    """Ends when the broker has confirmed what is replayed, and before that is taken out of parking."""

    async def publish(self, messages: Sequence[Message]) -> None:
        await super().publish(messages)
        raise _Killed


async def test_what_a_killed_replay_leaves_is_parked_and_applied_and_the_next_replay_clears_it(
    jobs: Operated, amqp_url: str
) -> None:
    await jobs.publish(email_message("warm"))
    await jobs.until(accepted=1, applied=1)
    mails = await jobs.sql("SELECT count(*) FROM jobs.emails")
    for event_id in ("1", "2", "3"):
        message = email_message(event_id)
        await jobs.sql(f"INSERT INTO jobs.inbox (consumer, event_id, state) VALUES ('{QUEUE}', '{event_id}', 'parked')")
        await jobs.publish(
            Message(
                exchange="suite.parking",
                routing_key=f"{QUEUE}.parking",
                event_id=event_id,
                body=message.body,
                headers={"x-park-cause": "handler-timeout"},
            )
        )
    await jobs.until(accepted=4, applied=1, parked=3)

    killed = _KilledBus(amqp_url, name="killed", clock=SystemClock(), random=random.random)
    await killed.start()
    with pytest.raises((_Killed, BusUnavailable)):
        await killed.replay(QUEUE)
    await killed.close()

    # Sent and not taken out: applied, and still there to be seen. The ledger knows them once, and is balanced.
    async with asyncio.timeout(PATIENCE_S):
        while (queue := await jobs.queue())["ledger"]["applied"] != 4 or queue["parked"] != 3:
            await asyncio.sleep(0.1)
    assert (queue["ledger"]["parked"], queue["ledger"]["balanced"]) == (0, True)

    # Again, by an operator: duplicates, and the parking is empty. Throwing them away would have left what was applied alone.
    thrown = await jobs.ask(f"/{QUEUE}/discard", body={"reason": REASON, "event_ids": ["3"], "dry_run": False})
    assert thrown["moved"] == 1
    assert (await jobs.ask(f"/{QUEUE}/replay", body={"reason": REASON, "dry_run": False}))["moved"] == 2
    await jobs.until(accepted=4, applied=4, parked=0, discarded=0)
    after = await jobs.sql("SELECT count(*) FROM jobs.emails")
    assert after[0]["count"] == mails[0]["count"] + 3


async def test_what_is_parked_and_whether_the_ledger_adds_up_are_metrics(jobs: Operated) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with jobs.session.get(
                f"{jobs.service.url}/metrics", headers={"Accept": "application/json"}
            ) as response:
                known = await response.json()
            if known.get("ai_telephony_ledger_imbalance") and known.get("ai_telephony_parking_depth"):
                break
            await asyncio.sleep(0.2)
    assert known["ai_telephony_parking_depth"][f"queue={QUEUE}"] == 0
    assert known["ai_telephony_ledger_imbalance"][f"queue={QUEUE}"] == 0

    await jobs.publish(*(unknown(f"new-{number}") for number in range(3)))
    await jobs.until(accepted=3, parked=3)
    await jobs.sql(f"INSERT INTO jobs.inbox (consumer, event_id, state) VALUES ('{QUEUE}', 'lost', 'pending')")
    pool = await open_pool(jobs.database.urls["jobs"], schema="jobs", application_name="test")
    try:
        gauges = ParkingGauges(
            queues=[JOBS_COMMANDS],
            parking=jobs.bus,
            accounts=PostgresMessagingStore(pool, PostgresTransaction, clock=SystemClock()),
            clock=SystemClock(),
        )
        await gauges.depths.refresh()
        await gauges.imbalances.refresh()
        assert (gauges.depths.numbers, gauges.imbalances.numbers) == ({QUEUE: 3}, {QUEUE: 1})
    finally:
        await pool.close()
