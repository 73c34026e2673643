"""Jobs in Postgres, as workers take them and give them back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final

from common.clock import Clock
from common.postgres.pool import Connection, Pool
from common.postgres.queries import load_queries
from jobs.adapters.job_rows import PRIORITIES, hold_of, job_of, progress_text, result_text
from jobs.adapters.postgres_jobs import PostgresJobs
from jobs.domain.job import Job, JobClass, Progress
from jobs.domain.limits import Allowance, Bucket, allowance, refilled_in_s
from jobs.domain.run import Ending, Hold, Success
from jobs.domain.worker import Worker, WorkerId
from jobs.ports.jobs import Beat, Claim, ClaimOrder, Held

_OTHERS_CLAIM_S: Final = 0.03
"""How soon to ask again for what another worker claims under a limit just now."""
_PUT_OFF_AT_ONCE: Final = 500
_FORGOTTEN_AFTER: Final = timedelta(hours=1)
"""A worker that was killed is shown for so long."""


@dataclass(frozen=True, kw_only=True)
class Queries:
    """The statements of `sql/queue.sql`."""

    claim: str
    ready_kinds: str
    add_limits: str
    lock_limits: str
    running_counts: str
    candidates: str
    claim_these: str
    put_off: str
    save_limits: str
    complete: str
    beat_worker: str
    beat_runs: str
    let_out: str
    leave: str
    server_time: str


QUERIES: Final = load_queries(Queries, files("jobs") / "sql" / "queue.sql")


def ignore_time(_at: datetime) -> None:
    """Nobody wants to know the server's time."""


@dataclass(frozen=True, kw_only=True)
class _AtOnce:
    jobs: Sequence[Job]
    limited_ready: Sequence[str]


class PostgresQueue:
    """See `jobs.ports.jobs.JobQueue`."""

    def __init__(self, pool: Pool, *, clock: Clock, tell_time: Callable[[datetime], None] = ignore_time) -> None:
        """`tell_time` hears the server's time at each heartbeat."""
        self._pool = pool
        self._clock = clock
        self._tell_time = tell_time
        self._known_limits: set[str] = set()
        self._owes: dict[JobClass, bool] = {}
        """Classes whose limited kinds are to be looked at first the next time."""

    async def claim(self, order: ClaimOrder) -> Claim:
        if order.slots <= 0 or not order.kinds:
            return Claim()
        if order.at_a_time is not None or order.closed_until is not None:
            return await self._claim_with_care(order)
        limited = [kind for kind in order.kinds if kind in order.limits]
        free = [kind for kind in order.kinds if kind not in order.limits]
        if self._owes.pop(order.job_class, False) or not free:
            # There was no room left for the limited the last time.
            first = await self._claim_with_care(replace(order, kinds=limited))
            rest = await self._claim_at_once(replace(order, slots=order.slots - len(first.jobs)), free, ())
            return Claim(jobs=[*first.jobs, *rest.jobs], again_in_s=first.again_in_s)
        claim = await self._claim_at_once(order, free, limited)
        left = order.slots - len(claim.jobs)
        if not claim.limited_ready:
            return Claim(jobs=claim.jobs)
        if not left:
            self._owes[order.job_class] = True
            return Claim(jobs=claim.jobs)
        more = await self._claim_with_care(replace(order, kinds=claim.limited_ready, slots=left))
        return Claim(jobs=[*claim.jobs, *more.jobs], again_in_s=more.again_in_s)

    async def complete(self, successes: Sequence[Success]) -> Collection[Hold]:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(
                QUERIES.complete,
                self._clock.now(),
                [success.hold.job_id for success in successes],
                [success.hold.fence for success in successes],
                [result_text(success.result) for success in successes],
                [progress_text(success.progress) for success in successes],
            )
        return {hold_of(row) for row in rows}

    async def end(self, endings: Sequence[Ending]) -> Collection[Hold]:
        async with self._pool.acquire() as connection:
            return await PostgresJobs(connection, lambda: None).end(endings, at=self._clock.now())

    async def beat(self, worker: Worker, runs: Mapping[Hold, Progress | None], *, lease_s: float) -> Beat:
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(
                QUERIES.beat_worker,
                worker.worker,
                worker.started_at,
                worker.last_seen,
                worker.running,
                worker.drained_at,
            )
            assert row is not None, "it was inserted or updated"
            self._tell_time(row["at"])
            rows = await self._renew(connection, runs, lease_s=lease_s) if runs else ()
        return Beat(held=rows, drain_requested=row["drain_requested"])

    async def ask_for_time(self) -> None:
        """Has the server tell its time. Raises `StoreError`."""
        async with self._pool.acquire() as connection:
            self._tell_time(await connection.fetchval(QUERIES.server_time))

    async def let_out(self, *, limit: int) -> int:
        async with self._pool.acquire() as connection:
            return len(await connection.fetch(QUERIES.let_out, limit))

    async def leave(self, worker: WorkerId) -> None:
        async with self._pool.acquire() as connection:
            await connection.execute(QUERIES.leave, worker, self._clock.now() - _FORGOTTEN_AFTER)

    async def _renew(
        self, connection: Connection, runs: Mapping[Hold, Progress | None], *, lease_s: float
    ) -> Sequence[Held]:
        rows = await connection.fetch(
            QUERIES.beat_runs,
            [hold.job_id for hold in runs],
            [hold.fence for hold in runs],
            [progress_text(progress) for progress in runs.values()],
            self._clock.now() + timedelta(seconds=lease_s),
        )
        return [Held(hold=hold_of(row), cancel_requested=row["cancel_requested"]) for row in rows]

    async def _claim_at_once(self, order: ClaimOrder, kinds: Sequence[str], limited: Sequence[str]) -> _AtOnce:
        """Of kinds without limits, in one statement; it also looks which of the `limited` have something ready."""
        if order.slots <= 0 or not kinds:
            return _AtOnce(jobs=(), limited_ready=())
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(
                QUERIES.claim,
                order.job_class,
                now,
                [number for number in range(len(PRIORITIES)) for _ in kinds],
                [*kinds] * len(PRIORITIES),
                order.slots,
                order.worker,
                now + timedelta(seconds=order.lease_s),
                limited,
            )
        return _AtOnce(
            jobs=[job_of(row) for row in rows if row["job_id"] is not None], limited_ready=rows[0]["limited_ready"]
        )

    async def _claim_with_care(self, order: ClaimOrder) -> Claim:
        """Counts and claims under the locks of the limits, so that they hold over all workers."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(QUERIES.ready_kinds, order.job_class, self._clock.now(), list(order.kinds))
            ready = {row["kind"] for row in rows}
            if not ready:
                return Claim()
            names = _limits_of(order, ready)
            await self._add_limits(connection, names)
            async with connection.transaction():
                limited = _LimitedClaim(connection, order, ready, now=self._clock.now())
                claim = await limited.make()
            # Another worker has those that it could not lock; or they are gone, as in a database that was restored.
            self._known_limits.difference_update(set(names) - limited.locked)
            return claim

    async def _add_limits(self, connection: Connection, names: Collection[str]) -> None:
        unknown = [name for name in names if name not in self._known_limits]
        if unknown:
            await connection.execute(QUERIES.add_limits, unknown)
            self._known_limits.update(unknown)


def _limits_of(order: ClaimOrder, ready: Collection[str]) -> list[str]:
    names = [_kind_row(kind) for kind in order.kinds if kind in ready and kind in order.limits]
    return names if order.at_a_time is None else [*names, _class_row(order)]


def _kind_row(kind: str) -> str:
    return f"kind:{kind}"


def _class_row(order: ClaimOrder) -> str:
    return f"class:{order.job_class}"


class _LimitedClaim:
    """One claim under limits, inside of its transaction."""

    def __init__(self, connection: Connection, order: ClaimOrder, ready: Collection[str], *, now: datetime) -> None:
        self._connection = connection
        self._order = order
        self._kinds = [kind for kind in order.kinds if kind in ready]
        self._now = now
        self.locked: set[str] = set()
        """Of the limits, those that this claim holds."""

    async def make(self) -> Claim:
        order = self._order
        locked = await self._lock_limits()
        if order.at_a_time is not None and _class_row(order) not in locked:
            return Claim(again_in_s=_OTHERS_CLAIM_S)
        allowed = allowance(
            self._kinds,
            job_class=order.job_class,
            slots=order.slots,
            limits=order.limits,
            at_a_time=order.at_a_time,
            buckets={kind: locked[_kind_row(kind)] for kind in self._kinds if _kind_row(kind) in locked},
            running=await self._running(),
            now=self._now,
        )
        others_claim = any(kind in order.limits and _kind_row(kind) not in locked for kind in self._kinds)
        jobs, put_off = await self._take(allowed) if allowed.most and allowed.slots > 0 else ([], 0)
        left = await self._save_limits(allowed, locked, jobs)
        if others_claim:
            return Claim(jobs=jobs, again_in_s=_OTHERS_CLAIM_S)
        return Claim(jobs=jobs, again_in_s=0.0 if put_off else self._refilled_in_s(left))

    async def _lock_limits(self) -> dict[str, Bucket]:
        names = _limits_of(self._order, self._kinds)
        rows = await self._connection.fetch(QUERIES.lock_limits, names) if names else []
        self.locked.update(row["limited"] for row in rows)
        return {row["limited"]: Bucket(tokens=row["tokens"], filled_at=row["filled_at"]) for row in rows}

    async def _running(self) -> dict[tuple[JobClass, str], int]:
        counted = self._order.at_a_time is not None or any(
            limit.concurrency is not None for limit in self._order.limits.values()
        )
        rows = await self._connection.fetch(QUERIES.running_counts) if counted else []
        return {(row["job_class"], row["kind"]): row["running"] for row in rows}

    async def _take(self, allowed: Allowance) -> tuple[list[Job], int]:
        """The jobs, and how many were put off instead."""
        order = self._order
        more = 0 if order.closed_until is None else _PUT_OFF_AT_ONCE
        turns = [(number, kind) for number in range(len(PRIORITIES)) for kind in self._kinds if kind in allowed.most]
        rows = await self._connection.fetch(
            QUERIES.candidates,
            order.job_class,
            self._now,
            [number for number, _ in turns],
            [kind for _, kind in turns],
            [allowed.most[kind] + more for _, kind in turns],
            # A kind may offer its number in each priority, and has only one of them; a closed tenant's jobs are not for us.
            allowed.slots + more + sum(2 * most for most in allowed.most.values() if most < allowed.slots),
        )
        late: dict[str, datetime] = {}
        if order.closed_until is not None:
            openings = {tenant: order.closed_until(tenant) for tenant in {row["tenant_id"] for row in rows}}
            late = {row["job_id"]: opening for row in rows if (opening := openings[row["tenant_id"]]) is not None}
        picked = allowed.pick((row["job_id"], row["kind"]) for row in rows if row["job_id"] not in late)
        if late:
            await self._connection.execute(QUERIES.put_off, list(late), list(late.values()))
        if not picked:
            return [], len(late)
        claimed = await self._connection.fetch(
            QUERIES.claim_these, self._now, order.worker, self._now + timedelta(seconds=order.lease_s), picked
        )
        return [job_of(row) for row in claimed], len(late)

    async def _save_limits(
        self, allowed: Allowance, locked: Mapping[str, Bucket], jobs: Sequence[Job]
    ) -> Mapping[str, Bucket]:
        """What is left of the starts. Written down when some were taken, and when the clock went back: else it would have to come
        forward again before any start is made."""
        started = [job.kind for job in jobs]
        left = {kind: bucket.take(started.count(kind)) for kind, bucket in allowed.buckets.items()}
        went_back = any(bucket.filled_at is not None and bucket.filled_at > self._now for bucket in locked.values())
        if left and (started or went_back):
            await self._connection.execute(
                QUERIES.save_limits,
                self._now,
                [_kind_row(kind) for kind in left],
                [bucket.tokens for bucket in left.values()],
            )
        return left

    def _refilled_in_s(self, buckets: Mapping[str, Bucket]) -> float | None:
        """When the first of the kinds that have to wait for their rate may go on."""
        waits = []
        for kind, bucket in buckets.items():
            rate = self._order.limits[kind].rate_per_s
            if rate is not None and bucket.tokens < 1.0:
                waits.append(refilled_in_s(bucket, rate))
        return min(waits, default=None)
