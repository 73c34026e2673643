"""Files of customers: read on one core, and carried through jobs, RabbitMQ, chat and the gateway until every row is stored.

    python bench/imports.py [--rows 1000000] [--kill-rows 100000] [--runs 3] [--read-only]

The services run as processes of their own beside RabbitMQ and a Postgres that waits for the disk, all on two cores. Four parts:
reading and judging rows; files of 10,000 rows from upload to the last row in chat's table; a file of `--rows` rows with the memory
and the event loop of jobs watched; a file in the middle of which jobs is killed with SIGKILL. After each the books are compared:
every row that the file has is stored once or explained. Medians of the runs count; exit 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import psutil

ROOT: Final = Path(__file__).resolve().parent.parent
# The service before this folder, which has a script of the same name.
sys.path[:0] = [str(ROOT / "tests-integration"), str(ROOT / "services" / "jobs" / "src"), str(ROOT / "bench")]

from imports_files import Written, write_file  # noqa: E402
from lean_http import percentile  # noqa: E402

from common.postgres.provision import provision  # noqa: E402
from harness.databases import PASSWORDS  # noqa: E402
from harness.postgres_server import PostgresServer  # noqa: E402
from harness.rabbitmq_server import RabbitMQServer  # noqa: E402
from harness.service_processes import Deployment, ServiceProcess  # noqa: E402
from jobs.domain.imports.encodings import EncodingScout  # noqa: E402
from jobs.domain.imports.files import HEAD_BYTES, look_at  # noqa: E402
from jobs.domain.imports.readings import FileReading, Place, Plan, Tally  # noqa: E402

CORES: Final = frozenset({0, 1})
TENANTS: Final = ROOT / "tenants.example.yaml"
KEY: Final = {"X-API-Key": "demo-key-for-loopback-only"}
SMALL: Final = 10_000
READ_PER_SECOND: Final = 8_000.0
SMALL_WITHIN_S: Final = 2.5
STORED_PER_SECOND: Final = 4_000.0
PEAK_MB: Final = 200.0
LAG_MS: Final = 50.0
_PIECE: Final = 256 * 1024
_BOOKS: Final = """
SELECT (SELECT count(*) FROM chat.customers) AS customers,
    (SELECT count(*) FROM gateway.copy_customers) AS copies,
    (SELECT max(version) FROM chat.customers) AS newest,
    (SELECT count(*) FROM chat.outbox) + (SELECT count(*) FROM jobs.outbox) + (SELECT count(*) FROM gateway.message_retries)
        + (SELECT count(*) FROM chat.message_retries) + (SELECT count(*) FROM jobs.message_retries) AS open,
    (SELECT count(*) FROM chat.inbox WHERE state <> 'applied') + (SELECT count(*) FROM jobs.inbox WHERE state <> 'applied')
        + (SELECT count(*) FROM gateway.inbox WHERE state <> 'applied') AS stuck
"""


@dataclass(kw_only=True)
class Carried:
    """One file that was carried over."""

    rows: int
    upload_s: float
    stored_s: float
    """From the first byte of the upload to the last row in chat's table."""
    done_s: float
    faults: list[str]
    peak_mb: float = 0.0
    lag_ms: list[float] = field(default_factory=list)
    progress: list[tuple[float, int]] = field(default_factory=list)
    killed_at: int = 0
    back_s: float = 0.0
    """From the kill to the next row that was stored."""

    @property
    def per_second(self) -> float:
        """Rows of the file."""
        return self.rows / self.stored_s


class Memory:
    """The peak of a process's resident memory, in MB, while it is watched."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._pid = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def watch(self, pid: int) -> None:
        """This process from now on."""
        self._pid, self.peak_mb = pid, 0.0

    def close(self) -> None:
        """No more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            with contextlib.suppress(psutil.Error, ValueError):
                if self._pid:
                    self.peak_mb = max(self.peak_mb, psutil.Process(self._pid).memory_info().rss / 2**20)


class House:
    """Three services and their servers."""

    def __init__(self, deployment: Deployment, admin_url: str, folder: Path) -> None:
        self._admin_url = admin_url
        self._lags = folder / "lags"
        self._lags.touch()
        self._lags_read = 0
        watched = [sys.executable, str(ROOT / "bench" / "imports_jobs.py"), str(self._lags)]
        self.jobs = ServiceProcess(deployment, "jobs", command=watched)
        self.others = [ServiceProcess(deployment, schema) for schema in ("chat", "gateway")]
        self.memory = Memory()
        self.customers = 0
        """That must be in chat's table."""

    @contextlib.contextmanager
    def open(self) -> Iterator[House]:
        """Runs them."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.memory.close)
            for process in (*self.others, self.jobs):
                stack.enter_context(process).launch()
            for process in (*self.others, self.jobs):
                process.until_ready()
            yield self

    def lags(self) -> list[float]:
        """How late the loop was since this was asked last, in milliseconds."""
        lines = self._lags.read_text().splitlines()
        fresh, self._lags_read = lines[self._lags_read :], len(lines)
        return [float(line) for line in fresh if line]

    async def carry(self, path: Path, written: Written, *, kill_at: int = 0, within_s: float = 1_800.0) -> Carried:
        """Uploads a file, starts it, and waits until the books agree."""
        self.lags()
        self.memory.watch(self.jobs.pid)
        connection = await asyncpg.connect(self._admin_url, timeout=10.0)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=600.0)
        async with aiohttp.ClientSession(headers=KEY, timeout=timeout) as session:
            try:
                async with asyncio.timeout(within_s):
                    return await self._carry(session, connection, path, written, kill_at)
            finally:
                await connection.close(timeout=5.0)

    async def _carry(
        self,
        session: aiohttp.ClientSession,
        connection: asyncpg.Connection[Any],
        path: Path,
        written: Written,
        kill_at: int,
    ) -> Carried:
        url, wanted = f"{self.jobs.url}/v1/imports", self.customers + written.accepted
        await _until_open(session, url)
        started = time.perf_counter()
        with path.open("rb") as file:
            async with session.post(url, params={"filename": path.name}, data=file) as response:
                view = await response.json()
                assert response.status == 201, view
        upload_s = time.perf_counter() - started
        async with session.post(f"{url}/{view['import_id']}/start", json={}) as response:
            assert response.status == 202, await response.text()
        carried = Carried(rows=written.rows, upload_s=upload_s, stored_s=0.0, done_s=0.0, faults=[])
        shown = time.perf_counter()
        while (stored := await connection.fetchval("SELECT count(*) FROM chat.customers")) < wanted:
            if kill_at and not carried.killed_at and stored - self.customers >= kill_at:
                await self._kill(connection, carried, stored, wanted)
            carried.progress.append((time.perf_counter() - started, stored - self.customers))
            if time.perf_counter() - shown > 5.0:
                shown = time.perf_counter()
                print(f"    {stored - self.customers:,} of {written.accepted:,} rows stored", flush=True)
            await asyncio.sleep(0.02 if written.rows <= SMALL else 0.5)
        carried.stored_s = time.perf_counter() - started
        view = await _until_done(session, f"{url}/{view['import_id']}")
        carried.done_s = time.perf_counter() - started
        carried.peak_mb, carried.lag_ms = self.memory.peak_mb, self.lags()
        self.customers = wanted
        carried.faults = await _audited(connection, view, written, wanted)
        return carried

    async def _kill(self, connection: asyncpg.Connection[Any], carried: Carried, stored: int, wanted: int) -> None:
        carried.killed_at = stored - self.customers
        self.jobs.kill()
        killed = time.perf_counter()
        await asyncio.sleep(1.0)
        # What was on its way is stored without jobs.
        before = await connection.fetchval("SELECT count(*) FROM chat.customers")
        await asyncio.to_thread(self.jobs.start)
        self.memory.watch(self.jobs.pid)
        while before < wanted and await connection.fetchval("SELECT count(*) FROM chat.customers") <= before:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        carried.back_s = time.perf_counter() - killed


async def _until_open(session: aiohttp.ClientSession, url: str) -> None:
    """Until jobs has heard of the business."""
    while True:
        async with session.get(url) as response:
            if response.status == 200:
                return
        await asyncio.sleep(0.1)


async def _until_done(session: aiohttp.ClientSession, url: str) -> Any:
    while True:
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(url) as response:
                view = await response.json()
                if view["state"] not in {"importing"}:
                    return view
        await asyncio.sleep(0.05)


async def _audited(connection: asyncpg.Connection[Any], view: Any, written: Written, wanted: int) -> list[str]:
    """What is wrong in the books, if anything."""
    deadline = time.perf_counter() + 120.0
    while True:
        books = dict(await connection.fetchrow(_BOOKS) or {})
        if (books["open"] == 0 and books["copies"] == wanted) or time.perf_counter() > deadline:
            break
        await asyncio.sleep(0.2)
    counts = view["counts"]
    statements = (
        (view["state"] == "done", f"the import is {view['state']}"),
        (books["customers"] == wanted, f"{books['customers']} customers instead of {wanted}"),
        (books["copies"] == wanted, f"{books['copies']} copies in the gateway instead of {wanted}"),
        (books["newest"] == 1, "a customer was changed by a row that came twice"),
        (books["open"] == 0 and books["stuck"] == 0, f"{books['open']} messages open, {books['stuck']} stuck"),
        (counts["rows"] == written.rows, f"{counts['rows']} rows read instead of {written.rows}"),
        (counts["created"] == written.accepted, f"{counts['created']} rows created instead of {written.accepted}"),
        (
            counts["refused"] == written.duplicates + written.faulty and counts["duplicates"] == written.duplicates,
            f"{counts['refused']} rows refused, {counts['duplicates']} of them as duplicates",
        ),
    )
    return [what for good, what in statements if not good]


def read_rate(rows: int = 100_000) -> float:
    """Rows a second that one core reads and judges."""
    out = io.StringIO(newline="")
    written = write_file(out, rows, first=0)
    data = out.getvalue().encode()
    scout, started = EncodingScout(), time.perf_counter()
    for place in range(0, len(data), _PIECE):
        scout.feed(data[place : place + _PIECE])
    shape = look_at(data[:HEAD_BYTES], whole=False, encoding=scout.verdict(), region="US")
    plan = Plan(
        dialect=shape.dialect,
        mapping=shape.mapping,
        columns=len(shape.headers),
        region="US",
        own_numbers=(),
        begin=Place(offset=shape.data_offset, line=shape.data_line),
    )
    reading, tally, last = FileReading(plan), Tally(), False
    while not last:
        portion, hungry = reading.read()
        if hungry:
            block = data[reading.wanted : reading.wanted + _PIECE]
            reading.feed(block, last=reading.wanted + len(block) >= len(data))
        if portion is not None:
            tally, last = tally + portion.tally, portion.last
    seconds = time.perf_counter() - started
    assert (tally.rows, tally.accepted, tally.duplicates) == (written.rows, written.accepted, written.duplicates)
    return rows / seconds


def made(folder: Path, rows: int, *, first: int) -> tuple[Path, Written]:
    """A file of so many rows."""
    path = folder / f"customers-{first}.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        return path, write_file(out, rows, first=first)


def carry_all(house: House, folder: Path, options: argparse.Namespace) -> tuple[list[Carried], Carried, Carried]:
    """Small files, the large one, and the one with a kill."""
    first = 0

    def carry(rows: int, *, kill_at: int = 0) -> Carried:
        nonlocal first
        path, written = made(folder, rows, first=first)
        first += rows
        try:
            return asyncio.run(house.carry(path, written, kill_at=kill_at))
        finally:
            path.unlink()

    carry(1_000)
    small = [carry(SMALL) for _ in range(options.runs)]
    print(f"a file with a kill in the middle: {options.kill_rows:,} rows")
    killed = carry(options.kill_rows, kill_at=options.kill_rows // 3)
    print(f"the large file: {options.rows:,} rows")
    return small, carry(options.rows), killed


def main() -> int:
    """Measures and judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the large file")
    parser.add_argument(
        "--kill-rows", type=int, default=100_000, help="of the file in the middle of which jobs is killed"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--read-only", action="store_true", help="the first part alone: no servers")
    options = parser.parse_args()
    # Ended from outside, it must still end the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    cores = CORES & os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    rates = [read_rate() for _ in range(options.runs)]
    lines = [("rows a second, read and judged on one core", statistics.median(rates), ">=", READ_PER_SECOND)]
    if not options.read_only:
        # Children inherit it: whatever the machine has, all of it shares two cores.
        os.sched_setaffinity(0, cores)
        lines += _carried_lines(options)
    missed = 0
    for name, value, relation, bound in lines:
        good = value >= bound if relation == ">=" else value <= bound
        missed += not good
        print(f"{'PASS' if good else 'FAIL'}  {name:62} {value:12,.1f}  {relation} {bound:,g}")
    return 1 if missed else 0


def _carried_lines(options: argparse.Namespace) -> list[tuple[str, float, str, float]]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-imports-") as name,
        PostgresServer(durable=True) as postgres,
        RabbitMQServer(durable=True) as rabbitmq,
    ):
        folder = Path(name)
        urls = asyncio.run(provision(postgres.url(), PASSWORDS))
        deployment = Deployment(
            database_urls=urls,
            amqp_url=rabbitmq.url(),
            tenants_file=TENANTS,
            variables={"JOBS_LEASE_S": "5", "OUTBOX_LEASE_S": "5"},
        )
        with House(deployment, postgres.url(), folder).open() as house:
            small, large, killed = carry_all(house, folder, options)
    _print_files(small, large, killed)
    median = statistics.median(one.stored_s for one in small)
    return [
        ("seconds, 10,000 rows from upload to the last row stored", median, "<=", SMALL_WITHIN_S),
        ("rows a second, stored durably (10,000 rows)", SMALL / median, ">=", STORED_PER_SECOND),
        ("rows a second, stored durably (large file)", large.per_second, ">=", STORED_PER_SECOND),
        ("MB resident in jobs at most (large file)", large.peak_mb, "<=", PEAK_MB),
        ("ms that the loop of jobs was late, p99.9 (large file)", percentile(large.lag_ms, 0.999), "<=", LAG_MS),
        ("rows stored when jobs was killed", float(killed.killed_at), ">=", 1.0),
        ("faults in the books", float(sum(len(one.faults) for one in (*small, large, killed))), "<=", 0.0),
    ]


def _print_files(small: list[Carried], large: Carried, killed: Carried) -> None:
    print("\nfile            rows   upload    stored      done    rows/s   jobs peak   loop late p50 / p99 / max")
    for name, one in (
        *((f"small {number}", one) for number, one in enumerate(small, 1)),
        ("large", large),
        ("killed", killed),
    ):
        lag = one.lag_ms or [0.0]
        print(
            f"{name:9} {one.rows:10,} {one.upload_s:7.2f} s {one.stored_s:7.2f} s {one.done_s:7.2f} s {one.per_second:9,.0f}"
            f" {one.peak_mb:8.0f} MB  {percentile(lag, 0.5):6.1f} / {percentile(lag, 0.99):.1f} / {max(lag):.1f} ms"
        )
        for fault in one.faults:
            print(f"    {fault}")
    print(f"\nkilled at {killed.killed_at:,} rows stored; the next row was stored {killed.back_s:.1f} s later\n")


if __name__ == "__main__":
    sys.exit(main())
