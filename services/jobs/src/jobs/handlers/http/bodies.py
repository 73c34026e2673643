"""What `/v1/jobs` takes, checked: bodies and the filters of a query."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias, get_args

import msgspec
from aiohttp import web

from common.operations.reasons import Reason
from common.web.problems import BadRequest
from common.web.requests import choices_of, moment_of, text_of
from jobs.domain.job import JobClass, JobId, Priority, State
from jobs.domain.selection import JobFilter

MAX_CHANGED: Final = 1_000
STATES: Final[tuple[State, ...]] = get_args(State)
CLASSES: Final[tuple[JobClass, ...]] = get_args(JobClass)
FILTERS: Final = ("id", "state", "kind", "class", "tenant", "error", "submitted_from", "submitted_until")

_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$(?!\n)"
Word: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_PRINTABLE)]
Value: TypeAlias = Annotated[str, msgspec.Meta(max_length=2_000)]
Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
HourAndMinute: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]


class SubmitBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Work to be done. Without `unique_key` each submission is a new job; with one, the second is the first."""

    kind: Word
    payload: Annotated[dict[Word, Value], msgspec.Meta(max_length=50)] = {}
    tenant_id: Word = "suite"
    unique_key: Word | None = None
    job_class: JobClass | None = None
    """Its kind's own where it isn't told."""
    priority: Priority = "normal"
    due_at: Instant | None = None
    """Null: at once."""
    reason: Reason


class FilterBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Jobs that fit all of it."""

    job_ids: Annotated[tuple[Word, ...], msgspec.Meta(max_length=MAX_CHANGED)] = ()
    states: Annotated[tuple[State, ...], msgspec.Meta(max_length=len(STATES))] = ()
    kinds: Annotated[tuple[Word, ...], msgspec.Meta(max_length=50)] = ()
    tenant_id: Annotated[str, msgspec.Meta(max_length=200)] = ""
    job_class: JobClass | None = None
    error_slug: Annotated[str, msgspec.Meta(max_length=200)] = ""
    submitted_from: Instant | None = None
    submitted_until: Instant | None = None
    """Exclusive."""

    @property
    def names_something(self) -> bool:
        """Whether it leaves anything out."""
        return self != FilterBody()

    def as_filter(self, *, states: tuple[State, ...]) -> JobFilter:
        """With `states` where none are named."""
        return JobFilter(
            job_ids=tuple(JobId(job_id) for job_id in self.job_ids),
            states=self.states or states,
            kinds=self.kinds,
            tenant_id=self.tenant_id,
            job_class=self.job_class,
            error_slug=self.error_slug,
            submitted_from=self.submitted_from,
            submitted_until=self.submitted_until,
        )


class ChangeManyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One deed for many jobs. A dry run, unless it says otherwise. Everything is meant only where `all` says so."""

    filter: FilterBody = FilterBody()
    all: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHANGED)] = 100
    reason: Reason
    dry_run: bool = True


class ReasonBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Reason


class DrainBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`drain` true: start nothing more; false: go on."""

    reason: Reason
    drain: bool = True


class PauseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Start nothing of a class (`class:bulk`) or a kind (`kind:email.send`) any more."""

    scope: Word
    reason: Reason
    expires_at: Instant | None = None
    """Null: until somebody resumes it."""


class WindowBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hours of bulk work. A pair that ends before it begins goes past midnight; equal ends mean the whole day."""

    hours: Annotated[tuple[tuple[HourAndMinute, HourAndMinute], ...], msgspec.Meta(min_length=1, max_length=8)]
    whose: Literal["suite", "tenant"] = "suite"
    """Whose clock counts."""
    time_zone: Word = "UTC"
    """IANA name: the suite's, and that of tenants whose zone isn't known."""
    at_a_time: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None
    """So many bulk jobs may run at a time, over all workers. Null: as many as there are slots."""
    reason: Reason
    expires_at: Instant | None = None


def filter_of(request: web.Request) -> JobFilter:
    """The filter of a query. Raises `BadRequest`."""
    job_class = choices_of(request, "class", among=CLASSES)
    kinds = text_of(request, "kind", max_length=1_000)
    job_id = text_of(request, "id")
    since, until = moment_of(request, "submitted_from"), moment_of(request, "submitted_until")
    if since is not None and until is not None and since >= until:
        raise BadRequest("submitted_until must be later than submitted_from")
    return JobFilter(
        job_ids=(JobId(job_id),) if job_id else (),
        states=choices_of(request, "state", among=STATES),
        kinds=tuple(kind.strip() for kind in kinds.split(",")) if kinds else (),
        tenant_id=text_of(request, "tenant") or "",
        job_class=job_class[0] if len(job_class) == 1 else None,
        error_slug=text_of(request, "error") or "",
        submitted_from=since,
        submitted_until=until,
    )
