"""The proxy does to connections what it says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TypeAlias

import pytest

from harness.fault_proxy import PASS, Cut, FaultProxy, HalfOpen, Refuse, Slow


class Echo:
    """Sends back what it gets, and remembers how connections to it ended."""

    def __init__(self) -> None:
        self.port = 0
        self.ends: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
            self.ends.append("closed")
        except ConnectionResetError:
            self.ends.append("reset")
        finally:
            writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    made = Echo()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[FaultProxy]:
    with FaultProxy(echo.port) as made:
        yield made


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def says(self, data: bytes, *, within_s: float = 2.0) -> bytes:
        self.writer.write(data)
        await self.writer.drain()
        async with asyncio.timeout(within_s):
            return await self.reader.readexactly(len(data))


Connect: TypeAlias = Callable[[], Awaitable[Client]]


@pytest.fixture
async def connect(proxy: FaultProxy) -> AsyncIterator[Connect]:
    made: list[Client] = []

    async def opened() -> Client:
        made.append(Client(*await asyncio.open_connection("127.0.0.1", proxy.port)))
        return made[-1]

    yield opened
    for client in made:
        client.writer.transport.abort()
        with suppress(OSError):
            await client.writer.wait_closed()


@pytest.fixture
async def client(connect: Connect) -> Client:
    return await connect()


async def test_everything_passes_unharmed(client: Client, proxy: FaultProxy) -> None:
    data = bytes(range(256)) * 8_000
    assert await client.says(data) == data
    assert proxy.connections == 1


async def test_an_end_is_passed_on(client: Client, proxy: FaultProxy, echo: Echo) -> None:
    await client.says(b"hello")
    client.writer.close()
    await _until(lambda: echo.ends == ["closed"])
    assert proxy.connections == 0


async def test_slow_pieces_are_late_and_in_order(client: Client, proxy: FaultProxy) -> None:
    loop = asyncio.get_running_loop()
    proxy.set(Slow(latency_s=0.1))
    started = loop.time()
    assert await client.says(b"hello") == b"hello"
    assert loop.time() - started >= 0.2
    for number in range(50):
        client.writer.write(b"%03d" % number)
        await asyncio.sleep(0.001)
    proxy.set(PASS)
    client.writer.write(b"end")
    async with asyncio.timeout(2.0):
        assert await client.reader.readexactly(153) == b"".join(b"%03d" % n for n in range(50)) + b"end"


async def test_a_throttled_connection_takes_its_time(client: Client, proxy: FaultProxy) -> None:
    loop = asyncio.get_running_loop()
    proxy.set(Slow(bytes_per_s=100_000.0))
    started = loop.time()
    assert len(await client.says(bytes(20_000))) == 20_000
    assert loop.time() - started >= 0.2


async def test_a_connection_is_reset_at_both_ends_after_so_many_bytes(
    client: Client, connect: Connect, proxy: FaultProxy, echo: Echo
) -> None:
    await client.says(b"before")
    proxy.set(Cut(after_bytes=25))
    assert await client.says(b"0123456789") == b"0123456789"
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.says(b"0123456789")
    await _until(lambda: echo.ends == ["reset"])
    # And so is each one that comes after it.
    again = await connect()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await again.says(bytes(26))
    proxy.set(PASS)
    assert await (await connect()).says(bytes(100)) == bytes(100)


async def test_a_half_open_connection_takes_everything_and_never_answers(
    client: Client, connect: Connect, proxy: FaultProxy, echo: Echo
) -> None:
    await client.says(b"before")
    proxy.set(HalfOpen())
    with pytest.raises(TimeoutError):
        await client.says(b"hello", within_s=0.2)
    new = await connect()
    with pytest.raises(TimeoutError):
        await new.says(b"hello", within_s=0.2)
    # Neither end hears of the other's death.
    new.writer.close()
    assert echo.ends == []
    proxy.set(PASS)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.says(b"after")
    await _until(lambda: echo.ends == ["reset"])
    assert await (await connect()).says(b"hello") == b"hello"


async def test_refused_connections_are_refused_and_nobody_else_gets_the_port(
    client: Client, connect: Connect, proxy: FaultProxy, echo: Echo
) -> None:
    await client.says(b"before")
    proxy.set(Refuse())
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.says(b"after")
    with pytest.raises(ConnectionRefusedError):
        await connect()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", proxy.port))
    proxy.set(PASS)
    assert await (await connect()).says(b"hello") == b"hello"


async def test_a_target_that_is_away_resets_who_connects(proxy: FaultProxy, connect: Connect) -> None:
    proxy.point_to(1)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await (await connect()).says(b"hello")


async def _until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(2.0):
        while not so():
            await asyncio.sleep(0.01)
