from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import ClassVar

import pytest

from common.clock import ManualClock
from common.contracts.gateway import CallStarted
from common.contracts.jobs import SendEmail, SubmitJob
from common.contracts.topology import JOBS_COMMANDS
from common.errors import SuiteError
from common.messaging.bus import Delivery, Done, Message, Park
from common.messaging.inbox import Handlers, Inbox, InboxLimits, Received, Result
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.memory_store import MemoryMessagingStore, MemoryTransaction
from common.messaging.store import LedgerLine
from common.storage import StoreUnavailable
from common.testing.bus_contract import QUEUE, QUEUES, eventually
from common.testing.messages import NOON, call_message, delivered, email_message
from common.testing.patience import settle

Store = MemoryMessagingStore[MemoryTransaction]


class NotYet(SuiteError):
    """It is too early for this."""

    slug: ClassVar[str] = "not-yet"
    retryable = True


class Never(SuiteError):
    """This can't be."""

    slug: ClassVar[str] = "never"


class Sending:
    """The service: applies emails, failing as told."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.failing: list[Exception] = []
        self.delay_s = 0.0

    async def send(self, tx: MemoryTransaction, received: Received[SendEmail]) -> None:
        await asyncio.sleep(self.delay_s)
        tx.emit(email_message(f"after-{received.data.email_id}"))
        if self.failing:
            raise self.failing.pop(0)
        self.sent.append(received.data.email_id)

    async def submit(self, tx: MemoryTransaction, received: Received[SubmitJob]) -> None:
        self.sent.append(received.data.job_id)


class Watching:
    def __init__(self) -> None:
        self.handled_as: list[tuple[str, Result, str]] = []

    def handled(self, *, queue: str, contract: str, result: Result, cause: str, duration_s: float) -> None:
        assert queue == QUEUE
        self.handled_as.append((contract, result, cause))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(clock: ManualClock) -> Store:
    return MemoryMessagingStore(MemoryTransaction, clock=clock)


@pytest.fixture
def service() -> Sending:
    return Sending()


@pytest.fixture
def watching() -> Watching:
    return Watching()


def handlers_of(service: Sending) -> Handlers[MemoryTransaction]:
    handlers: Handlers[MemoryTransaction] = Handlers()
    return handlers.on(SendEmail, service.send).on(SubmitJob, service.submit)


@pytest.fixture
def inbox(store: Store, clock: ManualClock, service: Sending, watching: Watching) -> Inbox[MemoryTransaction]:
    limits = InboxLimits(max_attempts=3, handler_timeout_s=1.0, sweep_s=0.02)
    inbox = Inbox(store=store, clock=clock, random=lambda: 1.0, observer=watching, limits=limits)
    inbox.consume(JOBS_COMMANDS, handlers_of(service))
    return inbox


def a_delivery(event_id: str = "1") -> Delivery:
    return delivered(email_message(event_id), QUEUE)


async def owed(store: Store) -> list[str]:
    return [row.message.event_id for row in await store.claim_outbox(limit=100, lease_s=1)]


async def ledger(store: Store) -> LedgerLine:
    (line,) = await store.ledger()
    assert line.balanced
    return line


async def test_an_event_is_applied_with_its_effects_in_one_transaction(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, watching: Watching
) -> None:
    assert await inbox.handle(a_delivery()) == Done()
    assert service.sent == ["1"]
    assert await owed(store) == ["after-1"]
    assert (await ledger(store)).applied == 1
    assert watching.handled_as == [("email.send.v1", "applied", "")]


async def test_the_same_event_again_changes_nothing(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, watching: Watching
) -> None:
    outcomes = await asyncio.gather(*(inbox.handle(a_delivery()) for _ in range(5)))
    assert outcomes == [Done()] * 5
    assert service.sent == ["1"]
    assert await owed(store) == ["after-1"]
    assert sorted(result for _, result, _ in watching.handled_as) == ["applied"] + ["duplicate"] * 4


@pytest.mark.parametrize("failure", [NotYet(), KeyError("a bug"), OSError("mine"), TimeoutError("mine")])
async def test_what_may_pass_is_tried_again_later_from_a_row(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, clock: ManualClock, failure: Exception
) -> None:
    service.failing = [failure]
    assert await inbox.handle(a_delivery()) == Done()
    assert service.sent == []
    assert (await ledger(store)).pending == 1
    assert await inbox.sweep() == 0
    clock.advance(2)
    assert await inbox.sweep() == 1
    assert service.sent == ["1"]
    assert await owed(store) == ["after-1"]
    assert (await ledger(store)).applied == 1


async def test_what_fails_too_often_is_parked_through_the_outbox(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, clock: ManualClock, watching: Watching
) -> None:
    service.failing = [NotYet("a"), NotYet("b"), NotYet("c")]
    await inbox.handle(a_delivery())
    for _ in range(2):
        clock.advance(60)
        assert await inbox.sweep() == 1
    (row,) = await store.claim_outbox(limit=10, lease_s=30)
    assert (row.message.exchange, row.message.routing_key) == ("suite.parking", f"{QUEUE}.parking")
    assert row.message.body == email_message("1").body
    assert row.message.headers["x-park-cause"] == "not-yet"
    assert (await ledger(store)).parked == 1
    assert [result for _, result, _ in watching.handled_as] == ["retry", "retry", "parked"]
    clock.advance(600)
    assert await inbox.sweep() == 0


async def test_what_can_never_be_is_parked_at_once(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending
) -> None:
    service.failing = [Never("because")]
    assert await inbox.handle(a_delivery()) == Park("never", "This can't be. because")
    assert (await ledger(store)).parked == 1
    assert await owed(store) == []


async def test_a_message_replayed_from_parking_is_applied(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending
) -> None:
    service.failing = [Never()]
    await inbox.handle(a_delivery())
    assert await inbox.handle(a_delivery()) == Done()
    assert service.sent == ["1"]
    assert (await ledger(store)).applied == 1


async def test_a_later_attempt_that_can_never_be_is_parked(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, clock: ManualClock
) -> None:
    service.failing = [NotYet(), Never()]
    await inbox.handle(a_delivery())
    clock.advance(60)
    await inbox.sweep()
    assert (await ledger(store)).parked == 1


@pytest.mark.parametrize(
    ("message", "cause", "contract"),
    [
        (Message(exchange="", routing_key="x", event_id="m1", body=b"not json"), "malformed-message", "unknown"),
        (Message(exchange="", routing_key="x", event_id="", body=b""), "malformed-message", "unknown"),
        (Message(exchange="", routing_key="x", event_id="m1", body=b"\xff" * 10), "malformed-message", "unknown"),
        (Message(exchange="", routing_key="x", event_id="m1", body=b"[" * 100_000), "malformed-message", "unknown"),
        (Message(exchange="", routing_key="x", event_id="m1", body=b" " * 300_000), "message-too-large", "unknown"),
        (call_message("c1"), "unknown-contract", "unknown"),
    ],
)
async def test_what_cannot_be_read_is_parked_with_its_cause_and_counted(
    inbox: Inbox[MemoryTransaction], store: Store, watching: Watching, message: Message, cause: str, contract: str
) -> None:
    outcome = await inbox.handle(delivered(message, QUEUE))
    assert isinstance(outcome, Park)
    assert outcome.cause == cause
    assert watching.handled_as == [(contract, "parked", cause)]
    assert (await ledger(store)).parked == 1


async def test_an_unknown_version_is_parked(inbox: Inbox[MemoryTransaction], watching: Watching) -> None:
    message = email_message("1")
    newer = Delivery(
        queue=QUEUE,
        routing_key="email.send.v2",
        event_id="1",
        body=message.body.replace(b"email.send.v1", b"email.send.v2"),
    )
    assert await inbox.handle(newer) == Park(
        "unknown-contract", "Nobody here knows this type and version of message. email.send.v2"
    )
    assert watching.handled_as == [("unknown", "parked", "unknown-contract")]


@pytest.mark.parametrize("event_id", ["a\\u0000b", "x" * 300, " \\n", ""])
async def test_an_id_that_no_store_could_hold_gives_way_to_the_bodys_hash(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, event_id: str
) -> None:
    body = email_message("1").body.replace(b'"id":"1"', f'"id":"{event_id}"'.encode())
    delivery = Delivery(queue=QUEUE, routing_key="email.send.v1", event_id="1", body=body)
    assert await inbox.handle(delivery) == Done()
    assert await inbox.handle(delivery) == Done()
    assert service.sent == ["1"]
    ((_, key),) = [(row.consumer, row.event_id) for row in store.tables.inbox.rows()]
    assert key.startswith("sha256:")


async def test_a_handler_that_hangs_is_ended_and_tried_again(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, watching: Watching
) -> None:
    service.delay_s = 60
    assert await inbox.handle(a_delivery()) == Done()
    assert watching.handled_as == [("email.send.v1", "retry", "handler-timeout")]
    assert (await ledger(store)).pending == 1
    assert await owed(store) == []


async def test_a_store_that_is_down_gives_the_delivery_back(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending
) -> None:
    service.failing = [StoreUnavailable("x")]
    with pytest.raises(StoreUnavailable):
        await inbox.handle(a_delivery())
    assert await store.ledger() == []
    assert await inbox.handle(a_delivery()) == Done()


async def test_being_cancelled_applies_nothing(inbox: Inbox[MemoryTransaction], store: Store, service: Sending) -> None:
    service.delay_s = 0.5
    task = asyncio.create_task(inbox.handle(a_delivery()))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.ledger() == []
    assert await owed(store) == []


def test_a_queue_needs_a_handler_for_each_of_its_contracts_and_for_no_other(
    store: Store, clock: ManualClock, service: Sending
) -> None:
    async def ignore(tx: MemoryTransaction, received: Received[CallStarted]) -> None: ...

    inbox = Inbox(store=store, clock=clock, random=lambda: 0.5)
    handlers: Handlers[MemoryTransaction] = Handlers()
    handlers.on(SendEmail, service.send).on(CallStarted, ignore)
    with pytest.raises(ValueError, match=r"job\.submit\.v1 has no handler; call\.started\.v1 never comes"):
        inbox.consume(JOBS_COMMANDS, handlers)
    with pytest.raises(ValueError, match=r"email\.send\.v1 has a handler"):
        handlers.on(SendEmail, service.send)
    inbox.consume(JOBS_COMMANDS, handlers_of(service))
    with pytest.raises(ValueError, match="it is consumed already"):
        inbox.consume(JOBS_COMMANDS, handlers_of(service))


@asynccontextmanager
async def consuming(inbox: Inbox[MemoryTransaction], bus: MemoryBus) -> AsyncIterator[None]:
    task = asyncio.create_task(inbox.run(bus))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_running_inbox_consumes_retries_and_survives_its_store(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, clock: ManualClock
) -> None:
    bus = MemoryBus(MemoryBroker(queues=QUEUES))
    await bus.start()
    service.failing = [NotYet(), StoreUnavailable("x")]
    async with consuming(inbox, bus):
        await bus.publish([email_message(str(number)) for number in range(20)])

        async def all_sent() -> bool:
            clock.advance(1)
            return len(service.sent) == 20

        await eventually(all_sent)
    assert sorted(service.sent, key=int) == [str(number) for number in range(20)]
    assert (await ledger(store)).applied == 20
    await bus.close()


async def test_old_events_are_forgotten_now_and_then(
    inbox: Inbox[MemoryTransaction], store: Store, clock: ManualClock
) -> None:
    await inbox.handle(a_delivery())
    await inbox.sweep()
    clock.advance(46 * 86_400)
    await inbox.sweep()
    assert await store.ledger() == []


class CountingStore(MemoryMessagingStore[MemoryTransaction]):
    """Counts transactions."""

    count = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MemoryTransaction]:
        self.count += 1
        await asyncio.sleep(0.002)
        async with super().transaction() as tx:
            yield tx


async def test_under_load_many_share_a_transaction_and_each_is_applied_once(
    clock: ManualClock, service: Sending, watching: Watching
) -> None:
    store = CountingStore(MemoryTransaction, clock=clock)
    inbox = Inbox(store=store, clock=clock, random=lambda: 1.0, observer=watching)
    inbox.consume(JOBS_COMMANDS, handlers_of(service))
    bus = MemoryBus(MemoryBroker(queues=QUEUES))
    await bus.start()
    async with consuming(inbox, bus):
        await bus.publish([email_message(str(number // 2)) for number in range(200)])

        async def all_handled() -> bool:
            return len(watching.handled_as) == 200

        await eventually(all_handled)
    assert sorted(service.sent, key=int) == [str(number) for number in range(100)]
    assert store.count < 30
    assert sorted(result for _, result, _ in watching.handled_as) == ["applied"] * 100 + ["duplicate"] * 100
    await bus.close()


async def test_a_batch_goes_by_subject_so_that_two_processes_do_not_lock_each_other_out(
    inbox: Inbox[MemoryTransaction], service: Sending, watching: Watching
) -> None:
    bus = MemoryBus(MemoryBroker(queues=QUEUES))
    await bus.start()
    await bus.publish([email_message(str(number)) for number in reversed(range(10))])
    async with consuming(inbox, bus):

        async def all_handled() -> bool:
            return len(watching.handled_as) == 10

        await eventually(all_handled)
    in_order = sum(earlier < later for earlier, later in pairwise(service.sent))
    assert in_order >= 7, service.sent
    await bus.close()


async def test_one_that_fails_in_company_is_judged_alone_and_harms_nobody(
    inbox: Inbox[MemoryTransaction], store: Store, service: Sending, watching: Watching
) -> None:
    bus = MemoryBus(MemoryBroker(queues=QUEUES))
    await bus.start()
    await bus.publish([email_message(str(number)) for number in range(10)])
    service.failing = [Never(), Never()]
    async with consuming(inbox, bus):

        async def all_handled() -> bool:
            return len(watching.handled_as) == 10

        await eventually(all_handled)
    line = await ledger(store)
    assert (line.applied, line.parked) in {(9, 1), (8, 2)}
    assert len(await bus.peek(QUEUE)) == line.parked
    await bus.close()
