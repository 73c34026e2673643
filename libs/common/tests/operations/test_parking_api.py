from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from common.clock import ManualClock
from common.contracts.jobs import SendEmail, SubmitJob
from common.contracts.topology import JOBS_COMMANDS, JOBS_COPIES
from common.errors import SuiteError
from common.messaging.bus import BusUnavailable, Message
from common.messaging.inbox import Handlers, Inbox, InboxLimits, Received
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction
from common.messaging.parking import Parked, parked_message
from common.messaging.store import LedgerLine
from common.observability.health import Health
from common.observability.metrics import Metrics
from common.operations.parking_api import PATH, ParkingApi, queues_of
from common.storage import StoreUnavailable
from common.testing.bus_contract import QUEUE, eventually
from common.testing.messages import NOON, delivered, email_message
from common.testing.operators import bearer, open_gate
from common.web.server import create_web_app, listening

REASON = "fixed in 1.4"


class Refused(SuiteError):
    """Not with this address."""

    slug = "address-refused"


class Store(MemoryMessagingStore[MemoryTransaction]):
    """One that can be down."""

    down = False

    async def ledger(self, *, since: datetime | None = None) -> Sequence[LedgerLine]:
        if self.down:
            raise StoreUnavailable
        return await super().ledger(since=since)

    async def record_discarded(self, consumer: str, event_ids: Sequence[str]) -> int:
        if self.down:
            raise StoreUnavailable
        return await super().record_discarded(consumer, event_ids)


class Sending:
    """A consumer that refuses until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.sent: list[str] = []

    async def send(self, _tx: MemoryTransaction, received: Received[SendEmail]) -> None:
        if not self.mended:
            raise Refused
        self.sent.append(received.data.email_id)

    async def submit(self, _tx: MemoryTransaction, _received: Received[SubmitJob]) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A service with its parking API, and a client of each operator."""

    url: str
    session: aiohttp.ClientSession
    bus: MemoryBus
    store: Store
    service: Sending

    async def get(self, path: str = "", *, who: str = "vera", status: int = 200) -> Any:
        async with self.session.get(f"{self.url}{PATH}{path}", headers=bearer(who)) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def post(self, path: str, *, who: str = "olaf", status: int = 200, **body: object) -> Any:
        async with self.session.post(f"{self.url}{PATH}{path}", json=body, headers=bearer(who)) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def publish(self, *messages: Message) -> None:
        await self.bus.publish(messages)

    async def until_parked(self, count: int) -> None:
        async def parked() -> bool:
            return await self.bus.depth(QUEUE) == count

        await eventually(parked)

    async def line(self) -> LedgerLine:
        (line,) = await self.store.ledger()
        assert line.balanced
        return line


def stray(event_id: str, body: bytes) -> Message:
    """Something that another program put into the queue."""
    return Message(exchange="", routing_key=QUEUE, event_id=event_id, body=body)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async for made in rigged(tmp_path):
        yield made


async def rigged(folder: Path, *, keeps_ledger: bool = True) -> AsyncIterator[Rig]:
    clock, service = ManualClock(NOON), Sending()
    store, bus = Store(MemoryTransaction, clock=clock), MemoryBus(MemoryBroker())
    await bus.start()
    handlers: Handlers[MemoryTransaction] = Handlers()
    inbox = Inbox(store=store, clock=clock, random=lambda: 0.5, limits=InboxLimits(batch=1))
    inbox.consume(JOBS_COMMANDS, handlers.on(SendEmail, service.send).on(SubmitJob, service.submit))
    consuming = asyncio.create_task(inbox.run(bus))
    app = create_web_app("jobs", health=Health(), metrics=Metrics("jobs"))
    ParkingApi(
        "jobs",
        queues=queues_of("jobs"),
        parking=bus,
        ledger=store,
        keeps_ledger=keeps_ledger,
        gate=open_gate(folder, clock),
        clock=clock,
    ).add_routes(app, expect_route=lambda path: None)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(app, host="127.0.0.1", port=0, health=Health(), drain_s=0.1))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Rig(url=f"http://127.0.0.1:{port}", session=session, bus=bus, store=store, service=service)
    consuming.cancel()
    await asyncio.gather(consuming, return_exceptions=True)
    await bus.close()


async def test_the_overview_counts_by_queue_and_cause_beside_the_ledger(rig: Rig) -> None:
    await rig.publish(email_message("1"), email_message("2"), stray("3", b"no json"))
    await rig.until_parked(3)
    seen = await rig.get()
    assert (seen["service"], seen["ledger_missing"]) == ("jobs", "")
    queues = {queue["queue"]: queue for queue in seen["queues"]}
    assert set(queues) == {queue.name for queue in queues_of("jobs")} >= {QUEUE, JOBS_COPIES.name}
    assert queues[JOBS_COPIES.name] == {
        "queue": JOBS_COPIES.name, "parked": 0, "looked_at": 0, "causes": [], "ledger": None,
    }  # fmt: skip
    commands = queues[QUEUE]
    assert (commands["parked"], commands["looked_at"]) == (3, 3)
    assert [(cause["cause"], cause["count"]) for cause in commands["causes"]] == [
        ("address-refused", 2),
        ("malformed-message", 1),
    ]
    assert all(cause["oldest_at"] for cause in commands["causes"])
    assert commands["ledger"] == {
        "accepted": 3, "applied": 0, "pending": 0, "parked": 3, "discarded": 0, "balanced": True,
    }  # fmt: skip


async def test_what_is_parked_is_told_while_the_database_is_down(rig: Rig) -> None:
    await rig.publish(email_message("1"))
    await rig.until_parked(1)
    rig.store.down = True
    seen = await rig.get()
    assert seen["ledger_missing"] == "store-unavailable"
    assert {queue["queue"]: queue["parked"] for queue in seen["queues"]}[QUEUE] == 1


async def test_a_list_tells_what_waits_and_why_and_never_what_it_says(rig: Rig) -> None:
    unknown = email_message("2").body.replace(b"email.send.v1", b"email.send.v9")
    await rig.publish(email_message("1"), stray("2", unknown), stray("", b"\xff owner@example.com"))
    await rig.until_parked(3)
    listed = await rig.get(f"/{QUEUE}")
    assert (listed["parked"], listed["looked_at"]) == (3, 3)
    assert [(item["contract"], item["cause"], item["attempts"]) for item in listed["items"]] == [
        ("email.send.v1", "address-refused", 1),
        ("email.send.v9", "unknown-contract", 1),
        (QUEUE, "malformed-message", 1),
    ]
    assert [item["event_id"] for item in listed["items"]][:2] == ["1", "2"]
    assert listed["items"][2]["event_id"].startswith("sha256:")
    assert "owner@example.com" not in json.dumps(listed)
    only = await rig.get(f"/{QUEUE}?cause=unknown-contract&limit=1")
    assert [item["event_id"] for item in only["items"]] == ["2"]
    assert (await rig.get(f"/{QUEUE}?limit=2"))["items"] == listed["items"][:2]


async def test_a_body_is_shown_to_an_admin_alone_one_at_a_time_and_that_is_written_down(rig: Rig) -> None:
    await rig.publish(email_message("a/b"), stray("2", b"\xff\x00"))
    await rig.until_parked(2)
    for who in ("vera", "olaf"):
        await rig.get(f"/{QUEUE}/a%2Fb", who=who, status=403)
    with capture_logs() as logs:
        whole = await rig.get(f"/{QUEUE}/a%2Fb", who="ada")
    assert json.loads(whole["body"])["data"]["recipient"] == "owner@example.com"
    assert whole["parked"]["event_id"] == "a/b"
    (line,) = [entry for entry in logs if entry["event"] == "operator_action"]
    assert (line["actor"], line["action"], line["event_id"]) == ("ada", "parking.read", "a/b")
    assert "owner@example.com" not in str(logs)
    binary = await rig.get(f"/{QUEUE}/2", who="ada")
    assert (binary["body"], binary["body_base64"]) == ("", "/wA=")
    await rig.get(f"/{QUEUE}/nothing", who="ada", status=404)


async def test_a_dry_run_says_what_would_go_and_moves_nothing(rig: Rig) -> None:
    await rig.publish(email_message("1"), email_message("2"))
    await rig.until_parked(2)
    rig.service.mended = True
    for move in ("replay", "discard"):
        answer = await rig.post(f"/{QUEUE}/{move}", reason=REASON)
        assert (answer["dry_run"], answer["moved"], answer["parked"]) == (True, 2, 2)
        assert answer["event_ids"] == ["1", "2"]
    await rig.until_parked(2)
    assert rig.service.sent == []
    assert (await rig.line()).parked == 2


async def test_replayed_messages_are_applied_once_they_can_be(rig: Rig) -> None:
    await rig.publish(email_message("1"), email_message("2"), stray("3", b"no json"))
    await rig.until_parked(3)
    rig.service.mended = True
    with capture_logs() as logs:
        answer = await rig.post(f"/{QUEUE}/replay", cause="address-refused", reason=REASON, dry_run=False)
    assert (answer["moved"], answer["parked"]) == (2, 1)
    assert [(cause["cause"], cause["count"]) for cause in answer["causes"]] == [("address-refused", 2)]
    (line,) = [entry for entry in logs if entry["event"] == "operator_action"]
    assert (line["actor"], line["action"], line["reason"], line["moved"]) == ("olaf", "parking.replay", REASON, 2)
    await eventually_sent(rig, 2)
    ledger = await rig.line()
    assert (ledger.accepted, ledger.applied, ledger.parked) == (3, 2, 1)


async def eventually_sent(rig: Rig, count: int) -> None:
    async def sent() -> bool:
        return len(rig.service.sent) == count

    await eventually(sent)


async def test_a_replay_of_what_was_applied_changes_nothing(rig: Rig) -> None:
    rig.service.mended = True
    await rig.publish(email_message("1"))
    await eventually_sent(rig, 1)
    again = parked_message(delivered(email_message("1"), QUEUE), cause="delivery-limit", detail="", at=NOON)
    await rig.publish(again)
    await rig.until_parked(1)
    answer = await rig.post(f"/{QUEUE}/replay", reason=REASON, dry_run=False)
    assert answer["moved"] == 1
    await rig.until_parked(0)
    await asyncio.sleep(0.05)
    assert rig.service.sent == ["1"]
    ledger = await rig.line()
    assert (ledger.accepted, ledger.applied) == (1, 1)


async def test_replaying_what_still_can_not_be_applied_parks_it_again(rig: Rig) -> None:
    await rig.publish(stray("1", b"no json"))
    await rig.until_parked(1)
    await rig.post(f"/{QUEUE}/replay", reason=REASON, dry_run=False)
    await rig.until_parked(1)
    assert (await rig.line()).parked == 1


async def test_what_is_discarded_is_accounted_for_and_never_applied(rig: Rig) -> None:
    await rig.publish(email_message("1"), email_message("2"), stray("", b"no json"))
    await rig.until_parked(3)
    listed = await rig.get(f"/{QUEUE}")
    ids = [item["event_id"] for item in listed["items"]]
    answer = await rig.post(f"/{QUEUE}/discard", event_ids=[ids[0], ids[2], "gone"], reason=REASON, dry_run=False)
    assert (answer["moved"], answer["parked"], answer["missing_ids"]) == (2, 1, ["gone"])
    ledger = await rig.line()
    assert (ledger.accepted, ledger.parked, ledger.discarded) == (3, 1, 2)
    rig.service.mended = True
    await rig.publish(email_message("1"))
    await asyncio.sleep(0.05)
    assert rig.service.sent == []


async def test_nothing_is_discarded_that_can_not_be_accounted_for(rig: Rig) -> None:
    await rig.publish(email_message("1"))
    await rig.until_parked(1)
    rig.store.down = True
    await rig.post(f"/{QUEUE}/discard", reason=REASON, dry_run=False, status=503)
    rig.store.down = False
    await rig.until_parked(1)
    assert (await rig.line()).parked == 1


async def test_a_makeshift_store_discards_nothing_but_replays(tmp_path: Path) -> None:
    async for rig in rigged(tmp_path, keeps_ledger=False):
        await rig.publish(email_message("1"))
        await rig.until_parked(1)
        answer = await rig.post(f"/{QUEUE}/discard", reason=REASON, dry_run=False, status=409)
        assert answer["type"] == "urn:suite:problem:ledger-not-kept"
        assert (await rig.get())["ledger_missing"] == "ledger-not-kept"
        rig.service.mended = True
        await rig.post(f"/{QUEUE}/replay", reason=REASON, dry_run=False)
        await eventually_sent(rig, 1)


async def test_no_more_is_moved_than_the_limit_says_the_oldest_first(rig: Rig) -> None:
    await rig.publish(*(email_message(str(number)) for number in range(5)))
    await rig.until_parked(5)
    answer = await rig.post(f"/{QUEUE}/discard", limit=2, reason=REASON, dry_run=False)
    assert (answer["moved"], answer["parked"], answer["event_ids"]) == (2, 3, ["0", "1"])


async def test_two_who_replay_at_once_move_each_message_once(rig: Rig) -> None:
    await rig.publish(*(email_message(str(number)) for number in range(20)))
    await rig.until_parked(20)
    rig.service.mended = True
    answers = await asyncio.gather(*(rig.post(f"/{QUEUE}/replay", reason=REASON, dry_run=False) for _ in range(3)))
    assert sum(answer["moved"] for answer in answers) == 20
    await eventually_sent(rig, 20)


async def test_a_broker_that_is_down_is_told_and_can_be_tried_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(_queue: str) -> int:
        raise BusUnavailable

    monkeypatch.setattr(rig.bus, "depth", gone)
    answer = await rig.get(status=503)
    assert (answer["type"], answer["retryable"]) == ("urn:suite:problem:bus-unavailable", True)


async def test_a_look_that_takes_too_long_is_given_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.operations.parking_api._WITHIN_S", 0.05)

    async def hang(_queue: str, **_more: object) -> Sequence[Parked]:
        await asyncio.sleep(3600)
        return ()

    monkeypatch.setattr(rig.bus, "depth", hang)
    assert (await rig.get(status=504))["type"] == "urn:suite:problem:timeout"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("{", 400, "must be JSON"),
        ("", 400, "is empty"),
        ("[" * 10_000, 422, "Expected `object`"),
        ("{}", 422, "missing required field `reason`"),
        ('{"reason": "ok"}', 422, "length >= 3"),
        ('{"reason": "   "}', 422, "regex"),
        ('{"reason": "fixed", "dry_run": "no"}', 422, "$.dry_run"),
        ('{"reason": "fixed", "dryrun": false}', 422, "unknown field `dryrun`"),
        ('{"reason": "fixed", "event_ids": []}', 422, "length >= 1"),
        ('{"reason": "fixed", "event_ids": [7]}', 422, "$.event_ids[0]"),
        ('{"reason": "fixed", "limit": 0}', 422, ">= 1"),
        ('{"reason": "fixed", "limit": 1001}', 422, "<= 1000"),
        ('{"reason": "' + "x" * 70_000 + '"}', 413, ""),
    ],
)
async def test_a_body_that_says_nothing_sound_moves_nothing(rig: Rig, body: str, status: int, words: str) -> None:
    await rig.publish(email_message("1"))
    await rig.until_parked(1)
    async with rig.session.post(f"{rig.url}{PATH}/{QUEUE}/discard", data=body, headers=bearer("ada")) as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"
        assert words in (await response.json()).get("detail", "")
    await rig.until_parked(1)


@pytest.mark.parametrize(
    "query", ["cause=", "cause=%00", "limit=0", "limit=501", "limit=x", "case=broken", "cause=" + "x" * 101]
)
async def test_a_filter_that_is_none_is_refused(rig: Rig, query: str) -> None:
    await rig.get(f"/{QUEUE}?{query}", status=400)


async def test_there_are_no_other_queues_than_the_services_own(rig: Rig) -> None:
    for queue in ("chat.calls.critical", "nope", f"{QUEUE}.parking", "%00", "..%2F..", "*"):
        answer = await rig.get(f"/{queue}", status=404)
        await rig.post(f"/{queue}/discard", reason=REASON, status=404)
        assert answer["type"] == "urn:suite:problem:not-found"


async def test_each_route_wants_its_role(rig: Rig) -> None:
    for path in ("", f"/{QUEUE}", f"/{QUEUE}/1"):
        async with rig.session.get(f"{rig.url}{PATH}{path}") as response:
            assert response.status == 401
    for move in ("replay", "discard"):
        async with rig.session.post(f"{rig.url}{PATH}/{QUEUE}/{move}", json={"reason": REASON}) as response:
            assert response.status == 401
        await rig.post(f"/{QUEUE}/{move}", who="vera", reason=REASON, status=403)


def test_every_queue_has_exactly_one_service_that_owns_it() -> None:
    names = [queue.name for service in ("gateway", "chat", "billing", "jobs") for queue in queues_of(service)]
    assert len(names) == len(set(names)) >= 15
