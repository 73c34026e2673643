"""The purge of what a business doesn't keep any more: round after round, until no service has anything left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from common.contracts.purging import left_over
from common.contracts.tenants import Retention
from jobs.domain.job import JobId

Service = Literal["gateway", "chat", "billing"]
SERVICES: Final[tuple[Service, ...]] = get_args(Service)
PATIENCE: Final = timedelta(minutes=10)
"""How long a service may take to answer."""


@dataclass(frozen=True, kw_only=True)
class PurgeReport:
    """What one service deleted in one round, by kind of record."""

    job_id: JobId
    round: int
    service: str
    deleted: Mapping[str, int]
    finished_at: datetime


@dataclass(frozen=True, kw_only=True)
class Purge:
    """How far one purge is. What is older than these moments goes; they are never later than when it began."""

    conversations_before: datetime
    records_before: datetime
    deliveries_before: datetime
    round: int = 0
    """The one that is under way, from 1; 0 before the first."""
    asked_at: datetime | None = None
    """When the services were asked last; None: they are to be asked (again)."""
    own_done: bool = False
    """Whether this service's own records are purged."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """`<service>.<kind of record>` -> rows that are gone, of the rounds that are over."""

    def sparing(self, retention: Retention, *, now: datetime) -> Purge:
        """Keeps what is to be kept by now, too: the business may keep more than when the purge began, which may be days ago."""
        wanted = begun(retention, now=now)
        return replace(
            self,
            conversations_before=min(self.conversations_before, wanted.conversations_before),
            records_before=min(self.records_before, wanted.records_before),
            deliveries_before=min(self.deliveries_before, wanted.deliveries_before),
        )

    def asked(self, now: datetime) -> Purge:
        """The services are asked for this round; for the first, where none has begun."""
        return replace(self, round=max(self.round, 1), asked_at=now)

    def unanswered(self) -> Purge:
        """Nobody waits any longer: they are to be asked anew."""
        return replace(self, asked_at=None)

    def missing(self, reports: Mapping[str, Mapping[str, int]]) -> tuple[Service, ...]:
        """Who hasn't reported this round."""
        return tuple(service for service in SERVICES if service not in reports)

    def heard(self, reports: Mapping[str, Mapping[str, int]]) -> tuple[Purge, bool]:
        """The purge after a round that all have reported, and whether another one is needed."""
        purge = self
        for service, deleted in reports.items():
            purge = purge.counted(service, deleted)
        again = any(left_over(deleted) for deleted in reports.values())
        return (replace(purge, round=purge.round + 1, asked_at=None) if again else purge), again

    def counted(self, service: str, deleted: Mapping[str, int]) -> Purge:
        """With what is gone from one service."""
        totals = dict(self.totals)
        for kind, count in deleted.items():
            name = f"{service}.{kind}"
            totals[name] = totals.get(name, 0) + count
        return replace(self, totals=totals)

    def to_json(self) -> dict[str, Any]:
        """As it is kept with its job."""
        return {
            "conversations_before": self.conversations_before.isoformat(),
            "records_before": self.records_before.isoformat(),
            "deliveries_before": self.deliveries_before.isoformat(),
            "round": self.round,
            "asked_at": None if self.asked_at is None else self.asked_at.isoformat(),
            "own_done": self.own_done,
            "totals": dict(self.totals),
        }


def begun(retention: Retention, *, now: datetime) -> Purge:
    """A purge by a business's settings."""
    return Purge(
        conversations_before=now - timedelta(days=retention.conversations_days),
        records_before=now - timedelta(days=retention.records_days),
        deliveries_before=now - timedelta(days=retention.deliveries_days),
    )


def kept_purge(checkpoint: Mapping[str, Any]) -> Purge | None:
    """What `to_json` made; None where nothing was kept yet."""
    if "round" not in checkpoint:
        return None
    asked_at = checkpoint["asked_at"]
    return Purge(
        conversations_before=datetime.fromisoformat(checkpoint["conversations_before"]),
        records_before=datetime.fromisoformat(checkpoint["records_before"]),
        deliveries_before=datetime.fromisoformat(checkpoint["deliveries_before"]),
        round=checkpoint["round"],
        asked_at=None if asked_at is None else datetime.fromisoformat(asked_at),
        own_done=checkpoint["own_done"],
        totals=checkpoint["totals"],
    )


def purge_id(job_id: JobId, round_: int) -> str:
    """What the services know a round by, its event's id too: asked again, it is the same round."""
    return f"{job_id}:{round_}"


def round_of(purge_id: str) -> tuple[JobId, int] | None:
    """The job and the round; None where it is none of ours."""
    job_id, _, number = purge_id.rpartition(":")
    if not job_id or not (number.isascii() and number.isdigit() and len(number) < 9):
        return None
    return JobId(job_id), int(number)
