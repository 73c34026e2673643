"""Whole phone calls through all four services as processes of their own, with RabbitMQ and Postgres, on two cores.

    python bench/suite.py [--seconds 12] [--runs 3] [--concurrency 16] [--profile FOLDER]

A call has six turns (greeting, problem, day, choice of a time, name and address, confirmation, which books) and ends with Twilio's
status callback. Postgres and RabbitMQ wait for the disk, as in production. After the runs the books are checked: every visit that a
caller was told of is stored, once, and every call's end has reached chat and billing. Medians of the runs count; exit 1 when a
bound is missed or the books are wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import uvloop

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests-integration"), str(ROOT / "bench")]

from lean_http import percentile  # noqa: E402
from suite_books import Books, read_books  # noqa: E402
from suite_callers import Journal, Line, play  # noqa: E402

from common.postgres.provision import provision  # noqa: E402
from harness.databases import PASSWORDS  # noqa: E402
from harness.postgres_server import PostgresServer  # noqa: E402
from harness.rabbitmq_server import RabbitMQServer  # noqa: E402
from harness.service_processes import (  # noqa: E402
    AUTH_TOKEN,
    MODULES,
    PUBLIC_BASE_URL,
    Deployment,
    ServiceProcess,
    SuiteProcesses,
)

CORES: Final = frozenset({0, 1})
TENANTS: Final = 120
CALLS_PER_SECOND: Final = 44.0
TURN_P99_MS: Final = 100.0
_SAID: Final = ("dial", "problem", "check", "when", "pick", "who", "confirm", "hang up")
_TENANT: Final = """\
  - tenant_id: bench-{number}
    business_name: Bench Plumbing {number}
    trade: plumbing
    phone_numbers: ["+1737{line:07}"]
    time_zone: America/Chicago
    contacts: [{{name: Dana, phone: "+15125550190"}}]
    hours: {{{hours}}}
    capacity: 12
    travel_buffer_minutes: 0
    services:
      - {{slug: toilet, name_en: toilet service, duration_minutes: 60, keywords: [toilet]}}
      - {{slug: water-heater, name_en: water heater service, duration_minutes: 90, keywords: [water heater]}}
      - {{slug: faucet, name_en: faucet repair, duration_minutes: 60, keywords: [faucet, drips]}}
"""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What processes have used: processor seconds, and resident megabytes."""

    cpu_s: float
    rss_mb: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measured run: what callers met, processor seconds by part, and those of everything else on the machine."""

    journal: Journal
    cpu_s: Mapping[str, float]
    rss_mb: Mapping[str, float]
    others_s: float
    idle_s: float

    @property
    def turn_p99_ms(self) -> float:
        """Milliseconds that 99 of 100 turns stayed within."""
        return percentile(self.journal.turns, 0.99) * 1_000

    def share(self, cpu_s: float) -> float:
        """As a share of the cores."""
        return cpu_s / (self.journal.lasted_s * len(CORES))


def write_tenants(path: Path) -> list[str]:
    """Businesses enough that times don't run out; the numbers that callers dial."""
    hours = ", ".join(
        f'{day}: [{{opens: "07:00", closes: "21:00"}}]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    )
    lines = range(2_000_000, 2_000_000 + TENANTS)
    entries = [_TENANT.format(number=number, line=line, hours=hours) for number, line in enumerate(lines)]
    path.write_text("tenants:\n" + "".join(entries))
    return [f"+1737{line:07}" for line in lines]


def usage_of(pid: int) -> Usage:
    """Of a process and its children; of this very one without them, for the servers are its children."""
    cpu_s = rss = 0.0
    root = psutil.Process(pid)
    for process in (root, *(root.children(recursive=True) if pid != os.getpid() else ())):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            cpu_s += times.user + times.system
            # Pages that Postgres's processes share would count many times over.
            memory = process.memory_full_info()
            rss += memory.pss
    return Usage(cpu_s=cpu_s, rss_mb=rss / 2**20)


def machine_s() -> tuple[float, float]:
    """Processor seconds of the whole machine so far: busy and idle."""
    times = psutil.cpu_times()
    busy = times.user + times.nice + times.system + times.irq + times.softirq + times.steal
    return float(busy), float(times.idle + times.iowait)


def measured(line: Line, parts: Mapping[str, int], *, concurrency: int, seconds: float, seed: int) -> Run:
    """Plays callers and reads the processes' meters before and after."""
    before = {name: usage_of(pid) for name, pid in parts.items()}
    busy_s, idle_s = machine_s()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        journal = runner.run(play(line, concurrency=concurrency, seconds=seconds, seed=seed))
    busy_then_s, idle_then_s = machine_s()
    after = {name: usage_of(pid) for name, pid in parts.items()}
    cpu_s = {name: after[name].cpu_s - before[name].cpu_s for name in parts}
    return Run(
        journal=journal,
        cpu_s=cpu_s,
        rss_mb={name: usage.rss_mb for name, usage in after.items()},
        others_s=max(0.0, busy_then_s - busy_s - sum(cpu_s.values())),
        idle_s=idle_then_s - idle_s,
    )


@contextlib.contextmanager
def suite(deployment: Deployment, profile: str) -> Iterator[dict[str, ServiceProcess]]:
    """All four services, profiled where a folder for the figures is given."""
    if not profile:
        with SuiteProcesses(deployment) as processes:
            processes.start()
            yield {schema: processes[schema] for schema in MODULES}
        return
    with contextlib.ExitStack() as stack:
        services = {}
        for schema, module in MODULES.items():
            command = [sys.executable, "-m", "cProfile", "-o", str(Path(profile) / f"{schema}.prof"), "-m", module]
            services[schema] = stack.enter_context(ServiceProcess(deployment, schema, command=command)).launch()
        for service in services.values():
            service.until_ready()
        yield services


def main() -> int:
    """Measures and judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--profile", default="", help="a folder for cProfile's figures of each service")
    options = parser.parse_args()
    # Ended from outside, it must still end the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # Children inherit it: whatever the machine has, all of it shares two cores.
    os.sched_setaffinity(0, CORES & os.sched_getaffinity(0))
    profile = str(Path(options.profile).resolve()) if options.profile else ""
    with (
        tempfile.TemporaryDirectory(prefix="bench-suite-") as folder,
        PostgresServer(durable=True) as postgres,
        RabbitMQServer(durable=True) as rabbitmq,
    ):
        tenants_file = Path(folder) / "tenants.yaml"
        dialled = write_tenants(tenants_file)
        urls = asyncio.run(provision(postgres.url(), PASSWORDS))
        deployment = Deployment(database_urls=urls, amqp_url=rabbitmq.url(), tenants_file=tenants_file)
        with suite(deployment, profile) as services:
            gateway = services["gateway"]
            line = Line(port=gateway.port, origin=PUBLIC_BASE_URL, auth_token=AUTH_TOKEN, dialled=dialled)
            parts = {service.schema: service.pid for service in services.values()}
            parts |= {"postgres": postgres.pid, "rabbitmq": rabbitmq.pid, "callers": os.getpid()}
            warm = measured(line, parts, concurrency=options.concurrency, seconds=3.0, seed=0)
            runs = [
                measured(line, parts, concurrency=options.concurrency, seconds=options.seconds, seed=seed)
                for seed in range(1, options.runs + 1)
            ]
            books = asyncio.run(read_books(postgres.url(), [warm.journal, *(run.journal for run in runs)]))
    return report(runs, books)


def report(runs: list[Run], books: Books) -> int:
    """Prints every figure; 1 when a bound is missed or the books are wrong."""
    rate = statistics.median(run.journal.per_second for run in runs)
    p99 = statistics.median(run.turn_p99_ms for run in runs)
    print("run   calls  calls/s  turn p50   turn p99   p99.9   cores: idle, used by others")
    for number, run in enumerate(runs, start=1):
        turns = run.journal.turns
        print(
            f"{number:3} {len(run.journal.calls):7} {run.journal.per_second:8.1f} {percentile(turns, 0.5) * 1e3:6.1f} ms"
            f"  {run.turn_p99_ms:6.1f} ms  {percentile(turns, 0.999) * 1e3:6.1f} ms  {run.share(run.idle_s):9.0%} {run.share(run.others_s):8.0%}"
        )
    _print_turns(runs)
    _print_parts(runs)
    _print_books(books)
    lines = (
        ("whole calls a second", rate, ">=", CALLS_PER_SECOND),
        ("p99 of a turn, ms", p99, "<=", TURN_P99_MS),
        ("answers that were no 2xx", float(sum(run.journal.faults for run in runs)), "<=", 0.0),
        ("calls that came to nothing", float(books.unfinished), "<=", 0.0),
        ("faults in the books", float(len(books.faults)), "<=", 0.0),
    )
    missed = 0
    for name, value, relation, bound in lines:
        good = value >= bound if relation == ">=" else value <= bound
        missed += not good
        print(f"{'ok  ' if good else 'MISS'} {name}: {value:.1f} ({relation} {bound:g})")
    return 1 if missed else 0


def _print_turns(runs: list[Run]) -> None:
    print("\nwhat was said        p50        p99")
    for said in _SAID:
        seconds = [second for run in runs for second in run.journal.seconds.get(said, ())]
        if not seconds:
            continue
        print(f"{said:14} {percentile(seconds, 0.5) * 1e3:7.1f} ms {percentile(seconds, 0.99) * 1e3:7.1f} ms")


def _print_parts(runs: list[Run]) -> None:
    calls = sum(len(run.journal.calls) for run in runs)
    cores_s = sum(run.journal.lasted_s for run in runs) * len(CORES)
    print("\npart        CPU a call   share of the cores   memory")
    for name in runs[0].cpu_s:
        cpu_s = sum(run.cpu_s[name] for run in runs)
        print(f"{name:10} {cpu_s / calls * 1e3:8.2f} ms {cpu_s / cores_s:14.0%} {runs[-1].rss_mb[name]:14.0f} MB")


def _print_books(books: Books) -> None:
    turns = sum(books.tiers.values()) or 1
    shares = ", ".join(f"{tier} {count / turns:.1%}" for tier, count in sorted(books.tiers.items()))
    print(f"\nturns by tier: {shares}")
    print(
        f"calls {books.calls}: booked {books.booked}, requested {books.requested}, other times offered {books.other_offers};"
        f" visits stored {books.visits}; the last event was applied {books.settled_after_s:.1f} s after the last call"
    )
    for fault in books.faults:
        print(f"  {fault}")


if __name__ == "__main__":
    sys.exit(main())
