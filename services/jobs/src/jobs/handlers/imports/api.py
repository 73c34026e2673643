"""The owner's HTTP API of imports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, get_args

from aiohttp import web

from common.clock import Clock
from common.contracts.jobs import ContactRow
from common.web.problems import BadRequest, NotFound
from common.web.server import json_response, note
from jobs.actions.cancel_import import cancel_import
from jobs.actions.file_walk import FileWalk
from jobs.actions.plan_import import plan_import, region_of
from jobs.actions.start_import import start_import
from jobs.actions.stored_file import StoredFile
from jobs.actions.upload_import import Upload
from jobs.domain.imports.contact_import import ContactImport, ImportId
from jobs.domain.imports.issues import Language, RowIssue
from jobs.domain.imports.readings import Tally
from jobs.domain.job import JobId
from jobs.domain.tenant import TenantCopy
from jobs.handlers.imports.bodies import PreviewBody, StartBody, cursor_of, limit_of, read_body, write_cursor
from jobs.handlers.imports.errors_file import send_errors
from jobs.handlers.imports.upload import Uploads
from jobs.handlers.imports.views import (
    ImportsView,
    ImportView,
    PreviewView,
    counts_view,
    file_view,
    import_view,
    preview_rows,
)
from jobs.handlers.tenant_door import TenantDoor
from jobs.ports.kinds import Kinds
from jobs.ports.store import Store, Transaction

_SHOWN: Final = 50
_SHOWN_CONTACTS: Final = 20
_PREVIEW_WITHIN_S: Final = 10.0


class ImportsApi:
    """Opened by a tenant's API key; shows and changes that tenant's imports alone."""

    def __init__(
        self,
        store: Store,
        kinds: Kinds,
        door: TenantDoor,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        threads: Executor,
        max_bytes: int,
    ) -> None:
        """`threads` looks at files; not those that imports are read in, behind which an owner would wait."""
        self._store = store
        self._kinds = kinds
        self._clock = clock
        self._new_id = new_id
        self._threads = threads
        self._max_bytes = max_bytes
        self._door = door
        self._uploads = Uploads()

    def add_routes(self, app: web.Application, *, expect_route: Callable[[str], None]) -> None:
        """Adds the routes; `expect_route` hears of each template."""
        routes = (
            web.post("/v1/imports", self.upload),
            web.get("/v1/imports", self.listed),
            web.get("/v1/imports/{import_id}", self.shown),
            web.post("/v1/imports/{import_id}/preview", self.preview),
            web.post("/v1/imports/{import_id}/start", self.start),
            web.post("/v1/imports/{import_id}/cancel", self.cancel),
            web.get("/v1/imports/{import_id}/errors.csv", self.errors),
        )
        app.router.add_routes(routes)
        for path in {route.path for route in routes}:
            expect_route(path)

    async def upload(self, request: web.Request) -> web.Response:
        """Takes a file in: the body itself, or the first file of a form. 201 with what it looks like."""
        tenant = await self._door.open(request)
        upload = Upload(
            self._store,
            ImportId(self._new_id()),
            tenant_id=tenant.tenant_id,
            region=region_of(tenant),
            max_bytes=self._max_bytes,
            clock=self._clock,
            threads=self._threads,
        )
        here = await self._uploads.take(request, upload, max_bytes=self._max_bytes)
        note(request, import_id=here.import_id, bytes=here.size)
        async with self._store.transaction() as tx:
            view = await _view(tx, here)
        response = json_response(view, status=201)
        response.headers["Location"] = f"/v1/imports/{here.import_id}"
        return response

    async def listed(self, request: web.Request) -> web.Response:
        """The newest first."""
        tenant = await self._door.open(request)
        limit, before = limit_of(request), cursor_of(request)
        async with self._store.transaction() as tx:
            found = await tx.imports.listed(tenant.tenant_id, before=before, limit=limit + 1)
            shown = found[:limit]
            items = tuple([await _view(tx, one) for one in shown])
        more = len(found) > limit
        return json_response(
            ImportsView(
                items=items,
                next_cursor=write_cursor((shown[-1].created_at, shown[-1].import_id)) if more else None,
                as_of=self._clock.now(),
            )
        )

    async def shown(self, request: web.Request) -> web.Response:
        """One import: its state, how it is read, its first rows, counts and progress."""
        tenant = await self._door.open(request)
        async with self._store.transaction() as tx:
            view = await _view(tx, await _import_of(tx, request, tenant))
        return json_response(view)

    async def preview(self, request: web.Request) -> web.Response:
        """What would become of the first rows; nothing is stored."""
        tenant = await self._door.open(request)
        body = await read_body(request, PreviewBody)
        known, file = await self._file_of(request, tenant)
        shape, plan = await plan_import(known, file, tenant, body.wishes(), self._threads)
        walk = FileWalk(file, plan, self._threads)
        tally, last = Tally(), False
        contacts: list[ContactRow] = []
        issues: list[RowIssue] = []
        async with asyncio.timeout(_PREVIEW_WITHIN_S):
            while tally.rows < body.rows and not last:
                portion = await walk.next_portion()
                tally, last = tally + portion.tally, portion.last
                contacts += portion.contacts[:_SHOWN_CONTACTS]
                issues += portion.issues[:_SHOWN]
        file_shown = file_view(shape, plan)
        assert file_shown is not None
        view = PreviewView(
            file=file_shown,
            country=plan.region,
            counts=counts_view(tally),
            whole_file=last,
            contacts=tuple(contacts[:_SHOWN_CONTACTS]),
            issues=preview_rows(issues, _language(request, tenant), limit=_SHOWN),
        )
        return json_response(view)

    async def start(self, request: web.Request) -> web.Response:
        """Imports the file in the background, or tries it whole. 202; 409 where that was begun already."""
        tenant = await self._door.open(request)
        body = await read_body(request, StartBody)
        known, file = await self._file_of(request, tenant)
        _, plan = await plan_import(known, file, tenant, body.wishes(), self._threads)
        async with self._store.transaction() as tx:
            begun = await start_import(tx, self._kinds, known.import_id, plan, dry=body.dry_run, now=self._clock.now())
            view = await _view(tx, begun)
        return json_response(view, status=202)

    async def cancel(self, request: web.Request) -> web.Response:
        """Stops it; what was sent already is stored all the same. A second time changes nothing."""
        tenant = await self._door.open(request)
        async with self._store.transaction() as tx:
            known = await _import_of(tx, request, tenant)
            ended = await cancel_import(tx, known, now=self._clock.now())
            view = await _view(tx, ended)
        return json_response(view)

    async def errors(self, request: web.Request) -> web.StreamResponse:
        """The faulty rows as a file."""
        tenant = await self._door.open(request)
        async with self._store.transaction() as tx:
            known = await _import_of(tx, request, tenant)
        return await send_errors(request, self._store, known, _language(request, tenant))

    async def _file_of(self, request: web.Request, tenant: TenantCopy) -> tuple[ContactImport, StoredFile]:
        async with self._store.transaction() as tx:
            known = await _import_of(tx, request, tenant)
        return known, StoredFile(self._store, known.import_id, size=known.size)


async def _import_of(tx: Transaction, request: web.Request, tenant: TenantCopy) -> ContactImport:
    import_id = request.match_info["import_id"]
    if not (0 < len(import_id) <= 100 and import_id.isascii() and import_id.isalnum()):
        raise NotFound
    found = await tx.imports.find(ImportId(import_id))
    if found is None or found.tenant_id != tenant.tenant_id:
        raise NotFound
    return found


async def _view(tx: Transaction, known: ContactImport) -> ImportView:
    applied = await tx.imports.applied(known.import_id)
    job = await tx.jobs.job(JobId(known.job_id)) if known.job_id else None
    return import_view(known, applied, job)


def _language(request: web.Request, tenant: TenantCopy) -> Language:
    wanted = request.query.get("language")
    if wanted is None:
        return tenant.settings.languages[0]
    for language in get_args(Language):
        if language == wanted:
            return language  # type: ignore[no-any-return]
    raise BadRequest("language must be en or es")
