"""The slots of one class, and what is claimed into them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from common.backoff import Backoff
from common.clock import Clock
from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.domain.job import Job, JobClass
from jobs.domain.limits import KindLimit
from jobs.domain.window import BatchWindow
from jobs.domain.worker import WorkerId
from jobs.handlers.worker.limits import WorkerLimits
from jobs.handlers.worker.zones import ZoneBook
from jobs.ports.gates import Gates
from jobs.ports.jobs import Claim, ClaimOrder, JobQueue
from jobs.ports.kinds import Kinds

_PAUSE: Final = Backoff(base_s=0.2, maximum_s=10.0, minimum_s=0.1)
_LET_OUT_AT_ONCE: Final = 1_000
_GATHER_S: Final = 0.002


class Lane:
    """Fills its slots for as long as there is work and nobody holds it back."""

    def __init__(
        self,
        job_class: JobClass,
        *,
        slots: int,
        queue: JobQueue,
        kinds: Kinds,
        gates: Gates,
        zones: ZoneBook,
        worker: WorkerId,
        clock: Clock,
        random: Callable[[], float],
        limits: WorkerLimits,
        start: Callable[[Job, float], None],
    ) -> None:
        """`start` begins a run; it gets the monotonic time before the claim. What becomes of it is told with `ended` and `settled`."""
        self.job_class: Final = job_class
        self._slots = slots
        self._busy = 0
        self._unsettled = 0
        self._queue = queue
        self._gates = gates
        self._zones = zones
        self._worker = worker
        self._clock = clock
        self._random = random
        self._limits = limits
        self._start = start
        self._turns = deque(policy.kind for policy in kinds.policies)
        self._kind_limits = {
            policy.kind: KindLimit(rate_per_s=policy.rate_per_s, concurrency=policy.concurrency)
            for policy in kinds.policies
            if policy.rate_per_s is not None or policy.concurrency is not None
        }
        self._log = get_logger("jobs")
        self._wake = asyncio.Event()
        self._claims_nothing = asyncio.Event()
        self._claims_nothing.set()
        self._open = True
        self._wants_slots = True
        self._window: BatchWindow | None = None
        self._window_seen = False

    def wake(self) -> None:
        """There may be work."""
        self._wake.set()

    def set_open(self, *, is_open: bool) -> None:
        """A lane that isn't open starts nothing."""
        self._open = is_open
        self._wake.set()

    async def stand_still(self) -> None:
        """Waits for the claim that is asked for just now: what it brings is in work then. To be called on a lane that isn't open."""
        await self._claims_nothing.wait()

    def ended(self) -> None:
        """A run has ended: its slot is free, while what it came to is still to be stored."""
        self._busy -= 1
        self._unsettled += 1
        self._look_for_more()

    def settled(self) -> None:
        """What a run came to is stored."""
        self._unsettled -= 1
        self._look_for_more()

    async def run(self) -> None:
        """Claims until cancelled. A store that is away makes it wait, longer each time."""
        failures = 0
        while True:
            self._wake.clear()
            try:
                pause_s = await self._fill()
                failures = 0
            except StoreError as error:
                failures += 1
                self._log.warning("claim_failed", slug=error.slug, job_class=self.job_class, failures=failures)
                await asyncio.sleep(_PAUSE.delay_s(failures, self._random))
                continue
            if pause_s > 0:
                await self._doze(pause_s)

    async def _fill(self) -> float:
        """One claim, if there is room; how many seconds to wait for the next, unless something happens."""
        if self._wants_slots and 0 < self._free < self._slots // 4:
            # There is more to do than slots: a moment later one claim fills several.
            await asyncio.sleep(_GATHER_S)
        await self._look_at_window()
        if self._window is not None and self._window.whose == "tenant":
            await self._zones.refresh()
        free = self._free
        order = self._order(free) if self._open and free > 0 else None
        if order is None:
            return self._limits.poll_s
        claim = await self._claim(order)
        # There may be more than there was room for; and an end may make room under a limit.
        self._wants_slots = len(claim.jobs) == free or bool(order.limits) or order.at_a_time is not None
        if claim.jobs and self._free > 0:
            return 0.0
        return self._limits.poll_s if claim.again_in_s is None else min(self._limits.poll_s, claim.again_in_s)

    async def _claim(self, order: ClaimOrder) -> Claim:
        claimed_at_s = self._clock.monotonic()
        self._claims_nothing.clear()
        try:
            claim = await self._queue.claim(order)
            for job in claim.jobs:
                self._busy += 1
                self._start(job, claimed_at_s)
        finally:
            self._claims_nothing.set()
        return claim

    @property
    def _free(self) -> int:
        """Free slots; none while a store that is slow has as many ends to keep as there are slots."""
        return min(self._slots - self._busy, 2 * self._slots - self._busy - self._unsettled)

    def _look_for_more(self) -> None:
        if self._wants_slots:
            self._wake.set()

    def _order(self, free: int) -> ClaimOrder | None:
        """What to ask for; None: nothing, it is all held back."""
        now, window = self._clock.now(), self._window
        kinds = self._allowed_kinds()
        if not kinds or self.job_class in self._gates.paused_classes() or (window and not _may_open(window, now)):
            return None
        return ClaimOrder(
            worker=self._worker,
            job_class=self.job_class,
            kinds=kinds,
            slots=free,
            lease_s=self._limits.lease_s,
            limits={kind: limit for kind, limit in self._kind_limits.items() if kind in kinds},
            at_a_time=window.at_a_time if window else None,
            closed_until=self._closed_until(window, now) if window and window.whose == "tenant" else None,
        )

    def _allowed_kinds(self) -> Sequence[str]:
        """Another one is first each time, so that none waits for ever behind one that always has work."""
        self._turns.rotate(-1)
        paused = self._gates.paused_kinds()
        return [kind for kind in self._turns if kind not in paused]

    def _closed_until(self, window: BatchWindow, now: datetime) -> Callable[[str], datetime | None]:
        def closed_until(tenant_id: str) -> datetime | None:
            opening = window.opening(now, self._zones.time_zone_of(tenant_id))
            return None if opening == now else opening

        return closed_until

    async def _look_at_window(self) -> None:
        """What one window has put off is not put off by the next, or by none."""
        window = self._gates.batch_window() if self.job_class == "bulk" else None
        if self._window_seen and window == self._window:
            return
        if self.job_class == "bulk":
            while await self._queue.let_out(limit=_LET_OUT_AT_ONCE) == _LET_OUT_AT_ONCE:
                pass
        self._window, self._window_seen = window, True

    async def _doze(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._wake.wait()
        except TimeoutError:
            return


def _may_open(window: BatchWindow, now: datetime) -> bool:
    """Whether any bulk job may be started: a tenant's hours are looked at job by job."""
    return bool(window.hours) and (window.whose == "tenant" or window.opening(now) == now)
