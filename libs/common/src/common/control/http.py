"""`/v1/ops/switches`: what a service goes by, and, for what is its own, how an operator sets it.

Reached on each service's own port only: no public edge routes `/v1/ops`. In one process on embedded parts every service sets
every switch; elsewhere opsctl goes to the database and the bus by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

from common.clock import Clock
from common.control.catalogue import switch_named
from common.control.keeping import Keeper
from common.control.setting import MAX_SETTINGS
from common.control.switches import Switches
from common.control.switching import Switching
from common.control.views import (
    ClearRequest,
    ClearView,
    HistoryView,
    SetRequest,
    SwitchesView,
    setting_view,
    switch_views,
)
from common.operations.gate import Act, OperatorGate
from common.web.problems import BadRequest
from common.web.requests import known_parameters, read_json, text_of, whole_number_of
from common.web.server import json_response

PATH: Final = "/v1/ops/switches"


class SwitchesApi:
    """The operators' way to a service's switches."""

    def __init__(
        self,
        service: str,
        *,
        switches: Switches,
        switching: Switching,
        keeper: Keeper,
        gate: OperatorGate,
        clock: Clock,
    ) -> None:
        self._service = service
        self._switches = switches
        self._switching = switching
        self._keeper = keeper
        self._gate = gate
        self._clock = clock

    def add_routes(self, app: web.Application, *, expect_route: Callable[[str], None]) -> None:
        """The paths, each behind the gate."""
        routes = (
            ("GET", PATH, self._gate.guarded("viewer", self.show)),
            ("GET", f"{PATH}/history", self._gate.guarded("viewer", self.history)),
            ("PUT", f"{PATH}/{{name}}", self._gate.guarded("operator", self.set, action="switch.set")),
            ("POST", f"{PATH}/{{name}}/clear", self._gate.guarded("operator", self.clear, action="switch.clear")),
        )
        for method, path, handler in routes:
            app.router.add_route(method, path, handler)
            expect_route(path)

    async def show(self, request: web.Request, _act: Act) -> web.Response:
        """What this process goes by."""
        known_parameters(request, ())
        seen_at = self._keeper.seen_at
        return json_response(
            SwitchesView(
                service=self._service,
                as_of=self._clock.now(),
                seen_s=None if seen_at is None else max(0.0, self._clock.monotonic() - seen_at),
                switches=switch_views(self._switches),
            )
        )

    async def history(self, request: web.Request, _act: Act) -> web.Response:
        """Who set what, and why; of all switches or of one."""
        known_parameters(request, ("name", "scope", "limit"))
        limit = whole_number_of(request, "limit", default=50, minimum=1, maximum=MAX_SETTINGS)
        found = await self._switching.store.history(
            name=text_of(request, "name") or "", scope=text_of(request, "scope"), limit=limit
        )
        return json_response(HistoryView(items=tuple(setting_view(setting) for setting in found)))

    async def set(self, request: web.Request, act: Act) -> web.Response:
        """Sets a switch."""
        switch = switch_named(request.match_info["name"])
        asked = await read_json(request, SetRequest)
        act.tell(switch=switch.name, scope=asked.scope)
        act.because(asked.reason)
        if asked.expires_at is not None and asked.expires_at.tzinfo is None:
            raise BadRequest("expires_at needs an offset, such as Z")
        setting = await self._switching.set(
            switch,
            asked.value,
            scope=asked.scope,
            reason=asked.reason,
            actor=act.operator.name,
            expires_at=asked.expires_at,
        )
        return json_response(setting_view(setting))

    async def clear(self, request: web.Request, act: Act) -> web.Response:
        """Back to what it is at when nobody sets it."""
        switch = switch_named(request.match_info["name"])
        asked = await read_json(request, ClearRequest)
        act.tell(switch=switch.name, scope=asked.scope)
        act.because(asked.reason)
        cleared = await self._switching.clear(switch, scope=asked.scope, reason=asked.reason, actor=act.operator.name)
        return json_response(ClearView(cleared=cleared))
