"""What each service says of itself, without a token: probes and metrics; and with one, what is parked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from common.operations.parking_views import ParkingView
from opsctl.client import Client, one_line
from opsctl.errors import NotUnderstood, OpsError

WITHIN_S: Final = 3.0
_STUB: Final = re.compile(r"^ai_telephony_(.+)_provider_stub$")
_PREFIX: Final = "ai_telephony_"


class JobFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How much work there is, by class."""

    waiting: dict[str, int]
    running: dict[str, int]
    failed: dict[str, int]
    """For good: somebody runs them again, or not."""
    oldest_s: dict[str, float]
    """For how long the longest ready one has been ready."""
    emails: int
    draining: bool


class SwitchFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One switch that is turned, as metrics know it."""

    name: str
    scope: str
    age_s: float


class ServiceFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One service. None: it did not say."""

    service: str
    up: bool = False
    ready: bool = False
    reasons: dict[str, str] = {}
    """Why it is not ready, by part."""
    database: bool | None = None
    broker: bool | None = None
    outbox_pending: int | None = None
    outbox_oldest_s: float | None = None
    parked: int | None = None
    stubs: tuple[str, ...] = ()
    """Providers that only pretend."""
    emergencies: int = 0
    """That nobody has taken."""
    emergency_oldest_s: float = 0.0
    switches: tuple[SwitchFigure, ...] = ()
    switches_seen_s: float | None = None
    jobs: JobFigures | None = None
    trouble: str = ""
    """Why it could not be asked, or not for everything."""

    @property
    def well(self) -> bool:
        """Up, ready, and with what it needs."""
        return self.up and self.ready and self.database is not False and self.broker is not False


class _Ready(msgspec.Struct, frozen=True, kw_only=True):
    ready: bool = False
    reasons: dict[str, str] = {}


async def figures_of(client: Client, service: str, *, with_token: bool) -> ServiceFigures:
    """Asks one service. Never raises an `OpsError`: what can't be asked is told in `trouble`."""
    readiness, metrics, parked = await asyncio.gather(
        _readiness(client, service),
        _metrics(client, service),
        _parked(client, service, with_token=with_token),
        return_exceptions=True,
    )
    asked = {"": readiness, "its figures: ": metrics, "what is parked: ": parked}
    trouble = [
        f"{what if isinstance(readiness, _Ready) else ''}{_without(service, error.detail)}"
        for what, error in asked.items()
        if isinstance(error, OpsError)
    ]
    for result in (readiness, metrics, parked):
        if isinstance(result, BaseException) and not isinstance(result, OpsError):
            raise result
    known = metrics if isinstance(metrics, dict) else {}
    return ServiceFigures(
        service=service,
        up=isinstance(readiness, _Ready),
        ready=isinstance(readiness, _Ready) and readiness.ready,
        reasons=readiness.reasons if isinstance(readiness, _Ready) else {},
        database=_flag(known, "store_connected"),
        broker=_flag(known, "bus_connected"),
        outbox_pending=_count(known, "outbox_pending"),
        outbox_oldest_s=_number(known, "outbox_oldest_seconds"),
        parked=parked if isinstance(parked, int) else None,
        stubs=tuple(sorted(match[1] for name in known if (match := _STUB.match(name)) and known[name] == 1)),
        emergencies=_count(known, "alerts_unacknowledged") or 0,
        emergency_oldest_s=_number(known, "alert_oldest_seconds") or 0.0,
        switches=_switches(known),
        switches_seen_s=_number(known, "switches_seen_seconds"),
        jobs=_jobs(known),
        trouble=one_line(trouble[0]) if trouble else "",
    )


def _without(service: str, detail: str) -> str:
    """What went wrong, without the service's name: it stands before it."""
    return detail.removeprefix(f"{service} at ").removeprefix(f"{service}: ")


async def _readiness(client: Client, service: str) -> _Ready:
    _, content = await client.probe(service, "/readyz", timeout_s=WITHIN_S)
    try:
        return msgspec.json.decode(content, type=_Ready)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotUnderstood(f"{service}: /readyz is not ours") from error


async def _metrics(client: Client, service: str) -> dict[str, Any]:
    found: dict[str, Any] = await client.ask(service, "/metrics", reply=dict[str, Any], timeout_s=WITHIN_S)
    return found


async def _parked(client: Client, service: str, *, with_token: bool) -> int | None:
    if not with_token:
        return None
    view = await client.ask(service, "/v1/ops/parking", reply=ParkingView, timeout_s=WITHIN_S)
    return sum(queue.parked for queue in view.queues)


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    value = metrics.get(_PREFIX + name)
    return float(value) if isinstance(value, int | float) else None


def _count(metrics: Mapping[str, Any], name: str) -> int | None:
    number = _number(metrics, name)
    return None if number is None else round(number)


def _flag(metrics: Mapping[str, Any], name: str) -> bool | None:
    number = _number(metrics, name)
    return None if number is None else number == 1


def _by_class(metrics: Mapping[str, Any], name: str) -> dict[str, float]:
    group = metrics.get(_PREFIX + name)
    if not isinstance(group, dict):
        return {}
    return {_labels(str(key)).get("job_class", str(key)): float(value) for key, value in group.items()}


def _jobs(metrics: Mapping[str, Any]) -> JobFigures | None:
    waiting = _by_class(metrics, "jobs_waiting")
    if not waiting:
        return None
    return JobFigures(
        waiting=_whole(waiting),
        running=_whole(_by_class(metrics, "jobs_running")),
        failed=_whole(_by_class(metrics, "jobs_failed")),
        oldest_s=_by_class(metrics, "jobs_oldest_seconds"),
        emails=_count(metrics, "emails_waiting") or 0,
        draining=bool(_flag(metrics, "worker_draining")),
    )


def _switches(metrics: Mapping[str, Any]) -> tuple[SwitchFigure, ...]:
    on, age = metrics.get(f"{_PREFIX}switch_on"), metrics.get(f"{_PREFIX}switch_age_seconds")
    if not isinstance(on, dict) or not isinstance(age, dict):
        return ()
    return tuple(
        SwitchFigure(name=labels.get("switch", ""), scope=labels.get("scope", ""), age_s=float(age.get(key, 0)))
        for key, value in on.items()
        if value == 1 and (labels := _labels(key))
    )


def _labels(key: str) -> dict[str, str]:
    """From `scope=class:bulk,switch=jobs.pause`."""
    pairs = (part.partition("=") for part in key.split(","))
    return {name: value for name, _, value in pairs}


def _whole(numbers: Mapping[str, float]) -> dict[str, int]:
    return {name: round(number) for name, number in numbers.items()}
