"""Durable, signed voice turns a second, beside a bare aiohttp handler that parses, checks the HMAC and commits one INSERT.

    python bench/gateway.py [--seconds 4] [--runs 5]

Each server runs on one core; aiohttp's client and Postgres (which waits for the disk) have the other. Runs alternate, medians
count. A turn of the gateway is a webhook of a whole phone call: greeting, problem, time, name and address, confirmation (which
commits the request before it asks chat, and so commits twice), goodbye. The processor time that the server itself took for a
request is printed too: it says more than the rate when the machine has other work. Exit 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from time import perf_counter
from typing import Final

import psutil
import uvloop

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests-integration"), str(ROOT / "bench")]

from gateway_servers import ORIGIN, TOKEN  # noqa: E402
from http_load import Connection, Request, Tally, hammer, signed_post  # noqa: E402

from common.messaging.postgres_store import MIGRATIONS as MESSAGING  # noqa: E402
from common.postgres.migrations import migrate  # noqa: E402
from common.postgres.provision import provision  # noqa: E402
from harness.databases import PASSWORDS  # noqa: E402
from harness.postgres_server import PostgresServer  # noqa: E402
from harness.rabbitmq_server import RabbitMQServer  # noqa: E402
from telephony_gateway.adapters.schema import MIGRATIONS  # noqa: E402

SERVER_CORE: Final = 0
CLIENT_CORE: Final = 1
DIALLED: Final = "+15125550100"
SAID: Final = (
    "Hi, my water heater is leaking and I need somebody to look at it",
    "tomorrow in the afternoon would be great",
    "the first one",
    "my name is Maria Gonzalez, and the address is 1420 Barton Springs Road, Austin",
    "yes",
    "yes, that's right",
    "no, that's all, thank you, goodbye",
)
_ACTION: Final = re.compile(rb'<Gather[^>]* action="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What must be reached."""

    throughput_ratio: float = 0.35
    p99_ratio: float = 4.0
    p50_alone_ms: float = 4.0
    healthz_per_second: float = 4_000.0
    idle_rss_mb: float = 80.0
    degraded_p99_ms: float = 50.0
    copied_p99_ms: float = 100.0
    """With the broker up, an answer waits for the journal's disk and then for the confirmation of a durable queue."""
    stuck_p50_ms: float = 50.0
    stuck_slowest_ms: float = 1_000.0
    """A broker that stands still delays the first callers, for half a second, and nobody after them."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A started server process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def cpu_s(self) -> float:
        """Processor time spent so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def rss_mb(self) -> float:
        """Resident memory."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20


@contextmanager
def served(kind: str, database: str, *, amqp: str = "memory://", profile: str = "") -> Iterator[Server]:
    """Runs a server of `gateway_servers.py` on its core."""
    folder = tempfile.mkdtemp(prefix="bench-")
    command = [sys.executable, str(ROOT / "bench/gateway_servers.py"), kind, "--database", database, "--amqp", amqp]
    command += ["--tenants", str(ROOT / "tenants.example.yaml"), "--journal", folder, "--core", str(SERVER_CORE)]
    command += ["--profile", profile] if profile else []
    with (Path(folder) / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError((Path(folder) / "log").read_text()[-2_000:])
            yield Server(port=json.loads(line)["port"], process=process)
        finally:
            process.terminate()
            process.wait(15)
            shutil.rmtree(folder, ignore_errors=True)


def form(call_sid: str, status: str, **more: str) -> dict[str, str]:
    """What Twilio sends with a call."""
    return {
        "AccountSid": "AC" + "0" * 32,
        "ApiVersion": "2010-04-01",
        "CallSid": call_sid,
        "CallStatus": status,
        "CallToken": "%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9%22%7D",
        "Called": DIALLED,
        "CalledCountry": "US",
        "Caller": "+15125550142",
        "CallerCity": "AUSTIN",
        "CallerCountry": "US",
        "Direction": "inbound",
        "From": "+15125550142",
        "FromCity": "AUSTIN",
        "FromCountry": "US",
        "FromState": "TX",
        "To": DIALLED,
        "ToCountry": "US",
        "ToState": "TX",
        **more,
    }


def post(path: str, parameters: dict[str, str]) -> Request:
    """A signed webhook."""
    return signed_post(path, parameters, origin=ORIGIN, token=TOKEN, nonce=secrets.token_hex(16))


async def call(connection: Connection, tally: Tally, until: float) -> None:
    """One whole phone call, or what fits before `until`."""
    sid = "CA" + secrets.token_hex(16)
    body = await tally.timed(connection, post("/twilio/voice", form(sid, "ringing")))
    for words in SAID:
        action = _ACTION.search(body)
        if action is None or perf_counter() > until:
            return
        path = unescape(action.group(1).decode())
        heard = form(sid, "in-progress", SpeechResult=words, Confidence="0.93", Language="en-US")
        body = await tally.timed(connection, post(path, heard))


async def bare_turn(connection: Connection, tally: Tally, until: float) -> None:
    """One webhook of the same size."""
    sid = "CA" + secrets.token_hex(16)
    heard = form(sid, "in-progress", SpeechResult=SAID[3], Confidence="0.93", Language="en-US")
    await tally.timed(connection, post("/twilio/voice/turn?turn=1&s=" + "A" * 500, heard))


async def load(server: Server, kind: str, *, concurrency: int, seconds: float) -> Tally:
    """Asks as fast as answers come, over `concurrency` connections: whole calls, single turns, or GETs of a path."""
    tally = Tally()
    until = perf_counter() + seconds

    async def client() -> None:
        if kind.startswith("/"):
            await hammer(server.port, kind, tally, until)
            return
        connection = Connection(server.port)
        work = call if kind == "gateway" else bare_turn
        while perf_counter() < until:
            await work(connection, tally, until)
        await connection.close()

    started, spent = perf_counter(), server.cpu_s
    await asyncio.gather(*(client() for _ in range(concurrency)))
    tally.seconds = perf_counter() - started
    tally.server_cpu_s = server.cpu_s - spent
    return tally


async def first_answers(port: int, calls: int) -> Tally:
    """First TwiML of new calls, four at a time."""
    tally = Tally()

    async def client() -> None:
        connection = Connection(port)
        for _ in range(calls // 4):
            await tally.timed(connection, post("/twilio/voice", form("CA" + secrets.token_hex(16), "ringing")))
        await connection.close()

    started = perf_counter()
    await asyncio.gather(*(client() for _ in range(4)))
    tally.seconds = perf_counter() - started
    return tally


def run(coroutine: object) -> Tally:
    """On uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tally: Tally = runner.run(coroutine)  # type: ignore[arg-type]
    return tally


def _warm(server: Server, kind: str) -> None:
    run(load(server, kind, concurrency=8, seconds=1.0))


def main() -> int:
    """Measures and judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--profile", default="", help="write cProfile figures of one gateway run to this file, and stop"
    )
    options = parser.parse_args()
    os.sched_setaffinity(0, {CLIENT_CORE})
    with PostgresServer(durable=True) as postgres:
        url = asyncio.run(_prepare(postgres))
        if options.profile:
            with served("gateway", url, profile=options.profile) as server:
                tally = run(load(server, "gateway", concurrency=16, seconds=options.seconds))
            print(f"{tally.per_second:.0f} turns/s, p99 {tally.percentile_ms(0.99):.1f} ms, profiled")
            return 0
        return measure(url, options, Bounds())


async def _prepare(postgres: PostgresServer) -> str:
    urls = await provision(postgres.url(), PASSWORDS)
    await migrate(urls["gateway"], schema="gateway", sets=(MESSAGING, MIGRATIONS))
    return urls["gateway"]


def measure(url: str, options: argparse.Namespace, bounds: Bounds) -> int:
    """Alternating runs, then the single figures."""
    tallies: dict[str, list[Tally]] = {"bare": [], "gateway": []}
    with served("bare", url) as bare, served("gateway", url) as gateway:
        idle_mb = gateway.rss_mb
        servers = {"bare": bare, "gateway": gateway}
        for kind, server in servers.items():
            _warm(server, kind)
        for _ in range(options.runs):
            for kind, server in servers.items():
                tallies[kind].append(run(load(server, kind, concurrency=16, seconds=options.seconds)))
        alone = run(load(gateway, "gateway", concurrency=1, seconds=options.seconds))
        health = run(load(gateway, "/healthz", concurrency=16, seconds=2.0))
    with served("gateway", "postgresql://gateway:x@127.0.0.1:1/none", amqp="amqp://127.0.0.1:1") as degraded:
        cut_off = run(first_answers(degraded.port, 400))
    copied, stuck = _with_broker()
    return report(tallies, alone, health, idle_mb, (cut_off, copied, stuck), bounds)


def _with_broker() -> tuple[Tally, Tally]:
    """First answers without Postgres: with a broker that takes copies, and with one that stands still."""
    with (
        RabbitMQServer(durable=True) as broker,
        served("gateway", "postgresql://gateway:x@127.0.0.1:1/none", amqp=broker.url()) as degraded,
    ):
        run(first_answers(degraded.port, 40))
        copied = run(first_answers(degraded.port, 400))
        broker.pause()
        try:
            stuck = run(first_answers(degraded.port, 400))
        finally:
            broker.resume()
    return copied, stuck


def report(
    tallies: dict[str, list[Tally]],
    alone: Tally,
    health: Tally,
    idle_mb: float,
    without: tuple[Tally, Tally, Tally],
    bounds: Bounds,
) -> int:
    """Prints every figure beside its bound; 1 when one is missed."""
    rate = {kind: statistics.median(tally.per_second for tally in runs) for kind, runs in tallies.items()}
    p99 = {kind: statistics.median(tally.percentile_ms(0.99) for tally in runs) for kind, runs in tallies.items()}
    for kind, runs in tallies.items():
        each = "  ".join(f"{tally.per_second:.0f}" for tally in runs)
        cpu = statistics.median(tally.cpu_us for tally in runs)
        print(f"{kind:8} {rate[kind]:7.0f}/s  p99 {p99[kind]:6.1f} ms  {cpu:6.0f} us of its core   runs: {each}")
    cut_off, copied, stuck = without
    faults = sum(tally.faults for runs in (*tallies.values(), [alone, health, *without]) for tally in runs)
    lines = (
        ("throughput, of the bare handler's", rate["gateway"] / rate["bare"], ">=", bounds.throughput_ratio, "x"),
        ("p99, of the bare handler's", p99["gateway"] / p99["bare"], "<=", bounds.p99_ratio, "x"),
        ("p50 of one caller at a time", alone.percentile_ms(0.5), "<=", bounds.p50_alone_ms, "ms"),
        ("/healthz", health.per_second, ">=", bounds.healthz_per_second, "/s"),
        ("idle RSS", idle_mb, "<=", bounds.idle_rss_mb, "MB"),
        ("first TwiML, no Postgres, no RabbitMQ, p99", cut_off.percentile_ms(0.99), "<=", bounds.degraded_p99_ms, "ms"),
        ("first TwiML, no Postgres, copied, p99", copied.percentile_ms(0.99), "<=", bounds.copied_p99_ms, "ms"),
        ("first TwiML, no Postgres, RabbitMQ stuck, p50", stuck.percentile_ms(0.5), "<=", bounds.stuck_p50_ms, "ms"),
        ("and the slowest", stuck.percentile_ms(1.0), "<=", bounds.stuck_slowest_ms, "ms"),
        ("answers that were not 200", float(faults), "<=", 0.0, ""),
    )
    missed = 0
    for name, value, relation, bound, unit in lines:
        good = value >= bound if relation == ">=" else value <= bound
        missed += not good
        print(f"{'ok  ' if good else 'MISS'} {name}: {value:.2f} {unit} ({relation} {bound:g})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
