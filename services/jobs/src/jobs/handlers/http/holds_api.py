"""What holds work back, over HTTP: pauses, the hours of bulk work, and workers that drain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from aiohttp import web

from common.clock import Clock
from common.operations.gate import Act, OperatorHandler
from common.operations.reasons import Reason
from common.web.problems import BadRequest
from common.web.requests import known_parameters, read_json
from common.web.server import json_response
from jobs.domain.window import BatchWindow
from jobs.domain.worker import WorkerId
from jobs.handlers.http.bodies import CLASSES, DrainBody, PauseBody, WindowBody
from jobs.handlers.http.errors import ExpiryRefused, UnknownWorker, WindowRefused
from jobs.handlers.http.views import (
    EndedView,
    PausesView,
    PauseView,
    WindowView,
    WorkersView,
    worker_view,
)
from jobs.ports.kinds import Kinds
from jobs.ports.store import Store
from jobs.ports.switchboard import Pause, Switchboard, SwitchRefused, WindowSetting

_MAX_WORD: Final = 200


@dataclass(frozen=True, kw_only=True)
class HoldsApi:
    """What operators hold back."""

    store: Store
    kinds: Kinds
    switchboard: Switchboard
    clock: Clock

    @property
    def handlers(self) -> Mapping[str, OperatorHandler]:
        """By operation, see `operations`."""
        return MappingProxyType(
            {
                "list_pauses": self.pauses,
                "pause": self.pause,
                "resume": self.resume,
                "show_window": self.window,
                "set_window": self.set_window,
                "clear_window": self.clear_window,
                "list_workers": self.workers,
                "drain_worker": self.drain,
            }
        )

    async def pauses(self, request: web.Request, _act: Act) -> web.Response:
        """What is paused, by whom, why and until when."""
        known_parameters(request, ())
        return json_response(
            PausesView(items=tuple(_pause_view(pause) for pause in self.switchboard.pauses()), as_of=self.clock.now())
        )

    async def pause(self, request: web.Request, act: Act) -> web.Response:
        """Starts nothing of a class or a kind any more; what runs goes on."""
        known_parameters(request, ())
        body = await read_json(request, PauseBody)
        act.because(body.reason)
        act.tell(scope=body.scope)
        self._check_scope(body.scope)
        self._check_expiry(body.expires_at)
        pause = await self.switchboard.pause(
            body.scope, reason=body.reason, actor=act.operator.name, expires_at=body.expires_at
        )
        return json_response(_pause_view(pause))

    async def resume(self, request: web.Request, act: Act) -> web.Response:
        """Ends a pause."""
        reason = _reason_of(request)
        scope = request.match_info["scope"][:_MAX_WORD]
        act.because(reason)
        act.tell(scope=scope)
        ended = await self.switchboard.resume(scope, reason=reason, actor=act.operator.name)
        act.tell(ended=ended)
        return json_response(EndedView(ended=ended))

    async def window(self, request: web.Request, _act: Act) -> web.Response:
        """The hours in which bulk work is started."""
        known_parameters(request, ())
        return json_response(_window_view(self.switchboard.window(), self.clock.now()))

    async def set_window(self, request: web.Request, act: Act) -> web.Response:
        """Starts bulk work within these hours alone."""
        known_parameters(request, ())
        body = await read_json(request, WindowBody)
        act.because(body.reason)
        act.tell(hours=body.hours, whose=body.whose, time_zone=body.time_zone, at_a_time=body.at_a_time)
        self._check_expiry(body.expires_at)
        setting = await self.switchboard.set_window(
            _window_in(body), reason=body.reason, actor=act.operator.name, expires_at=body.expires_at
        )
        return json_response(_window_view(setting, self.clock.now()))

    async def clear_window(self, request: web.Request, act: Act) -> web.Response:
        """Bulk work may start at any time again."""
        reason = _reason_of(request)
        act.because(reason)
        ended = await self.switchboard.clear_window(reason=reason, actor=act.operator.name)
        act.tell(ended=ended)
        return json_response(EndedView(ended=ended))

    async def workers(self, request: web.Request, _act: Act) -> web.Response:
        """The processes that work, as of their last heartbeats."""
        known_parameters(request, ())
        found = await self.store.views.workers()
        return json_response(WorkersView(items=tuple(worker_view(worker) for worker in found), as_of=self.clock.now()))

    async def drain(self, request: web.Request, act: Act) -> web.Response:
        """Asks a worker to finish what it has and to start nothing more, or to go on."""
        known_parameters(request, ())
        body = await read_json(request, DrainBody)
        worker = WorkerId(request.match_info["worker"][:_MAX_WORD])
        act.because(body.reason)
        act.tell(worker=worker, drain=body.drain)
        if not worker.isprintable() or not await self.store.views.request_drain(worker, drain=body.drain):
            raise UnknownWorker
        found = next((known for known in await self.store.views.workers() if known.worker == worker), None)
        if found is None:
            raise UnknownWorker
        return json_response(worker_view(found))

    def _check_scope(self, scope: str) -> None:
        """A slip of the pen must not pause nothing in silence."""
        kinds = sorted(policy.kind for policy in self.kinds.policies)
        known = [f"class:{job_class}" for job_class in CLASSES] + [f"kind:{kind}" for kind in kinds]
        if scope not in known:
            raise SwitchRefused(f"scope must be one of {', '.join(known)}")

    def _check_expiry(self, expires_at: datetime | None) -> None:
        if expires_at is not None and expires_at <= self.clock.now():
            raise ExpiryRefused


def _reason_of(request: web.Request) -> str:
    """A DELETE has no body: its reason is a parameter."""
    known_parameters(request, {"reason"})
    try:
        return msgspec.convert(request.query.get("reason"), Reason)
    except msgspec.ValidationError as error:
        raise BadRequest("say why in the parameter reason: 3 to 300 printable characters") from error


def _window_in(body: WindowBody) -> BatchWindow:
    try:
        ZoneInfo(body.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WindowRefused(f"There is no time zone {body.time_zone[:60]!r}.") from error
    return BatchWindow(
        hours=tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in body.hours),
        whose=body.whose,
        time_zone=body.time_zone,
        at_a_time=body.at_a_time,
    )


def _window_view(setting: WindowSetting | None, now: datetime) -> WindowView:
    if setting is None:
        return WindowView(hours=None)
    window = setting.window
    opens_at = window.opening(now)
    return WindowView(
        hours=tuple((f"{start:%H:%M}", f"{end:%H:%M}") for start, end in window.hours),
        whose=window.whose,
        time_zone=window.time_zone,
        at_a_time=window.at_a_time,
        open_now=opens_at == now,
        opens_at=None if opens_at == now else opens_at,
        reason=setting.reason,
        actor=setting.actor,
        set_at=setting.set_at,
        expires_at=setting.expires_at,
    )


def _pause_view(pause: Pause) -> PauseView:
    return PauseView(
        scope=pause.scope,
        reason=pause.reason,
        actor=pause.actor,
        set_at=pause.set_at,
        expires_at=pause.expires_at,
    )
