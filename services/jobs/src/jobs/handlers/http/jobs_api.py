"""Jobs over HTTP: looked at, submitted, cancelled, run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from aiohttp import web

from common.clock import Clock
from common.operations.gate import Act, OperatorHandler
from common.web.requests import (
    cursor_of,
    known_parameters,
    moment_of,
    read_json,
    whole_number_of,
    write_cursor,
)
from common.web.server import json_response
from jobs.actions.submit_jobs import submit_jobs
from jobs.domain.job import FINAL, Job, JobId, NewJob, State
from jobs.domain.selection import JobFilter, can_run_again
from jobs.handlers.http.bodies import FILTERS, ChangeManyBody, ReasonBody, SubmitBody, filter_of
from jobs.handlers.http.errors import JobOver, NothingNamed, NotOver, UnknownJob
from jobs.handlers.http.views import (
    ChangedView,
    ClassCountsView,
    CountsView,
    JobDetailView,
    JobListView,
    KindsView,
    SubmittedView,
    TallyView,
    attempt_view,
    job_view,
    kind_view,
    paused_by,
)
from jobs.ports.jobs import KindTally
from jobs.ports.kinds import Kinds
from jobs.ports.store import Store
from jobs.ports.switchboard import Switchboard

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
_ATTEMPTS: Final = 50
_SHOWN_IDS: Final = 100
_COUNTED_BACK: Final = timedelta(days=1)
_CANCELLABLE: Final[tuple[State, ...]] = ("waiting", "running")
_FAILED: Final[tuple[State, ...]] = ("failed",)


@dataclass(frozen=True, kw_only=True)
class JobsApi:
    """What operators see and do of jobs."""

    store: Store
    kinds: Kinds
    switchboard: Switchboard
    clock: Clock
    new_id: Callable[[], str]

    @property
    def handlers(self) -> Mapping[str, OperatorHandler]:
        """By operation, see `operations`."""
        return MappingProxyType(
            {
                "list_jobs": self.listed,
                "submit_job": self.submit,
                "count_jobs": self.counts,
                "list_kinds": self.kinds_listed,
                "show_job": self.shown,
                "cancel_jobs": self.cancel_many,
                "cancel_job": self.cancel_one,
                "rerun_jobs": self.rerun_many,
                "rerun_job": self.rerun_one,
            }
        )

    async def listed(self, request: web.Request, _act: Act) -> web.Response:
        """Jobs that fit the filters, the newest first."""
        known_parameters(request, {*FILTERS, "limit", "cursor"})
        wanted = filter_of(request)
        limit = whole_number_of(request, "limit", default=DEFAULT_LIMIT, minimum=1, maximum=MAX_LIMIT)
        cursor = cursor_of(request)
        before = None if cursor is None else (cursor[0], JobId(cursor[1]))
        # One more tells whether there is another page.
        found = await self.store.views.jobs(wanted, before=before, limit=limit + 1)
        shown, pauses = found[:limit], self.switchboard.pauses()
        last = shown[-1] if len(found) > limit else None
        return json_response(
            JobListView(
                items=tuple(job_view(job, pauses) for job in shown),
                next_cursor=None if last is None else write_cursor(last.submitted_at, last.job_id),
                as_of=self.clock.now(),
            )
        )

    async def shown(self, request: web.Request, _act: Act) -> web.Response:
        """One job with its attempts."""
        known_parameters(request, ())
        job = await self._job(request)
        attempts = await self.store.views.attempts(job.job_id, limit=_ATTEMPTS)
        return json_response(
            JobDetailView(
                job=job_view(job, self.switchboard.pauses()),
                payload=dict(job.payload),
                result=dict(job.result),
                lease_until=job.lease_until,
                attempts=tuple(attempt_view(attempt) for attempt in attempts),
                as_of=self.clock.now(),
            )
        )

    async def submit(self, request: web.Request, act: Act) -> web.Response:
        """Takes work in; 200 with the job that is there already when its unique key was used before."""
        known_parameters(request, ())
        body = await read_json(request, SubmitBody)
        act.because(body.reason)
        now = self.clock.now()
        key = body.unique_key or self.new_id()
        job = NewJob(
            job_id=JobId(self.new_id()),
            tenant_id=body.tenant_id,
            kind=body.kind,
            unique_key=key,
            job_class=body.job_class or self.kinds.named(body.kind).policy.job_class,
            submitted_at=now,
            due_at=body.due_at or now,
            priority=body.priority,
            payload=body.payload,
        )
        async with self.store.transaction() as tx:
            created = bool(await submit_jobs(tx, self.kinds, [job]))
            kept = await tx.jobs.by_key(job.tenant_id, job.kind, key)
        if kept is None:
            raise UnknownJob("It was submitted before, and is pruned just now. Submit it again.")
        act.tell(job_id=kept.job_id, kind=kept.kind, created=created)
        view = SubmittedView(job=job_view(kept, self.switchboard.pauses()), created=created)
        return json_response(view, status=201 if created else 200)

    async def counts(self, request: web.Request, _act: Act) -> web.Response:
        """How much there is by class, and by kind and state."""
        known_parameters(request, {"finished_since"})
        now = self.clock.now()
        since = moment_of(request, "finished_since") or now - _COUNTED_BACK
        classes = await self.store.views.counts()
        tally = await self.store.views.tally(finished_since=since)
        return json_response(
            CountsView(
                classes={
                    job_class: ClassCountsView(
                        waiting=counts.waiting,
                        oldest_waiting_s=round(counts.oldest_s, 3),
                        running=counts.running,
                        failed=counts.failed,
                    )
                    for job_class, counts in classes.items()
                },
                kinds=self._tallies(tally),
                finished_since=since,
                as_of=now,
            )
        )

    async def kinds_listed(self, request: web.Request, _act: Act) -> web.Response:
        """What can be submitted, and how it is treated."""
        known_parameters(request, ())
        pauses = self.switchboard.pauses()
        policies = sorted(self.kinds.policies, key=lambda policy: policy.kind)
        return json_response(
            KindsView(items=tuple(kind_view(policy, pauses) for policy in policies), as_of=self.clock.now())
        )

    async def cancel_one(self, request: web.Request, act: Act) -> web.Response:
        """Cancels a waiting job at once, and asks a running one to stop."""
        known_parameters(request, ())
        body = await read_json(request, ReasonBody)
        act.because(body.reason)
        job = await self._job(request)
        act.tell(job_id=job.job_id, kind=job.kind)
        changed = await self._cancel(JobFilter(job_ids=(job.job_id,)), limit=1)
        if not changed.job_ids:
            over = await self._job(request)
            raise JobOver(f"It is {over.state}.")
        act.tell(changed=changed.changed, asked=changed.asked)
        return json_response(changed)

    async def cancel_many(self, request: web.Request, act: Act) -> web.Response:
        """The same for all that fit."""
        body = await self._many(request, act)
        wanted = body.filter.as_filter(states=_CANCELLABLE)
        if body.dry_run:
            found = [job for job in await self._found(wanted, body.limit) if job.state not in FINAL]
            waiting = sum(job.state == "waiting" for job in found[: body.limit])
            return self._would(found, body.limit, act, changed=waiting)
        return self._did(await self._cancel(wanted, limit=body.limit), act)

    async def rerun_one(self, request: web.Request, act: Act) -> web.Response:
        """Lets a failed or cancelled job wait again, with all its attempts."""
        known_parameters(request, ())
        body = await read_json(request, ReasonBody)
        act.because(body.reason)
        job = await self._job(request)
        act.tell(job_id=job.job_id, kind=job.kind)
        # What nobody does any more would wait for ever.
        self.kinds.named(job.kind)
        changed = await self._rerun(JobFilter(job_ids=(job.job_id,)), limit=1)
        if not changed.job_ids:
            now_it_is = await self._job(request)
            raise NotOver(f"It is {now_it_is.state}.")
        act.tell(changed=changed.changed)
        return json_response(changed)

    async def rerun_many(self, request: web.Request, act: Act) -> web.Response:
        """The same for all that fit: failed ones, unless cancelled ones are named."""
        body = await self._many(request, act)
        for kind in body.filter.kinds:
            self.kinds.named(kind)
        wanted = body.filter.as_filter(states=_FAILED)
        if not wanted.kinds:
            wanted = replace(wanted, kinds=tuple(policy.kind for policy in self.kinds.policies))
        if body.dry_run:
            found = [job for job in await self._found(wanted, body.limit) if can_run_again(job)]
            return self._would(found, body.limit, act, changed=len(found[: body.limit]))
        return self._did(await self._rerun(wanted, limit=body.limit), act)

    async def _many(self, request: web.Request, act: Act) -> ChangeManyBody:
        known_parameters(request, ())
        body = await read_json(request, ChangeManyBody)
        act.because(body.reason)
        act.tell(filter=_told(body), limit=body.limit, dry_run=body.dry_run)
        if not body.all and not body.filter.names_something:
            raise NothingNamed('Name states, kinds, a tenant or ids in "filter", or say "all": true.')
        return body

    async def _found(self, wanted: JobFilter, limit: int) -> Sequence[Job]:
        return await self.store.views.jobs(wanted, limit=limit + 1)

    async def _cancel(self, wanted: JobFilter, *, limit: int) -> ChangedView:
        async with self.store.transaction() as tx:
            cancelled = await tx.jobs.cancel(wanted, now=self.clock.now(), limit=limit)
        job_ids = (*cancelled.at_once, *cancelled.asked)
        return ChangedView(
            dry_run=False,
            changed=len(cancelled.at_once),
            asked=len(cancelled.asked),
            job_ids=job_ids[:_SHOWN_IDS],
            more=len(job_ids) >= limit,
        )

    async def _rerun(self, wanted: JobFilter, *, limit: int) -> ChangedView:
        async with self.store.transaction() as tx:
            job_ids = tuple(await tx.jobs.run_again(wanted, now=self.clock.now(), limit=limit))
        return ChangedView(
            dry_run=False, changed=len(job_ids), asked=0, job_ids=job_ids[:_SHOWN_IDS], more=len(job_ids) >= limit
        )

    def _would(self, found: Sequence[Job], limit: int, act: Act, *, changed: int) -> web.Response:
        chosen = found[:limit]
        act.tell(changed=0)
        return json_response(
            ChangedView(
                dry_run=True,
                changed=changed,
                asked=len(chosen) - changed,
                job_ids=tuple(job.job_id for job in chosen[:_SHOWN_IDS]),
                more=len(found) > limit,
            )
        )

    def _did(self, changed: ChangedView, act: Act) -> web.Response:
        act.tell(changed=changed.changed, asked=changed.asked)
        return json_response(changed)

    def _tallies(self, tally: Sequence[KindTally]) -> tuple[TallyView, ...]:
        pauses = self.switchboard.pauses()
        counted = {(line.kind, line.job_class, line.state): line.count for line in tally}
        return tuple(
            TallyView(
                kind=kind,
                job_class=job_class,
                waiting=counted.get((kind, job_class, "waiting"), 0),
                running=counted.get((kind, job_class, "running"), 0),
                succeeded=counted.get((kind, job_class, "succeeded"), 0),
                failed=counted.get((kind, job_class, "failed"), 0),
                cancelled=counted.get((kind, job_class, "cancelled"), 0),
                paused_by=paused_by(kind, job_class, pauses),
            )
            for kind, job_class in sorted({(line.kind, line.job_class) for line in tally})
        )

    async def _job(self, request: web.Request) -> Job:
        job_id = request.match_info["job_id"]
        job = None
        if len(job_id) <= 200 and job_id.isprintable():
            job = await self.store.views.job(JobId(job_id))
        if job is None:
            raise UnknownJob
        return job


def _told(body: ChangeManyBody) -> dict[str, object]:
    """What of the filter goes to the audit line: what is named, ids by their number."""
    named: dict[str, object] = {
        "states": body.filter.states,
        "kinds": body.filter.kinds,
        "tenant": body.filter.tenant_id,
        "class": body.filter.job_class,
        "error": body.filter.error_slug,
        "submitted_from": _text(body.filter.submitted_from),
        "submitted_until": _text(body.filter.submitted_until),
        "ids": len(body.filter.job_ids),
    }
    return {name: value for name, value in named.items() if value}


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
