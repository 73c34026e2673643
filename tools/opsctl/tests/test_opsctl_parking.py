from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from opsctl_rig import Terminal

from common.clock import SystemClock
from common.messaging.bus import Delivery
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction
from common.messaging.parking import parked_message
from common.messaging.store import LedgerLine
from common.observability.health import Health
from common.observability.metrics import Metrics
from common.operations.parking_api import ParkingApi, queues_of
from common.testing.messages import email_message
from common.testing.operators import open_gate
from common.web.server import create_web_app, listening

QUEUE = "jobs.commands.critical"
REASON = ("--reason", "fixed in 1.4")
CONSUMERS = {"telephony-gateway": "gateway", "chat": "chat", "billing": "billing", "jobs": "jobs"}


class Store(MemoryMessagingStore[MemoryTransaction]):
    """One whose ledger can be wrong."""

    lost = 0

    async def ledger(self, *, since: datetime | None = None) -> Sequence[LedgerLine]:
        return [replace(line, accepted=line.accepted + self.lost) for line in await super().ledger(since=since)]


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parking of all four."""

    bus: MemoryBus
    stores: dict[str, Store]
    urls: dict[str, str]

    async def park(
        self, event_id: str, *, queue: str = QUEUE, cause: str = "unknown-contract", body: bytes = b""
    ) -> None:
        delivery = Delivery(
            queue=queue, routing_key="email.send.v1", event_id=event_id, body=body or email_message(event_id).body
        )
        message = parked_message(delivery, cause=cause, detail="email.send.v9 [red]", at=datetime.now(UTC))
        await self.bus.publish([message])
        await self.stores[queue.partition(".")[0]].record_parked(queue, event_id, cause)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    clock, bus = SystemClock(), MemoryBus(MemoryBroker())
    await bus.start()
    stores = {consumer: Store(MemoryTransaction, clock=clock) for consumer in CONSUMERS.values()}
    urls = {}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bus.close)
        for service, consumer in CONSUMERS.items():
            app = create_web_app(service, health=Health(), metrics=Metrics(service))
            ParkingApi(
                service,
                queues=queues_of(consumer),
                parking=bus,
                ledger=stores[consumer],
                keeps_ledger=True,
                gate=open_gate(tmp_path, clock),
                clock=clock,
            ).add_routes(app, expect_route=lambda path: None)
            port = await stack.enter_async_context(
                listening(app, host="127.0.0.1", port=0, health=Health(), drain_s=0.1)
            )
            urls[service] = f"http://127.0.0.1:{port}"
        yield Services(bus=bus, stores=stores, urls=urls)


@pytest.fixture
def opsctl(services: Services, tmp_path: Path) -> Terminal:
    return Terminal(folder=tmp_path, urls=services.urls)


async def test_what_waits_in_all_services_is_told_by_queue_and_cause_with_advice(
    services: Services, opsctl: Terminal
) -> None:
    said = await opsctl("parking", "list")
    assert (said.code, said.words) == (0, "Nothing is parked (telephony-gateway, chat, billing, jobs).")
    for number in range(3):
        await services.park(str(number))
    await services.park("4", cause="address-refused")
    await services.park("5", queue="gateway.commands.critical", cause="malformed-message")
    said = await opsctl("parking", "list")
    assert said.code == 0
    for words in (f"{QUEUE} 4 unknown-contract x 3", "address-refused x 1", "gateway.commands.critical 1 malformed"):
        assert words in said.words
    assert "a sender is newer than this service: deploy it, then replay" in said.words
    found = {view["service"]: view for view in (await opsctl("parking", "list", "--json")).json["services"]}
    assert {queue["queue"]: queue["parked"] for queue in found["jobs"]["queues"]}[QUEUE] == 4
    assert "chat.calls.critical" in (await opsctl("parking", "list", "--all")).out


async def test_the_ledger_is_shown_and_one_that_does_not_add_up_is_an_error(
    services: Services, opsctl: Terminal
) -> None:
    await services.park("1")
    said = await opsctl("parking", "list", "--ledger")
    assert (said.code, f"{QUEUE} 1 0 0 1 0 yes" in said.words) == (0, True)
    lately = await opsctl("parking", "list", "--ledger", "--since", "1h", "--json")
    assert lately.json["services"][0]["ledger_since"] is not None
    services.stores["jobs"].lost = 1
    said = await opsctl("parking", "list")
    assert (said.code, f"{QUEUE}: the ledger does not add up" in said.err) == (1, True)


async def test_a_service_that_is_down_is_named_beside_what_the_others_say(services: Services, opsctl: Terminal) -> None:
    await services.park("1")
    urls = {**services.urls, "chat": "http://127.0.0.1:1"}
    said = await replace(opsctl, urls=urls)("parking", "list")
    assert (said.code, QUEUE in said.out, "chat at 127.0.0.1:1" in said.err) == (1, True, True)
    nobody = await replace(opsctl, urls={})("parking", "list")
    assert (nobody.code, "Nothing is parked" in nobody.out) == (1, False)


async def test_messages_are_listed_without_what_they_say(services: Services, opsctl: Terminal) -> None:
    for number in range(3):
        await services.park(f"event-{number}")
    said = await opsctl("parking", "show", QUEUE, "--limit", "2")
    assert said.code == 0
    for words in ("event-0", "email.send.v1", "unknown-contract", "email.send.v9 [red]", "2 of 3 that wait"):
        assert words in said.words
    assert "owner@example.com" not in said.out
    assert "Nothing is parked in" in (await opsctl("parking", "show", QUEUE, "--cause", "other")).out


async def test_a_body_needs_an_admin(services: Services, opsctl: Terminal) -> None:
    await services.park("a/b")
    refused = await opsctl("parking", "show", QUEUE, "a/b", "--body")
    assert (refused.code, "needs the role admin" in refused.err) == (1, True)
    shown = await replace(opsctl, who="ada")("parking", "show", QUEUE, "a/b", "--body")
    assert (shown.code, '"recipient": "owner@example.com"' in shown.out) == (0, True)
    assert (await opsctl("parking", "show", QUEUE, "a/b")).code == 2
    assert (await opsctl("parking", "show", QUEUE, "--body")).code == 2


async def test_nothing_is_moved_before_somebody_says_yes(services: Services, opsctl: Terminal) -> None:
    await services.park("1")
    await services.park("2", cause="address-refused")
    for move, would in (("replay", "would be replayed"), ("discard", "would be discarded")):
        dry = await opsctl("parking", move, QUEUE, "--cause", "unknown-contract", *REASON)
        assert (dry.code, would in dry.words, "Add --yes" in dry.err) == (0, True, True)
    assert await services.bus.depth(QUEUE) == 2
    done = await opsctl("parking", "replay", QUEUE, "--cause", "unknown-contract", *REASON, "--yes")
    assert f"1 of {QUEUE} replayed: unknown-contract x 1. 1 still wait." in done.words
    thrown = await opsctl("parking", "discard", QUEUE, "--all", *REASON, "--yes", "--json")
    assert (thrown.json["moved"], thrown.json["parked"]) == (1, 0)
    (line,) = await services.stores["jobs"].ledger()
    assert (line.discarded, line.balanced) == (1, True)


async def test_ids_that_are_not_there_are_an_error(services: Services, opsctl: Terminal) -> None:
    await services.park("1")
    said = await opsctl("parking", "discard", QUEUE, "--id", "1", "--id", "gone", *REASON, "--yes")
    assert (said.code, f"not parked in {QUEUE}: gone" in said.err) == (1, True)
    assert "1 of" in said.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("replay", QUEUE, *REASON), 2, "--cause CAUSE, --id EVENT_ID or --all"),
        (("replay", QUEUE, "--all", "--cause", "x", *REASON), 2, "--all goes with neither"),
        (("replay", "nope", "--all", *REASON), 2, "no service has a queue 'nope'"),
        (("replay", "chat.nope", "--all", *REASON), 1, "chat has no queue of this name"),
        (("show", "jobs/../../chat.calls.critical"), 2, "no service has a queue"),
        (("replay", QUEUE, "--all"), 2, "--reason"),
        (("replay", QUEUE, "--all", "--reason", "x"), 2, "say why, in a few words"),
        (("show", QUEUE, "--limit", "501"), 2, "limit must be 1 to 500"),
    ],
)
async def test_a_slip_of_the_pen_moves_nothing(
    services: Services, opsctl: Terminal, arguments: tuple[str, ...], code: int, words: str
) -> None:
    await services.park("1")
    said = await opsctl("parking", *arguments)
    assert said.code == code, said
    assert words in " ".join(said.err.split())
    assert await services.bus.depth(QUEUE) == 1
