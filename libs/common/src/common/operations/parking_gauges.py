"""What is parked beside a service's queues, and whether its ledger adds up, as metrics that are counted in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from common.clock import Clock
from common.contracts.topology import Queue
from common.errors import SuiteError
from common.messaging.parking import Parking
from common.messaging.store import LedgerLine

_log = structlog.get_logger(__name__)

COUNT_EVERY_S: Final = 30.0
ADD_UP_EVERY_S: Final = 60.0
LEDGER_WINDOW: Final = timedelta(hours=1)
"""As far back as the gauge looks. All of the ledger is for `opsctl parking`: it takes as long as there is inbox."""
_WITHIN_S: Final = 10.0
_SHARE: Final = 100.0
"""A count that takes a second is taken every 100 s at most."""


class Accounts(Protocol):
    """The part of a service's store that adds up its ledger."""

    async def ledger(self, *, since: datetime | None = None) -> Sequence[LedgerLine]:
        """See `InboxStore`."""


class _Figure:
    """Numbers by queue. They are gone as soon as they can't be counted again."""

    def __init__(
        self, what: str, count: Callable[[], Awaitable[Mapping[str, int]]], clock: Clock, every_s: float
    ) -> None:
        self._what = what
        self._count = count
        self._clock = clock
        self._every_s = every_s
        self._numbers: Mapping[str, int] = {}
        self._until = 0.0
        self._failed = False
        self.counted_at: float | None = None

    @property
    def numbers(self) -> Mapping[str, int]:
        """As they were counted not long ago; else none."""
        return self._numbers if self._clock.monotonic() <= self._until else {}

    async def keep(self) -> None:
        """Counts again and again, until cancelled."""
        while True:
            pause_s = await self.refresh()
            await asyncio.sleep(pause_s)

    async def refresh(self) -> float:
        """Counts once; the seconds until the next time."""
        started = self._clock.monotonic()
        try:
            async with asyncio.timeout(_WITHIN_S):
                numbers = await self._count()
        except (SuiteError, OSError) as error:
            self._numbers = {}
            if not self._failed:
                _log.warning("not_counted", what=self._what, error=type(error).__name__)
            self._failed = True
            return self._every_s
        ended = self._clock.monotonic()
        pause_s = max(self._every_s, (ended - started) * _SHARE)
        self._numbers, self._failed = numbers, False
        self.counted_at, self._until = ended, ended + pause_s + _WITHIN_S + 1.0
        return pause_s


class ParkingGauges(Collector):
    """`ai_telephony_parking_depth{queue}`, `ai_telephony_ledger_imbalance{queue}`, and how long ago each was counted.

    What can't be counted has no series, never an old number: `ai_telephony_parking_counted_seconds` and
    `ai_telephony_ledger_counted_seconds` go on, and say since when.
    """

    def __init__(
        self,
        *,
        queues: Sequence[Queue],
        parking: Parking,
        accounts: Accounts | None,
        clock: Clock,
        count_every_s: float = COUNT_EVERY_S,
        add_up_every_s: float = ADD_UP_EVERY_S,
    ) -> None:
        """Without `accounts` nobody keeps a ledger, and there is no figure of it."""
        self._queues = tuple(queue.name for queue in queues)
        self._parking = parking
        self._accounts = accounts
        self._clock = clock
        self.depths = _Figure("parking", self._depths, clock, count_every_s)
        self.imbalances = _Figure("ledger", self._imbalances, clock, add_up_every_s)

    async def run(self) -> None:
        """Counts until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.depths.keep())
            if self._accounts is not None:
                group.create_task(self.imbalances.keep())

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        for name, words, figure in (
            ("parking_depth", "Messages that wait for a person beside the queue.", self.depths),
            (
                "ledger_imbalance",
                "Accepted within the last hour, less applied, pending, parked and discarded: 0, or something was lost.",
                self.imbalances,
            ),
        ):
            family = GaugeMetricFamily(f"ai_telephony_{name}", words, labels=["queue"])
            for queue, number in figure.numbers.items():
                family.add_metric([queue], number)
            yield family
            if figure.counted_at is not None:
                yield GaugeMetricFamily(
                    f"ai_telephony_{name.partition('_')[0]}_counted_seconds",
                    f"Since {name} was counted.",
                    value=max(0.0, self._clock.monotonic() - figure.counted_at),
                )

    async def _depths(self) -> Mapping[str, int]:
        return {queue: await self._parking.depth(queue) for queue in self._queues}

    async def _imbalances(self) -> Mapping[str, int]:
        """Queues of which nothing was received have a line too: a series that is born with the fault is one that nobody sees."""
        lines = () if self._accounts is None else await self._accounts.ledger(since=self._clock.now() - LEDGER_WINDOW)
        owed = {
            line.consumer: line.accepted - line.applied - line.pending - line.parked - line.discarded for line in lines
        }
        return {queue: owed.get(queue, 0) for queue in self._queues}
