"""Schedules over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aiohttp import web

from common.clock import Clock
from common.operations.gate import Act, OperatorHandler
from common.web.requests import known_parameters, text_of, whole_number_of
from common.web.server import json_response
from jobs.handlers.http.jobs_api import DEFAULT_LIMIT, MAX_LIMIT
from jobs.handlers.http.views import SchedulesView, schedule_view
from jobs.ports.store import Store


@dataclass(frozen=True, kw_only=True)
class SchedulesApi:
    """What operators see of schedules."""

    store: Store
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, OperatorHandler]:
        """By operation, see `operations`."""
        return MappingProxyType({"list_schedules": self.listed})

    async def listed(self, request: web.Request, _act: Act) -> web.Response:
        """What comes again, and when next."""
        known_parameters(request, {"tenant", "kind", "after", "limit"})
        limit = whole_number_of(request, "limit", default=DEFAULT_LIMIT, minimum=1, maximum=MAX_LIMIT)
        async with self.store.transaction() as tx:
            found = await tx.schedules.listed(
                tenant_id=text_of(request, "tenant") or "",
                kind=text_of(request, "kind") or "",
                after=text_of(request, "after", max_length=500) or "",
                limit=limit + 1,
            )
        shown = found[:limit]
        return json_response(
            SchedulesView(
                items=tuple(schedule_view(schedule) for schedule in shown),
                next_after=shown[-1].table.schedule_id if len(found) > limit else None,
                as_of=self.clock.now(),
            )
        )
