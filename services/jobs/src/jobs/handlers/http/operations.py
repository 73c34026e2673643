"""Every operation of `/v1/jobs`: its path, who may, what it takes and answers. Routes and document are made from this table."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from common.operations.operators import Role
from jobs.handlers.http import bodies, views
from jobs.handlers.http.bodies import CLASSES, STATES
from jobs.handlers.http.jobs_api import DEFAULT_LIMIT, MAX_LIMIT

Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]
PREFIX: Final = "/v1/jobs"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One value of the query or of the path."""

    name: str
    about: str
    schema: MappingProxyType[str, Any]
    example: Any
    place: Literal["query", "path"] = "query"
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method on one path."""

    name: str
    method: Method
    path: str
    role: Role
    about: str
    reply: type
    statuses: tuple[int, ...] = (200,)
    """Of success; all with the same reply."""
    faults: tuple[int, ...] = ()
    """Beside those that every operation has."""
    action: str = ""
    """In the audit line; empty: it only looks."""
    body: type | None = None
    parameters: tuple[Parameter, ...] = ()
    needs_store: bool = True


def _schema(**parts: Any) -> MappingProxyType[str, Any]:
    return MappingProxyType(parts)


def _text(name: str, about: str, example: str, *, max_length: int = 200) -> Parameter:
    schema = _schema(type="string", minLength=1, maxLength=max_length)
    return Parameter(name=name, about=about, schema=schema, example=example)


def _moment(name: str, about: str) -> Parameter:
    return Parameter(
        name=name, about=about, schema=_schema(type="string", format="date-time"), example="2026-03-10T12:00:00Z"
    )


def _words(name: str, about: str, among: tuple[str, ...], example: str) -> Parameter:
    pattern = f"^({'|'.join(among)})(,({'|'.join(among)}))*$"
    return Parameter(name=name, about=about, schema=_schema(type="string", pattern=pattern), example=example)


def _in_path(name: str, about: str, example: str) -> Parameter:
    schema = _schema(type="string", minLength=1, maxLength=200)
    return Parameter(name=name, about=about, schema=schema, example=example, place="path", required=True)


_LIMIT: Final = Parameter(
    name="limit",
    about="How many at most.",
    schema=_schema(type="integer", minimum=1, maximum=MAX_LIMIT, default=DEFAULT_LIMIT),
    example=DEFAULT_LIMIT,
)
_REASON: Final = Parameter(
    name="reason",
    about="Why, in one line without personal data.",
    schema=_schema(type="string", minLength=3, maxLength=300),
    example="the import of this morning is done",
    required=True,
)
_JOB: Final = _in_path("job_id", "The job's id.", "5f1c3a0e")

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_jobs",
        method="GET",
        path=PREFIX,
        role="viewer",
        about="Jobs that fit all filters, the newest first.",
        reply=views.JobListView,
        parameters=(
            _text("id", "The job with this id.", "5f1c3a0e"),
            _words("state", "Of these states, with commas between them.", STATES, "failed,waiting"),
            _text("kind", "Of these kinds, with commas between them.", "email.send", max_length=1_000),
            _words("class", "Of this class.", CLASSES, "bulk"),
            _text("tenant", "Of this tenant; `suite` for work that belongs to none.", "corner-plumbing"),
            _text("error", "Whose last attempt failed with this slug.", "address-refused"),
            _moment("submitted_from", "Submitted then or later."),
            _moment("submitted_until", "Submitted earlier than that."),
            _LIMIT,
            _text(
                "cursor",
                "`next_cursor` of the page before.",
                "WyIyMDI2LTAzLTEwVDEyOjAwOjAwWiIsIjVmMWMzYTBlIl0",
                max_length=600,
            ),
        ),
    ),
    Operation(
        name="submit_job",
        method="POST",
        path=PREFIX,
        role="operator",
        action="jobs.submit",
        about="Takes work in, durably. 201: it is new. 200: its unique key was used before; that job is the answer.",
        body=bodies.SubmitBody,
        reply=views.SubmittedView,
        statuses=(201, 200),
        faults=(413, 422),
    ),
    Operation(
        name="count_jobs",
        method="GET",
        path=f"{PREFIX}/counts",
        role="viewer",
        about="How much there is by class, and by kind and state.",
        reply=views.CountsView,
        parameters=(_moment("finished_since", "Since when ended jobs are counted; a day back unless told."),),
    ),
    Operation(
        name="list_kinds",
        method="GET",
        path=f"{PREFIX}/kinds",
        role="viewer",
        about="What can be submitted, and how it is treated.",
        reply=views.KindsView,
        needs_store=False,
    ),
    Operation(
        name="cancel_jobs",
        method="POST",
        path=f"{PREFIX}/cancel",
        role="operator",
        action="jobs.cancel",
        about="Cancels the waiting and asks the running to stop, of those that fit. A dry run unless `dry_run` is false.",
        body=bodies.ChangeManyBody,
        reply=views.ChangedView,
        faults=(413, 422),
    ),
    Operation(
        name="rerun_jobs",
        method="POST",
        path=f"{PREFIX}/rerun",
        role="operator",
        action="jobs.rerun",
        about=(
            "Lets failed jobs that fit wait again, with all their attempts and from their last checkpoint; cancelled ones where they "
            "are named. A dry run unless `dry_run` is false."
        ),
        body=bodies.ChangeManyBody,
        reply=views.ChangedView,
        faults=(413, 422),
    ),
    Operation(
        name="list_workers",
        method="GET",
        path=f"{PREFIX}/workers",
        role="viewer",
        about="The processes that work, as of their last heartbeats.",
        reply=views.WorkersView,
    ),
    Operation(
        name="drain_worker",
        method="POST",
        path=f"{PREFIX}/workers/{{worker}}/drain",
        role="operator",
        action="jobs.drain",
        about="Asks a worker to finish what it has and to start nothing more, or to go on (`drain` false).",
        body=bodies.DrainBody,
        reply=views.WorkerView,
        faults=(413, 422),
        parameters=(_in_path("worker", "Its name in the list of workers.", "jobs-1-4242"),),
    ),
    Operation(
        name="list_pauses",
        method="GET",
        path=f"{PREFIX}/pauses",
        role="viewer",
        about="What is paused, by whom, why and until when.",
        reply=views.PausesView,
        needs_store=False,
    ),
    Operation(
        name="pause",
        method="POST",
        path=f"{PREFIX}/pauses",
        role="operator",
        action="jobs.pause",
        about="Starts nothing of a class or a kind any more; what runs goes on, what is submitted waits.",
        body=bodies.PauseBody,
        reply=views.PauseView,
        faults=(413, 422),
        needs_store=False,
    ),
    Operation(
        name="resume",
        method="DELETE",
        path=f"{PREFIX}/pauses/{{scope}}",
        role="operator",
        action="jobs.resume",
        about="Ends a pause; `ended` is false where there was none.",
        reply=views.EndedView,
        faults=(422,),
        parameters=(_in_path("scope", "`class:<class>` or `kind:<kind>`.", "class:bulk"), _REASON),
        needs_store=False,
    ),
    Operation(
        name="show_window",
        method="GET",
        path=f"{PREFIX}/window",
        role="viewer",
        about="The hours in which bulk work is started.",
        reply=views.WindowView,
        needs_store=False,
    ),
    Operation(
        name="set_window",
        method="PUT",
        path=f"{PREFIX}/window",
        role="operator",
        action="jobs.window.set",
        about="Starts bulk work within these hours alone, so many at a time.",
        body=bodies.WindowBody,
        reply=views.WindowView,
        faults=(413, 422),
        needs_store=False,
    ),
    Operation(
        name="clear_window",
        method="DELETE",
        path=f"{PREFIX}/window",
        role="operator",
        action="jobs.window.clear",
        about="Bulk work may start at any time again; `ended` is false where it might already.",
        reply=views.EndedView,
        parameters=(_REASON,),
        needs_store=False,
    ),
    Operation(
        name="list_schedules",
        method="GET",
        path=f"{PREFIX}/schedules",
        role="viewer",
        about="What comes again by a time table, and when next.",
        reply=views.SchedulesView,
        parameters=(
            _text("tenant", "Of this tenant.", "corner-plumbing"),
            _text("kind", "Of this kind.", "owner.summary"),
            _text("after", "`next_after` of the page before.", "corner-plumbing:owner.summary", max_length=500),
            _LIMIT,
        ),
    ),
    # Behind the fixed words: a job whose id is one of them is found by `GET /v1/jobs?id=...`.
    Operation(
        name="show_job",
        method="GET",
        path=f"{PREFIX}/{{job_id}}",
        role="viewer",
        about="One job with its attempts.",
        reply=views.JobDetailView,
        parameters=(_JOB,),
    ),
    Operation(
        name="cancel_job",
        method="POST",
        path=f"{PREFIX}/{{job_id}}/cancel",
        role="operator",
        action="jobs.cancel",
        about="Cancels a waiting job at once, and asks a running one to stop.",
        body=bodies.ReasonBody,
        reply=views.ChangedView,
        faults=(409, 413, 422),
        parameters=(_JOB,),
    ),
    Operation(
        name="rerun_job",
        method="POST",
        path=f"{PREFIX}/{{job_id}}/rerun",
        role="operator",
        action="jobs.rerun",
        about="Lets a failed or cancelled job wait again, with all its attempts and from its last checkpoint.",
        body=bodies.ReasonBody,
        reply=views.ChangedView,
        faults=(409, 413, 422),
        parameters=(_JOB,),
    ),
)
