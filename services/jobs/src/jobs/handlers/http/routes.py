"""`/v1/jobs` on a service's app."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web

from common.clock import Clock
from common.operations.gate import Act, OperatorGate, OperatorHandler
from common.web.server import json_response
from jobs.handlers.http.errors import RecordsOff
from jobs.handlers.http.holds_api import HoldsApi
from jobs.handlers.http.jobs_api import JobsApi
from jobs.handlers.http.openapi import DOCUMENT_PATH, document
from jobs.handlers.http.operations import OPERATIONS, Operation
from jobs.handlers.http.schedules_api import SchedulesApi
from jobs.ports.kinds import Kinds
from jobs.ports.store import Store
from jobs.ports.switchboard import Switchboard


def add_jobs_routes(
    app: web.Application,
    *,
    gate: OperatorGate,
    store: Store,
    kinds: Kinds,
    switchboard: Switchboard,
    clock: Clock,
    new_id: Callable[[], str],
    records_on: bool,
    expect_route: Callable[[str], None],
) -> None:
    """Adds every operation; `expect_route` hears of each template.

    `records_on` False: the store is a makeshift that forgets, so what needs it answers 503 instead of an empty list.
    """
    handlers: Mapping[str, OperatorHandler] = {
        **JobsApi(store=store, kinds=kinds, switchboard=switchboard, clock=clock, new_id=new_id).handlers,
        **HoldsApi(store=store, kinds=kinds, switchboard=switchboard, clock=clock).handlers,
        **SchedulesApi(store=store, clock=clock).handlers,
    }
    app.router.add_get(DOCUMENT_PATH, _shown_document)
    expect_route(DOCUMENT_PATH)
    for operation in OPERATIONS:
        handler = handlers[operation.name] if records_on or not operation.needs_store else _off
        _add(app, operation, gate, handler)
        expect_route(operation.path)


def _add(app: web.Application, operation: Operation, gate: OperatorGate, handler: OperatorHandler) -> None:
    guarded = gate.guarded(operation.role, handler, action=operation.action)
    if operation.method == "GET":
        app.router.add_get(operation.path, guarded)
    else:
        app.router.add_route(operation.method, operation.path, guarded)


async def _off(_request: web.Request, _act: Act) -> web.Response:
    raise RecordsOff("What is submitted over the bus stays queued meanwhile.")


async def _shown_document(_request: web.Request) -> web.Response:
    return json_response(document())
