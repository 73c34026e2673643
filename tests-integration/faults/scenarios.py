"""What can go wrong: kill -9 at each moment that a service has, and six other faults of each part."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import asyncpg

from faults.stage import SCHEMAS, Node, Schema, Stage
from harness.failpoints import FAILPOINTS
from harness.fault_proxy import PASS, Cut, FaultProxy, HalfOpen, Mode, Slow

Target: TypeAlias = Literal["gateway", "chat", "billing", "jobs", "broker", "postgres"]
TARGETS: Final[tuple[Target, ...]] = get_args(Target)
Way: TypeAlias = Literal["kill", "stop", "restart", "slow", "cut", "half-open"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)
_REACHED_S: Final = 20.0
_DIES_S: Final = 5.0
_STOPPED_S: Final = 4.5
"""Longer than the leases that stages have."""
_GOES_ON_S: Final = 1.0
_DONE_AGAIN_S: Final = 1.2
_STOPPED_AT: Final = {"work-begun": True, "unheld": True, "work-done": False, "uncompleted": True}
"""Where a worker is held up for longer than its lease. True: its job is taken from it, and it must notice. False: it has the job
locked, and nobody may take it."""
_WIRE_S: Final = 3.0


class NotReached(AssertionError):
    """A moment did not come, so that nothing was tried."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One row of the matrix. `happens` brings the fault about and ends it; what it returns is told in the report."""

    name: str
    target: Target
    happens: Callable[[Stage, random.Random], Awaitable[str]]


async def _nothing(stage: Stage, rng: random.Random) -> str:
    await asyncio.sleep(1.0)
    return ""


CALM: Final = Scenario(name="calm", target="gateway", happens=_nothing)
"""No fault: what is red here is red for reasons of its own."""


def matrix() -> tuple[Scenario, ...]:
    """Every scenario."""
    return (CALM, *_at_moments(), *_at_any_moment())


def scenario(name: str) -> Scenario:
    """The one of this name. Raises `KeyError`."""
    return {one.name: one for one in matrix()}[name]


def _at_moments() -> Iterator[Scenario]:
    for schema in SCHEMAS:
        for moment in FAILPOINTS[schema]:
            yield Scenario(
                name=f"{schema}/kill@{moment.name}",
                target=schema,
                happens=_killed_at(schema, moment.name),
            )
        yield Scenario(name=f"{schema}/raise@applied", target=schema, happens=_raising_at(schema, "applied"))
    for name, robbed in _STOPPED_AT.items():
        happens = _stopped_at("jobs", name, robbed=robbed)
        yield Scenario(name=f"jobs/stop@{name}", target="jobs", happens=happens)


def _at_any_moment() -> Iterator[Scenario]:
    for target in TARGETS:
        for way in WAYS:
            yield Scenario(name=f"{target}/{way}", target=target, happens=_broken(target, way))


def _killed_at(schema: Schema, moment: str) -> Callable[[Stage, random.Random], Awaitable[str]]:
    async def happens(stage: Stage, rng: random.Random) -> str:
        node, hit = stage.node(schema), rng.randint(1, 3)
        await _fulfilled(node, moment, hit=hit, act="kill")
        async with asyncio.timeout(_DIES_S):
            while node.process.alive:
                await asyncio.sleep(0.01)
        away_s = rng.uniform(0.1, 0.6)
        await asyncio.sleep(away_s)
        await node.start()
        return f"at hit {hit}, away for {away_s:.1f} s"

    return happens


def _stopped_at(schema: Schema, moment: str, *, robbed: bool) -> Callable[[Stage, random.Random], Awaitable[str]]:
    async def happens(stage: Stage, rng: random.Random) -> str:
        node, hit = stage.node(schema), rng.randint(1, 3)
        # Another process takes over what the stopped one holds; then the stopped one goes on as if nothing had been.
        other = stage.add(schema)
        await other.start()
        lost = await _runs_lost(stage)
        await _fulfilled(node, moment, hit=hit, act="stop")
        stopped_at = asyncio.get_running_loop().time()
        await asyncio.sleep(0.0 if robbed else _STOPPED_S)
        while robbed and await _runs_lost(stage) == lost:
            if asyncio.get_running_loop().time() - stopped_at > _REACHED_S:
                raise NotReached("nobody took over what a stopped worker holds")
            await asyncio.sleep(0.1)
        # What was taken over is done by then.
        await asyncio.sleep(_DONE_AGAIN_S if robbed else 0.0)
        stopped_s = asyncio.get_running_loop().time() - stopped_at
        node.process.send(signal.SIGCONT)
        await asyncio.sleep(_GOES_ON_S)
        await stage.remove(other)
        return f"at hit {hit}, for {stopped_s:.1f} s"

    return happens


async def _runs_lost(stage: Stage) -> int:
    """How many runs of jobs were given up for lost so far."""
    connection = await asyncpg.connect(stage.database.admin_url, timeout=5.0, command_timeout=5.0)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM jobs.job_attempts WHERE outcome = 'lost'"))
    finally:
        await connection.close(timeout=5.0)


def _raising_at(schema: Schema, moment: str) -> Callable[[Stage, random.Random], Awaitable[str]]:
    async def happens(stage: Stage, rng: random.Random) -> str:
        times = rng.randint(2, 4)
        for _ in range(times):
            await _fulfilled(stage.node(schema), moment, hit=1, act="raise")
        return f"{times} times"

    return happens


async def _fulfilled(node: Node, moment: str, *, hit: int, act: Literal["kill", "stop", "raise"]) -> None:
    serial = node.order(moment, hit=hit, act=act)
    try:
        async with asyncio.timeout(_REACHED_S):
            while not node.fulfilled(serial):
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise NotReached(f"{node.schema} did not come to {moment} {hit} times in {_REACHED_S:.0f} s") from None


def _broken(target: Target, way: Way) -> Callable[[Stage, random.Random], Awaitable[str]]:
    async def happens(stage: Stage, rng: random.Random) -> str:
        # Somewhere in the life of what is under way just then.
        await asyncio.sleep(rng.uniform(0.0, 0.5))
        mode = _mode(way, rng)
        if mode is not None:
            _set(_wires(stage, target), mode)
            await asyncio.sleep(_WIRE_S)
            _set(_wires(stage, target), PASS)
            return str(mode)
        match target:
            case "broker":
                await _break_broker(stage, way)
            case "postgres":
                await _break_postgres(stage, way)
            case _:
                await _break_service(stage, target, way)
        return ""

    return happens


def _mode(way: Way, rng: random.Random) -> Mode | None:
    match way:
        case "slow":
            return Slow(latency_s=round(rng.uniform(0.05, 0.15), 3), bytes_per_s=200_000.0)
        case "cut":
            return Cut(after_bytes=rng.randint(200, 20_000))
        case "half-open":
            return HalfOpen()
        case _:
            return None


def _wires(stage: Stage, target: Target) -> list[FaultProxy]:
    match target:
        case "broker":
            return [node.bus for node in stage.all_nodes()]
        case "postgres":
            return [node.database for node in stage.all_nodes()]
        case _:
            return [wire for node in stage.nodes[target] for wire in node.wires]


def _set(wires: list[FaultProxy], mode: Mode) -> None:
    for wire in wires:
        wire.set(mode)


async def _break_service(stage: Stage, schema: Schema, way: Way) -> None:
    node = stage.node(schema)
    match way:
        case "kill":
            await asyncio.to_thread(node.process.kill)
            await asyncio.sleep(0.3)
            await node.start()
        case "restart":
            await node.restart()
        case _:
            # Another process takes over what the stopped one holds; then the stopped one goes on as if nothing had been.
            other = stage.add(schema)
            await other.start()
            node.process.send(signal.SIGSTOP)
            await asyncio.sleep(_STOPPED_S)
            node.process.send(signal.SIGCONT)
            await asyncio.sleep(_GOES_ON_S)
            await stage.remove(other)


async def _break_broker(stage: Stage, way: Way) -> None:
    broker = stage.servers.rabbitmq
    match way:
        case "kill":
            await asyncio.to_thread(broker.crash)
            await asyncio.to_thread(broker.start)
        case "restart":
            await asyncio.to_thread(broker.stop)
            await asyncio.to_thread(broker.start)
        case _:
            broker.pause()
            await asyncio.sleep(_STOPPED_S)
            broker.resume()


async def _break_postgres(stage: Stage, way: Way) -> None:
    postgres = stage.servers.postgres
    match way:
        case "kill":
            await asyncio.to_thread(postgres.crash)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(postgres.start)
        case "restart":
            await asyncio.to_thread(postgres.stop)
            await asyncio.to_thread(postgres.start)
        case _:
            postgres.freeze()
            await asyncio.sleep(_STOPPED_S)
            postgres.thaw()
