"""Jobs a second, end to end and durable, beside Procrastinate on the same Postgres and Dramatiq on the same RabbitMQ.

    python bench/jobs.py [--seconds 5] [--runs 3] [--workers 2] [--concurrency 40]

Two kinds of jobs: one that does nothing, one that waits for 10 ms. A round is from the first enqueue (in batches of 500, while the
workers work) until the last completion is stored, and every job must have been done once. Rounds of the three alternate, with the
same number of worker processes, the same number of jobs at a time, and servers that wait for the disk; medians count. Dramatiq
promises less: nothing is stored of a job that is done, a result that is lost can't be found, and the order of an outbox is the
sender's to keep; its figure shows what that costs.

Then: how fast jobs are enqueued in batches; how long a claim takes with 100,000 jobs waiting; what the service uses while it has
nothing to do. Exit 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import psutil
import uvloop

ROOT: Final = Path(__file__).resolve().parent.parent
# This file's folder last: `jobs` is the service.
sys.path[:] = [str(ROOT / "tests-integration"), str(ROOT / "bench/jobqueue"), *sys.path[1:], str(ROOT / "bench")]

from jobs_loader import jobs_of, submit  # noqa: E402
from jobs_systems import BATCH, PEERS, Dramatiq, Plan, Procrastinate, Round, Suite, measure  # noqa: E402
from lean_http import percentile  # noqa: E402

from common.clock import SystemClock  # noqa: E402
from common.messaging.postgres_store import MIGRATIONS as MESSAGING  # noqa: E402
from common.postgres.migrations import migrate  # noqa: E402
from common.postgres.pool import open_pool  # noqa: E402
from common.postgres.provision import provision  # noqa: E402
from harness.databases import PASSWORDS  # noqa: E402
from harness.postgres_server import PostgresServer  # noqa: E402
from harness.rabbitmq_server import RabbitMQServer  # noqa: E402
from harness.service_processes import Deployment, ServiceProcess  # noqa: E402
from jobs.adapters.postgres_store import MIGRATIONS, QUEUE_SETTINGS, PostgresStore  # noqa: E402
from jobs.domain.limits import KindLimit  # noqa: E402
from jobs.domain.run import Success, hold_of  # noqa: E402
from jobs.domain.worker import WorkerId  # noqa: E402
from jobs.ports.jobs import ClaimOrder  # noqa: E402

KINDS: Final = ("noop", "sleep")
TIMES_PROCRASTINATE: Final = 3.0
ENQUEUED_PER_S: Final = 5_000.0
CLAIM_P99_MS: Final = 20.0
IDLE_SHARE: Final = 0.02
WAITING: Final = 100_000
_CLAIMS: Final = 400
_IDLE_S: Final = 15.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One figure beside its bound."""

    name: str
    value: float
    relation: str
    bound: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether the bound is kept."""
        return self.value >= self.bound if self.relation == ">=" else self.value <= self.bound


def main() -> int:
    """Measures and judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="about how long a round shall be")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=40)
    parser.add_argument("--waiting", type=int, default=WAITING)
    parser.add_argument("--only", choices=("rounds", "claims", "idle"), help="a part of it")
    options = parser.parse_args()
    if not PEERS.exists():
        print("the peers are not installed: make bench-jobs does it", file=sys.stderr)
        return 2
    lines: list[Line] = []
    with (
        PostgresServer(durable=True, shared_buffers="256MB") as postgres,
        RabbitMQServer(durable=True) as rabbitmq,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        if options.only in {None, "rounds"}:
            lines += runner.run(compare(postgres, rabbitmq, options))
        if options.only in {None, "claims"}:
            lines += runner.run(claims(postgres, options.waiting))
        if options.only in {None, "idle"}:
            lines += runner.run(idle(postgres, rabbitmq, options.waiting))
    print()
    for line in lines:
        verdict = "PASS" if line.passed else "FAIL"
        print(f"{verdict}  {line.name}: {line.value:,.2f} {line.unit} ({line.relation} {line.bound:g})")
    return 0 if all(line.passed for line in lines) else 1


async def compare(postgres: PostgresServer, rabbitmq: RabbitMQServer, options: argparse.Namespace) -> Sequence[Line]:
    """Alternating rounds of all three."""
    plan = Plan(workers=options.workers, concurrency=options.concurrency)
    deployment = await _deployment(postgres, rabbitmq, "bench_suite", options.concurrency)
    await _add_database(postgres, "bench_peer")
    peer_url, peer_bus = postgres.url("bench_peer"), rabbitmq.add_vhost("bench_peer")
    Procrastinate(plan, peer_url).make_schema()
    rounds: dict[tuple[str, str], list[Round]] = {}
    # Each is there alone while it is measured: the others' looking around would count against it.
    for run in range(options.runs):
        for system in (Suite(plan, deployment), Procrastinate(plan, peer_url), Dramatiq(plan, peer_bus)):
            with system:
                for kind in KINDS:
                    # Finds out how many make a round of the length that is wanted, and warms up.
                    rate = (await measure(system, kind, 600)).per_second
                    count = max(600, int(rate * options.seconds))
                    rounds.setdefault((system.name, kind), []).append(await measure(system, kind, count))
            shown = "   ".join(f"{kind} {rounds[system.name, kind][-1].per_second:7,.0f}/s" for kind in KINDS)
            print(f"run {run + 1}  {system.name:14} {shown}", flush=True)
    return _report(rounds, plan)


def _report(rounds: dict[tuple[str, str], list[Round]], plan: Plan) -> Sequence[Line]:
    print(f"\n{plan.workers} workers with {plan.concurrency} jobs at a time; medians")
    print(f"{'':14} {'kind':6} {'jobs/s':>9} {'enqueue/s':>10} {'CPU of workers':>15}   rounds")
    rate: dict[tuple[str, str], float] = {}
    for name in dict.fromkeys(name for name, _ in rounds):
        for kind in KINDS:
            each = rounds[name, kind]
            rate[name, kind] = statistics.median(one.per_second for one in each)
            enqueued = statistics.median(one.count / one.enqueue_s for one in each)
            cpu_us = statistics.median(one.worker_cpu_s / one.count * 1e6 for one in each)
            print(
                f"{name:14} {kind:6} {rate[name, kind]:9,.0f} {enqueued:10,.0f} {cpu_us:9,.0f} us/job"
                f"   {'  '.join(f'{one.per_second:,.0f}' for one in each)}"
            )
    return [
        Line(
            name=f"{name}, of Procrastinate's",
            value=rate["suite", kind] / rate["procrastinate", kind],
            relation=">=",
            bound=TIMES_PROCRASTINATE,
            unit="x",
        )
        for name, kind in (("no-op jobs a second", "noop"), ("10 ms jobs a second", "sleep"))
    ]


async def claims(postgres: PostgresServer, waiting: int) -> Sequence[Line]:
    """Claims with many jobs waiting: of ten kinds, both classes and all priorities; half of the kinds have limits."""
    url = (await _urls(postgres, "bench_claims"))["jobs"]
    pool = await open_pool(url, schema="jobs", application_name="bench", max_size=2, settings=QUEUE_SETTINGS)
    store = PostgresStore(pool, clock=SystemClock())
    kinds = [f"bench.kind{number}" for number in range(10)]
    each = waiting // len(kinds) // 2
    for kind in kinds:
        for job_class in ("critical", "bulk"):
            for start in range(0, each, BATCH):
                jobs = jobs_of(f"{kind}-{job_class}", kind, range(start, min(each, start + BATCH)))
                priority = random.choice(("urgent", "normal", "low"))
                async with store.transaction() as tx:
                    await tx.jobs.add([replace(job, job_class=job_class, priority=priority) for job in jobs])
    limits = {kind: KindLimit(rate_per_s=1e6, concurrency=10_000) for kind in kinds[::2]}
    took: dict[str, list[float]] = {"without limits": [], "with limits": []}
    for number in range(_CLAIMS):
        name, of_kinds = ("without limits", {}) if number % 2 else ("with limits", limits)
        random.shuffle(kinds)
        order = ClaimOrder(
            worker=WorkerId("bench"), job_class="bulk", kinds=tuple(kinds), slots=16, lease_s=30.0, limits=of_kinds
        )
        started = time.perf_counter()
        claim = await store.queue.claim(order)
        took[name].append(time.perf_counter() - started)
        assert claim.jobs
        await store.queue.complete([Success(hold=hold_of(job)) for job in claim.jobs])
    await pool.close()
    print(f"\na claim of 16 with {waiting:,} jobs waiting, of {len(kinds)} kinds, both classes, all priorities")
    for name, seconds in took.items():
        p50, p99 = (percentile(seconds, share) * 1e3 for share in (0.5, 0.99))
        print(f"{name:16} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms")
    return [
        Line(
            name=f"claim with {waiting:,} waiting, {name}, p99",
            value=percentile(seconds, 0.99) * 1e3,
            relation="<=",
            bound=CLAIM_P99_MS,
            unit="ms",
        )
        for name, seconds in took.items()
    ]


async def idle(postgres: PostgresServer, rabbitmq: RabbitMQServer, waiting: int) -> Sequence[Line]:
    """Jobs for tomorrow are enqueued, which is timed; then the service has nothing to do but to look."""
    deployment = await _deployment(postgres, rabbitmq, "bench_idle", 16)
    url = deployment.database_urls["jobs"]
    pool = await open_pool(url, schema="jobs", application_name="bench", max_size=1, settings=QUEUE_SETTINGS)
    tomorrow = timedelta(days=1)
    batches = [
        jobs_of("idle", "bench.noop", range(start, start + BATCH), due_in=tomorrow)
        for start in range(0, waiting, BATCH)
    ]
    started = time.perf_counter()
    await submit(PostgresStore(pool, clock=SystemClock()), batches)
    per_s = waiting / (time.perf_counter() - started)
    await pool.close()
    with ServiceProcess(
        deployment, "jobs", command=[sys.executable, str(ROOT / "bench/jobqueue/jobs_kinds.py")]
    ) as service:
        service.start()
        await asyncio.sleep(5.0)
        share = await _cpu_share(service.pid, _IDLE_S)
    print(f"\nenqueued {per_s:,.0f} jobs/s in batches of {BATCH}; idle with {waiting:,} waiting: {share:.2%} of a core")
    return [
        Line(name="enqueued in batches", value=per_s, relation=">=", bound=ENQUEUED_PER_S, unit="jobs/s"),
        Line(name="idle CPU of the service", value=share * 100, relation="<=", bound=IDLE_SHARE * 100, unit="%"),
    ]


async def _cpu_share(pid: int, seconds: float) -> float:
    def spent() -> float:
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)

    before = spent()
    await asyncio.sleep(seconds)
    return (spent() - before) / seconds


async def _deployment(postgres: PostgresServer, rabbitmq: RabbitMQServer, name: str, concurrency: int) -> Deployment:
    return Deployment(
        database_urls=await _urls(postgres, name),
        amqp_url=rabbitmq.add_vhost(name),
        tenants_file=ROOT / "tenants.example.yaml",
        variables={"JOBS_BULK_SLOTS": str(concurrency), "JOBS_CRITICAL_SLOTS": str(concurrency)},
    )


async def _urls(postgres: PostgresServer, name: str) -> dict[str, str]:
    await _add_database(postgres, name)
    urls = await provision(postgres.url(name), PASSWORDS)
    await migrate(urls["jobs"], schema="jobs", sets=(MESSAGING, MIGRATIONS))
    return urls


async def _add_database(postgres: PostgresServer, name: str) -> None:
    connection = await asyncpg.connect(postgres.url())
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
