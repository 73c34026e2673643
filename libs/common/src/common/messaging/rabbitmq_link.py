"""A connection to RabbitMQ that comes back by itself.

aio-pika's robust connection restores channels behind one's back and keeps on using a channel that the broker has given up; here a
lost link is told to everyone who used it, and each opens a channel of its own again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from aiormq import Channel
from aiormq.exceptions import AMQPError, ChannelInvalidStateError
from yarl import URL

from common.backoff import Backoff
from common.messaging.bus import BusUnavailable

_log = structlog.get_logger(__name__)

LINK_ERRORS: Final = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError, RuntimeError)
"""What aio-pika raises when a connection or a channel is gone (RuntimeError: a transport that is closing)."""


def heed_cancellation(error: BaseException | None = None) -> None:
    """Raises `CancelledError` in a task that is being cancelled.

    Where a task is cancelled in the middle of something, aiormq may raise what became of the channel instead. A task that takes
    this for one more failure goes on, and whoever waits for its end waits for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error


_RECONNECT: Final = Backoff(base_s=0.2, maximum_s=3.0, minimum_s=0.1)
"""Callers hear the difference: while a service is away from its queues, their visits are asked for and not booked."""
_HEARTBEAT_S: Final = 10
_CONNECT_S: Final = 5.0
_OPEN_S: Final = 5.0
_SET_UP_S: Final = 30.0
_CLOSE_S: Final = 2.0


class Link:
    """Keeps one connection up from `start` to `close`."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        set_up: Callable[[Channel], Awaitable[None]],
        random: Callable[[], float],
    ) -> None:
        """`set_up` runs on every new connection before anyone may use it, on a channel that is closed afterwards."""
        address = URL(url)
        self._url = address if "heartbeat" in address.query else address.update_query(heartbeat=_HEARTBEAT_S)
        self._name = name
        self._set_up = set_up
        self._random = random
        self._connection: AbstractConnection | None = None
        self._pinging: Channel | None = None
        self._up = asyncio.Event()
        self._tried = asyncio.Event()
        self._dropped = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """True while there is a connection that was not seen to be lost."""
        return self._connection is not None

    def start(self) -> None:
        """Begins to connect."""
        # The library logs a traceback for every attempt; the link tells once that it is lost and once that it is back.
        logging.getLogger("aiormq").setLevel(logging.CRITICAL)
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name=f"link {self._name}")

    async def first_attempt(self) -> None:
        """Waits for the outcome of the first attempt, whatever it is."""
        await self._tried.wait()

    async def until_connected(self) -> None:
        """Waits for a connection."""
        await self._up.wait()

    async def open_channel(self, *, confirms: bool) -> Channel:
        """A new channel. Raises `BusUnavailable`; a broker that doesn't answer in time loses the connection."""
        connection = self._connection
        if connection is None:
            raise BusUnavailable(self._name)
        try:
            async with asyncio.timeout(_OPEN_S):
                return await _open(connection, confirms=confirms)
        except TimeoutError as error:
            self.drop()
            raise BusUnavailable(self._name) from error
        except LINK_ERRORS as error:
            heed_cancellation(error)
            raise BusUnavailable(self._name) from error

    async def ping(self) -> None:
        """One round trip, on a channel that is kept for that. Raises `BusUnavailable`; the connection stays as it is: its
        heartbeats decide about it."""
        connection = self._connection
        if connection is None:
            raise BusUnavailable(self._name)
        # Gathered: a connection that closes cancels whoever waits for it, and that must not look like a cancellation of ours.
        (result,) = await asyncio.gather(self._round_trip(connection), return_exceptions=True)
        if isinstance(result, BaseException):
            raise BusUnavailable(self._name) from result

    def drop(self) -> None:
        """The connection is no good any more: get another."""
        self._dropped.set()

    async def close(self) -> None:
        """Closes for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _round_trip(self, connection: AbstractConnection) -> None:
        if self._pinging is None or self._pinging.is_closed:
            self._pinging = await _open(connection, confirms=False)
        # Means nothing on a channel without consumers, needs no permission and no queue, and is answered.
        await self._pinging.basic_qos(prefetch_count=1)

    async def _keep(self) -> None:
        failures = 0
        while True:
            try:
                connection = await aio_pika.connect(
                    self._url, timeout=_CONNECT_S, client_properties={"connection_name": self._name}
                )
            except LINK_ERRORS as error:
                heed_cancellation(error)
                self._tried.set()
                failures += 1
                if failures == 1:
                    _log.warning("bus_unreachable", link=self._name, error=type(error).__name__)
                await asyncio.sleep(_RECONNECT.delay_s(failures, self._random))
                continue
            try:
                if await self._use(connection):
                    failures = 0
            finally:
                self._connection = self._pinging = None
                self._up.clear()
                self._tried.set()
                await _close(connection)
            failures += 1
            await asyncio.sleep(_RECONNECT.delay_s(failures, self._random))

    async def _use(self, connection: AbstractConnection) -> bool:
        """Returns when the connection is lost; true when it could be used at all."""
        transport = connection.transport
        if transport is None:
            return False
        closed = transport.connection.closing
        try:
            async with asyncio.timeout(_SET_UP_S):
                channel = await _open(connection, confirms=False)
                await self._set_up(channel)
                await channel.close()
        except LINK_ERRORS as error:
            heed_cancellation(error)
            # A queue that exists with other arguments is refused here, each time anew: for a person to see.
            _log.error("bus_set_up_failed", link=self._name, error=type(error).__name__, detail=str(error)[:300])
            return False
        self._dropped.clear()
        self._connection = connection
        self._up.set()
        self._tried.set()
        _log.info("bus_connected", link=self._name)
        dropped = asyncio.create_task(self._dropped.wait())
        try:
            await asyncio.wait({closed, dropped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            dropped.cancel()
        _log.warning("bus_lost", link=self._name)
        return True


async def _open(connection: AbstractConnection, *, confirms: bool) -> Channel:
    # Not connection.channel(): each of those leaves a callback on the connection for as long as that lives.
    if connection.transport is None:
        raise BusUnavailable
    channel = await connection.transport.connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    if not isinstance(channel, Channel):
        raise TypeError(f"aiormq opened a {type(channel).__name__}")
    return channel


async def _close(connection: AbstractConnection) -> None:
    try:
        async with asyncio.timeout(_CLOSE_S):
            await connection.close()
    except (asyncio.CancelledError, *LINK_ERRORS) as error:
        # A connection that closes cancels whoever waits for it: only our own cancellation goes on.
        heed_cancellation(error)
        _log.debug("bus_close_failed", error=type(error).__name__)
    heed_cancellation()
