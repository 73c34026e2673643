"""The owner's HTTP API of exports."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from common.clock import Clock
from common.web.problems import NotFound
from common.web.server import json_response, note
from jobs.actions.start_export import start_export
from jobs.domain.export import Export, ExportId
from jobs.domain.imports.contact_import import ImportId
from jobs.domain.job import JobId
from jobs.domain.tenant import TenantCopy
from jobs.handlers.exports.file import send_file
from jobs.handlers.exports.views import ExportBody, ExportsView, ExportView, export_view
from jobs.handlers.imports.bodies import cursor_of, limit_of, read_body, write_cursor
from jobs.handlers.tenant_door import TenantDoor
from jobs.ports.kinds import Kinds
from jobs.ports.store import Store, Transaction


class ExportsApi:
    """Opened by a tenant's API key; shows that tenant's exports alone."""

    def __init__(
        self, store: Store, kinds: Kinds, door: TenantDoor, *, clock: Clock, new_id: Callable[[], str]
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._door = door
        self._clock = clock
        self._new_id = new_id

    def add_routes(self, app: web.Application, *, expect_route: Callable[[str], None]) -> None:
        """Adds the routes; `expect_route` hears of each template."""
        routes = (
            web.post("/v1/exports", self.begin),
            web.get("/v1/exports", self.listed),
            web.get("/v1/exports/{export_id}", self.shown),
            web.get("/v1/exports/{export_id}/file", self.file),
        )
        app.router.add_routes(routes)
        for path in {route.path for route in routes}:
            expect_route(path)

    async def begin(self, request: web.Request) -> web.Response:
        """Writes the file in the background. 202; 429 where too many are under way."""
        tenant = await self._door.open(request)
        body = await read_body(request, ExportBody)
        export_id = ExportId(self._new_id())
        async with self._store.transaction() as tx:
            export = await start_export(
                tx,
                self._kinds,
                export_id,
                tenant_id=tenant.tenant_id,
                records=body.records,
                now=self._clock.now(),
            )
        note(request, export_id=export_id, records=body.records)
        response = json_response(export_view(export, None), status=202)
        response.headers["Location"] = f"/v1/exports/{export_id}"
        return response

    async def listed(self, request: web.Request) -> web.Response:
        """The newest first."""
        tenant = await self._door.open(request)
        limit, key = limit_of(request), cursor_of(request)
        before = None if key is None else (key[0], ExportId(key[1]))
        async with self._store.transaction() as tx:
            found = await tx.exports.listed(tenant.tenant_id, before=before, limit=limit + 1)
            shown = found[:limit]
            items = tuple([await _view(tx, one) for one in shown])
        last = shown[-1] if len(found) > limit else None
        return json_response(
            ExportsView(
                items=items,
                next_cursor=None if last is None else write_cursor((last.created_at, ImportId(last.export_id))),
                as_of=self._clock.now(),
            )
        )

    async def shown(self, request: web.Request) -> web.Response:
        """One export: its state and how far it is."""
        tenant = await self._door.open(request)
        async with self._store.transaction() as tx:
            view = await _view(tx, await _export_of(tx, request, tenant))
        return json_response(view)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The file; 409 while there is none."""
        tenant = await self._door.open(request)
        async with self._store.transaction() as tx:
            export = await _export_of(tx, request, tenant)
        return await send_file(request, self._store, export)


async def _export_of(tx: Transaction, request: web.Request, tenant: TenantCopy) -> Export:
    export_id = request.match_info["export_id"]
    if not (0 < len(export_id) <= 100 and export_id.isascii() and export_id.isalnum()):
        raise NotFound
    found = await tx.exports.find(ExportId(export_id))
    if found is None or found.tenant_id != tenant.tenant_id:
        raise NotFound
    return found


async def _view(tx: Transaction, export: Export) -> ExportView:
    return export_view(export, await tx.jobs.job(JobId(export.job_id)))
