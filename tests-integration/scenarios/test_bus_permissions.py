"""Each service as its own user of the broker: it can do its work, and nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiormq
import pytest

from common.clock import SystemClock
from common.contracts.base import Contract
from common.contracts.chat import CallbackKept, CustomerChanged, FindSlots, ResyncCopies
from common.contracts.gateway import EmergencyAcknowledged
from common.contracts.topology import CHAT_CALLS, CHAT_RPC, EVENTS, QUEUES, SIGNALS
from common.messaging.__main__ import declare
from common.messaging.bus import Delivery, Done, Message, Outcome
from common.messaging.compose import message_of
from common.messaging.parking import parked_message
from common.messaging.permissions import OPERATOR, SERVICES, commands, permissions_of, switches_topic_of
from common.messaging.rabbitmq_bus import RabbitMQBus
from common.testing.patience import PATIENCE_S
from common.testing.signals_contract import Heard
from harness.rabbitmq_server import RabbitMQServer

NOW = datetime(2026, 3, 9, 15, tzinfo=UTC)


def _message(data: Contract, event_id: str = "e1") -> Message:
    return message_of(data, event_id=event_id, source="/tests", time=NOW, subject="s", tenant="t")


TAKEN = EmergencyAcknowledged(alert_id="a", acknowledged_by="Dana", acknowledged_at=NOW)


@pytest.fixture
async def urls(rabbitmq_server: RabbitMQServer, amqp_url: str) -> AsyncIterator[dict[str, str]]:
    """The services' URLs, after an administrator declared the topology and gave each its permissions."""
    vhost = urlsplit(amqp_url).path[1:]
    await declare(amqp_url)
    made = {}
    for service in (*SERVICES, OPERATOR):
        user, may = f"{service}-{vhost}", permissions_of(service)

        def binary(text: str) -> str:
            escaped = text.replace("\\", "\\\\")
            return f'<<"{escaped}">>'

        await asyncio.to_thread(
            rabbitmq_server.evaluate,
            f'ok = rabbit_auth_backend_internal:add_user({binary(user)}, <<"secret">>, <<"suite">>), '
            f"ok = rabbit_auth_backend_internal:set_permissions({binary(user)}, {binary(vhost)}, {binary(may.configure)}, "
            f'{binary(may.write)}, {binary(may.read)}, <<"suite">>), '
            f"ok = rabbit_auth_backend_internal:set_topic_permissions({binary(user)}, {binary(vhost)}, {binary(EVENTS)}, "
            f'{binary(may.topic_write)}, <<".*">>, <<"suite">>), '
            f"rabbit_auth_backend_internal:set_topic_permissions({binary(user)}, {binary(vhost)}, {binary(SIGNALS)}, "
            f'{binary(may.signals_write)}, <<".*">>, <<"suite">>).',
        )
        made[service] = f"amqp://{user}:secret@127.0.0.1:{rabbitmq_server.port}/{vhost}"
    yield made
    for service in (*SERVICES, OPERATOR):
        await asyncio.to_thread(
            rabbitmq_server.evaluate, f'rabbit_auth_backend_internal:delete_user(<<"{service}-{vhost}">>, <<"suite">>).'
        )


async def _bus(url: str, name: str) -> RabbitMQBus:
    bus = RabbitMQBus(url, name=name, clock=SystemClock(), random=lambda: 0.5)
    await bus.start()
    async with asyncio.timeout(PATIENCE_S):
        while not bus.connected:
            await asyncio.sleep(0.05)
    return bus


async def test_a_service_publishes_reads_and_answers_as_its_own_user(urls: dict[str, str]) -> None:
    gateway, chat = await _bus(urls["gateway"], "gateway"), await _bus(urls["chat"], "chat")
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def listen(delivery: Delivery) -> Outcome:
        await heard.put(delivery.routing_key)
        return Done()

    async def answer(_request: Delivery) -> bytes:
        return b"free"

    await chat.subscribe(CHAT_CALLS.name, listen)
    await chat.respond(CHAT_RPC.name, answer)
    await gateway.publish([_message(TAKEN), _message(ResyncCopies(requested_by="gateway", requested_at=NOW), "e2")])
    async with asyncio.timeout(PATIENCE_S):
        assert await heard.get() == "emergency.acknowledged.v1"
    query = FindSlots(service="leak", after=NOW, before=NOW, limit=3)
    assert await gateway.call(_message(query, "e3"), deadline_s=PATIENCE_S) == b"free"
    for bus in (gateway, chat):
        await bus.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_each_service_lists_replays_and_discards_its_own_parking_as_its_own_user(
    urls: dict[str, str], service: str
) -> None:
    queue = next(queue.name for queue in QUEUES if queue.consumer == service)
    bus = await _bus(urls[service], service)
    delivery = Delivery(queue=queue, routing_key="k", event_id="e1", body=b"{}")
    for _ in range(2):
        await bus.publish([parked_message(delivery, cause="broken", detail="", at=NOW)])
    assert len(await bus.peek(queue)) == 2
    assert len(await bus.replay(queue, most=1)) == 1
    assert len(await bus.discard(queue)) == 1
    came: asyncio.Queue[str] = asyncio.Queue()

    async def listen(delivery: Delivery) -> Outcome:
        await came.put(delivery.event_id)
        return Done()

    await bus.subscribe(queue, listen)
    async with asyncio.timeout(PATIENCE_S):
        assert await came.get() == "e1"
    await bus.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_reads_anothers_queue_or_speaks_in_anothers_name(urls: dict[str, str], service: str) -> None:
    connection = await aiormq.connect(urls[service])
    other = "jobs.commands.critical" if service != "jobs" else "chat.calls.critical"
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        await (await connection.channel()).basic_get(other)
    foreign: Contract = (
        TAKEN
        if service != "gateway"
        else CustomerChanged(customer_id="c", version=1, phone="+15125550123", name="", address="", language="en")
    )
    message = _message(foreign)
    channel = await connection.channel(publisher_confirms=True)
    with pytest.raises((aiormq.exceptions.ChannelAccessRefused, aiormq.exceptions.DeliveryError)):
        await channel.basic_publish(message.body, exchange=EVENTS, routing_key=message.routing_key, mandatory=True)
    await connection.close()


async def test_a_service_hears_all_signals_and_gives_its_own(urls: dict[str, str]) -> None:
    jobs, chat = await _bus(urls["jobs"], "jobs"), await _bus(urls["chat"], "chat")
    heard = {topic: Heard() for topic in ("jobs.wake", "control.switches.jobs")}
    for topic, listener in heard.items():
        await chat.listen(topic, listener)
    for topic, listener in heard.items():
        assert await jobs.broadcast(topic, b"1")
        await listener.until(b"1")
        assert not await chat.broadcast(topic, b"2")
    assert not await jobs.broadcast("control.switches", b"3")
    assert await jobs.broadcast("jobs.wake", b"4")
    await heard["jobs.wake"].until(b"4")
    assert heard["jobs.wake"].bodies == [b"1", b"4"]
    for bus in (jobs, chat):
        await bus.close()


async def test_an_operator_tells_switches_and_does_nothing_else(urls: dict[str, str]) -> None:
    chat, heard = await _bus(urls["chat"], "chat"), Heard()
    await chat.listen(switches_topic_of(OPERATOR), heard)
    connection = await aiormq.connect(urls[OPERATOR])

    async def say(exchange: str, topic: str) -> None:
        channel = await connection.channel(publisher_confirms=True)
        await channel.basic_publish(b"on", exchange=exchange, routing_key=topic, mandatory=True)

    await say(SIGNALS, "control.switches")
    await heard.until(b"on")
    for exchange, topic in ((SIGNALS, "jobs.wake"), (EVENTS, TAKEN.TYPE), ("", CHAT_CALLS.name)):
        with pytest.raises((aiormq.exceptions.ChannelAccessRefused, aiormq.exceptions.DeliveryError)):
            await say(exchange, topic)
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        await (await connection.channel()).queue_declare("suite.signals.mine", exclusive=True)
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        await (await connection.channel()).basic_get(CHAT_CALLS.name)
    await connection.close()
    await chat.close()


def test_the_printed_commands_name_every_user_once_for_each_kind() -> None:
    lines = commands("/suite")
    assert len(lines) == 3 * (len(SERVICES) + 1)
    assert all(line.startswith("rabbitmqctl set_") and " -p /suite " in line for line in lines)
    assert CallbackKept.TYPE.replace(".", r"\.") in next(line for line in lines if "topic" in line and " chat " in line)
