"""The relay: carries what transactions wrote to the outbox over to the broker, and pays each debt once it is confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import structlog

from common.backoff import Backoff
from common.clock import Clock
from common.errors import SuiteError
from common.messaging.bus import Bus, BusError, BusUnavailable, PublishFailed
from common.messaging.store import Backlog, OutboxRow, OutboxStore, Refusal
from common.storage import StoreError

_log = structlog.get_logger(__name__)

_ROW_BACKOFF: Final = Backoff(base_s=1.0, maximum_s=300.0, minimum_s=0.5)
_LINK_BACKOFF: Final = Backoff(base_s=0.2, maximum_s=3.0, minimum_s=0.1)


class RelayObserver(Protocol):
    """Where the relay's figures go."""

    def published(self, count: int, duration_s: float) -> None:
        """So many were confirmed in one window."""

    def refused(self, slug: str, count: int) -> None:
        """So many were not; `slug` is an error's."""

    def backlog(self, backlog: Backlog) -> None:
        """A sample of what is owed, every few seconds."""


class Unobserved:
    """A `RelayObserver` that looks away."""

    def published(self, count: int, duration_s: float) -> None: ...

    def refused(self, slug: str, count: int) -> None: ...

    def backlog(self, backlog: Backlog) -> None: ...


@dataclass(frozen=True, kw_only=True)
class RelayLimits:
    """How much at a time, and how often."""

    batch: int = 200
    lease_s: float = 30.0
    """Longer than one confirm window takes at worst: a crashed relay's rows are due again after it."""
    sweep_s: float = 2.0
    """How often it looks without being told: finds what a crash left and what is due again."""
    linger_s: float = 0.005
    """After a commit, how long others may join the same window."""
    backlog_every_s: float = 5.0


class Relay:
    """Publishes the outbox. Several may run on one database: a row is leased to one of them at a time.

    Delivery is at least once: a relay that dies between the confirmation and the deletion leaves a row that is sent again. Rows
    go out oldest first, but refused ones wait for their next attempt while others pass, so order is never relied upon.
    """

    def __init__(
        self,
        *,
        store: OutboxStore,
        bus: Bus,
        clock: Clock,
        random: Callable[[], float],
        observer: RelayObserver | None = None,
        limits: RelayLimits | None = None,
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._random = random
        self._observer: RelayObserver = observer or Unobserved()
        self._limits = limits or RelayLimits()
        self._sampled_at = float("-inf")

    def nudge(self) -> None:
        """Something was committed: don't wait for the next sweep."""
        self._store.emitted.set()

    async def run(self) -> None:
        """Runs until cancelled. Faults of the store, the bus or itself make it wait (longer each time), never end and never spin."""
        failures = 0
        while True:
            self._store.emitted.clear()
            try:
                await self._sample_backlog()
                await self.sweep()
                failures = 0
            except Exception as error:  # noqa: BLE001 - the edge: a relay that ends would strand every message
                failures += 1
                slug = error.slug if isinstance(error, SuiteError) else "unexpected"
                expected = isinstance(error, (StoreError, BusError))
                _log.warning("relay_failed", slug=slug, failures=failures, exc_info=not expected)
                await asyncio.sleep(_LINK_BACKOFF.delay_s(failures, self._random))
                continue
            await self._wait_for_work()

    async def sweep(self) -> int:
        """Publishes everything that is due now and returns how many were confirmed.

        Raises `StoreError`, or `BusError` when the broker can't be reached (rows are released then, at once).
        """
        sent = 0
        while True:
            rows = await self._store.claim_outbox(limit=self._limits.batch, lease_s=self._limits.lease_s)
            if rows:
                sent += await self._publish(rows)
            if len(rows) < self._limits.batch:
                return sent

    async def _publish(self, rows: Sequence[OutboxRow]) -> int:
        started = self._clock.monotonic()
        failures: dict[int, BusError] = {}
        try:
            await self._bus.publish([row.message for row in rows])
        except PublishFailed as error:
            failures = error.failures
        except BusUnavailable as error:
            failures = dict.fromkeys(range(len(rows)), error)
        sent = [row.outbox_id for position, row in enumerate(rows) if position not in failures]
        if sent:
            await self._store.mark_sent(sent)
            self._observer.published(len(sent), self._clock.monotonic() - started)
        refused = [(rows[position], error) for position, error in failures.items() if not _is_lost(error)]
        if refused:
            await self._postpone(refused)
        lost = [position for position, error in failures.items() if _is_lost(error)]
        if lost:
            self._observer.refused(BusUnavailable.slug, len(lost))
            await self._store.release([rows[position].outbox_id for position in lost])
            raise failures[lost[0]]
        return len(sent)

    async def _postpone(self, refused: Sequence[tuple[OutboxRow, BusError]]) -> None:
        now = self._clock.now()
        await self._store.postpone(
            [
                Refusal(
                    outbox_id=row.outbox_id,
                    error=error.slug,
                    not_before=now + timedelta(seconds=_ROW_BACKOFF.delay_s(max(1, row.attempts), self._random)),
                )
                for row, error in refused
            ]
        )
        counts: dict[str, int] = {}
        for _, error in refused:
            counts[error.slug] = counts.get(error.slug, 0) + 1
        for slug, count in counts.items():
            self._observer.refused(slug, count)
            _log.warning("publish_refused", slug=slug, count=count, routing_key=refused[0][0].message.routing_key)

    async def _wait_for_work(self) -> None:
        try:
            async with asyncio.timeout(self._limits.sweep_s):
                await self._store.emitted.wait()
        except TimeoutError:
            return
        await asyncio.sleep(self._limits.linger_s)

    async def _sample_backlog(self) -> None:
        now = self._clock.monotonic()
        if now - self._sampled_at >= self._limits.backlog_every_s:
            self._observer.backlog(await self._store.backlog())
            self._sampled_at = now


def _is_lost(error: BusError) -> bool:
    """The link is to blame and not the message: nothing is held against it."""
    return isinstance(error, BusUnavailable)
