"""Tell who asked for it that the time has come. What is to be done, and whether it still is, they know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from common.clock import Clock
from common.contracts.jobs import JobDue
from common.messaging.bus import Message
from common.messaging.compose import message_of
from jobs.domain.job import Job
from jobs.domain.kind import APPOINTMENT_REMINDER, LEAD_FOLLOW_UP, MORNING_SUMMARY, RETENTION_TEXT, KindPolicy
from jobs.domain.tenant import TenantCopy
from jobs.ports.kinds import Finished, JobRefused, Nap, RunResult, Succeeded, Work

_MAX_NAME: Final = 200


@dataclass(frozen=True, kw_only=True)
class DueKind:
    """One kind of work that is done elsewhere."""

    kind: str
    needs: tuple[str, ...]
    """What its payload must have."""
    texts: Literal["service", "advertising"] | None = None
    """What comes of it is a text to a customer: it waits until nobody is woken by it. None: its time is the owner's own choice."""


DUE_KINDS: Final = (
    DueKind(kind=APPOINTMENT_REMINDER, needs=("appointment_id", "starts_at"), texts="service"),
    DueKind(kind=LEAD_FOLLOW_UP, needs=("call_id",), texts="advertising"),
    DueKind(kind=RETENTION_TEXT, needs=("customer_id",), texts="advertising"),
    DueKind(kind=MORNING_SUMMARY, needs=("date",)),
)


class TellDue:
    """A `Kind` that emits `job.due.v1` with its completion: both are stored, or neither."""

    def __init__(self, kind: DueKind, clock: Clock) -> None:
        self._kind = kind
        self._clock = clock
        self._policy = KindPolicy(kind=kind.kind, job_class="critical", timeout_s=20.0, max_attempts=20)

    @property
    def policy(self) -> KindPolicy:
        """See `Kind`."""
        return self._policy

    def check(self, payload: Mapping[str, str]) -> None:
        """See `Kind`."""
        missing = [name for name in self._kind.needs if not payload.get(name)]
        if missing:
            raise JobRefused(f"payload: {', '.join(missing)} must be there")
        if any(len(name) > _MAX_NAME for name in payload):
            raise JobRefused(f"payload: names have at most {_MAX_NAME} characters")

    async def run(self, work: Work) -> RunResult:
        """See `Kind`."""
        async with work.step(checkpoint=work.job.checkpoint) as tx:
            tenant = await tx.tenants.tenant(work.job.tenant_id)
        if tenant is not None and tenant.deleted:
            return Succeeded(result={"told": "nobody: the business is gone"})
        quiet_until = self._quiet_until(tenant)
        if quiet_until is not None:
            return Nap(until=quiet_until)
        async with work.finish() as tx:
            tx.emit(due_message(work.job, now=self._clock.now()))
        return Finished()

    def _quiet_until(self, tenant: TenantCopy | None) -> datetime | None:
        """The sender looks once more; this is for those who would be woken by a text that is late."""
        if tenant is None or self._kind.texts is None:
            return None
        return tenant.end_of_quiet(self._clock.now(), advertising=self._kind.texts == "advertising")


def due_message(job: Job, *, now: datetime) -> Message:
    """The event; the same for each run of the job."""
    return message_of(
        JobDue(
            job_id=job.job_id, kind=job.kind, unique_key=job.unique_key, due_at=job.due_at, payload=dict(job.payload)
        ),
        event_id=f"{job.job_id}:due",
        source="/jobs",
        time=now,
        subject=job.job_id,
        tenant=job.tenant_id,
    )
