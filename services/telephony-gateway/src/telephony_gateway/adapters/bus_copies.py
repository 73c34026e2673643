"""Copies of journaled commits on the bus: a durable queue keeps them until a gateway has its database back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from common.clock import Clock
from common.contracts.codec import MessageTooLarge
from common.contracts.gateway import ReplayCommit
from common.errors import SuiteError
from common.messaging.bus import Bus, Message, PublishFailed
from common.messaging.compose import message_of
from common.observability.logs import get_logger
from telephony_gateway.adapters.bus_bookings import SOURCE
from telephony_gateway.domain.ids import digest
from telephony_gateway.domain.turn import TurnWrites
from telephony_gateway.ports.counters import CopyResult
from telephony_gateway.ports.sealing import CommitSealer

_MOST_WAITING: Final = 512
_WINDOW: Final = 64
"""Copies that share one window of confirmations."""
_LATE_S: Final = 0.5
_log = get_logger("telephony-gateway")


class BusCopies:
    """`CommitCopies` over the bus. Nobody publishes but `run`, so that nobody's deadline ends a publish half-way."""

    def __init__(self, bus: Bus, *, sealer: CommitSealer, clock: Clock, observe: Callable[[CopyResult], None]) -> None:
        self._bus = bus
        self._sealer = sealer
        self._clock = clock
        self._observe = observe
        self._waiting: deque[tuple[Message, asyncio.Future[bool]]] = deque()
        self._some = asyncio.Event()
        self._publishing_since: float | None = None
        self._takes = True
        """False from a copy that was not taken until the next one that is."""

    @property
    def reachable(self) -> bool:
        """See `CommitCopies`."""
        return self._bus.connected

    @property
    def prompt(self) -> bool:
        """See `CommitCopies`."""
        since = self._publishing_since
        late = since is not None and self._clock.monotonic() - since >= _LATE_S
        return self.reachable and self._takes and not late

    def offer(self, writes: TurnWrites) -> asyncio.Future[bool] | None:
        """See `CommitCopies`."""
        if not self.reachable:
            return None
        if len(self._waiting) >= _MOST_WAITING:
            self._observe("crowded_out")
            return None
        try:
            message = copy_message(writes, self._sealer)
        except MessageTooLarge as error:
            self._observe("too_large")
            _log.error("commit_too_large_to_copy", key=writes.inbox.key, error=str(error))
            return None
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, taken))
        self._some.set()
        return taken

    async def run(self) -> None:
        """Publishes what was offered, until cancelled; then what was not confirmed counts as not copied."""
        try:
            while True:
                await self._some.wait()
                while self._waiting:
                    await self._publish([self._waiting.popleft() for _ in range(min(_WINDOW, len(self._waiting)))])
                self._some.clear()
        finally:
            for _, taken in self._waiting:
                _tell(taken, arrived=False)
            self._waiting.clear()

    async def _publish(self, window: list[tuple[Message, asyncio.Future[bool]]]) -> None:
        self._publishing_since = self._clock.monotonic()
        lost = set(range(len(window)))
        try:
            await self._bus.publish([message for message, _ in window])
            lost = set()
        except PublishFailed as error:
            lost = set(error.failures)
            _log.warning("commits_not_copied", slug=error.slug, count=len(lost))
        except Exception as error:  # noqa: BLE001 - the edge: one window must not end all further copies
            slug = error.slug if isinstance(error, SuiteError) else type(error).__name__
            _log.warning("commits_not_copied", slug=slug, count=len(lost))
        finally:
            self._publishing_since = None
            self._takes = not lost
            for position, (_, taken) in enumerate(window):
                self._observe("failed" if position in lost else "confirmed")
                _tell(taken, arrived=position not in lost)


def copy_message(writes: TurnWrites, sealer: CommitSealer) -> Message:
    """The command that replays a commit. Raises `MessageTooLarge`."""
    key = writes.inbox.key
    return message_of(
        ReplayCommit(sealed=sealer.seal(writes)),
        # Of the webhook, and not of this copy: whoever took the same webhook, it is replayed once.
        event_id=f"journal:{digest('journal', key)}",
        source=SOURCE,
        time=writes.at,
        subject=key,
        tenant=writes.tenant_id,
        correlation_id="" if writes.call is None else writes.call.call_id,
    )


def _tell(taken: asyncio.Future[bool], *, arrived: bool) -> None:
    if not taken.done():
        taken.set_result(arrived)
