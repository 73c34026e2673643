"""`/v1/jobs` as it listens, over a memory store, with one kind of work and operators in each role."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from jobs_samples import NOW

from common.clock import ManualClock
from common.observability.health import Health
from common.observability.metrics import Metrics
from common.testing.operators import bearer, open_gate
from common.web.server import create_web_app, listening
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.kind import KindPolicy
from jobs.domain.window import BatchWindow
from jobs.handlers.http.routes import add_jobs_routes
from jobs.ports.kinds import JobRefused, Kinds, RunResult, Succeeded, Work
from jobs.ports.store import Store
from jobs.ports.switchboard import SCOPE, Pause, SwitchRefused, WindowSetting

REASON = "a test"


@dataclass(frozen=True, kw_only=True)
class PlainKind:
    """Work that needs `n`."""

    policy: KindPolicy

    def check(self, payload: Mapping[str, str]) -> None:
        if not payload.get("n"):
            raise JobRefused("n is missing")

    async def run(self, work: Work) -> RunResult:
        return Succeeded()


KINDS = Kinds(
    (
        PlainKind(policy=KindPolicy(kind="test.work", job_class="bulk")),
        PlainKind(policy=KindPolicy(kind="test.mail", job_class="critical", rate_per_s=5.0)),
    )
)


@dataclass(kw_only=True)
class PlainSwitchboard:
    """Remembers what it is told."""

    clock: ManualClock
    paused: dict[str, Pause] = field(default_factory=dict)
    setting: WindowSetting | None = None

    def pauses(self) -> Sequence[Pause]:
        return [self.paused[scope] for scope in sorted(self.paused)]

    def window(self) -> WindowSetting | None:
        return self.setting

    async def pause(self, scope: str, *, reason: str, actor: str, expires_at: datetime | None) -> Pause:
        if not SCOPE.match(scope):
            raise SwitchRefused(scope)
        pause = Pause(scope=scope, reason=reason, actor=actor, set_at=self.clock.now(), expires_at=expires_at)
        self.paused[scope] = pause
        return pause

    async def resume(self, scope: str, *, reason: str, actor: str) -> bool:
        return self.paused.pop(scope, None) is not None

    async def set_window(
        self, window: BatchWindow, *, reason: str, actor: str, expires_at: datetime | None
    ) -> WindowSetting:
        self.setting = WindowSetting(
            window=window, reason=reason, actor=actor, set_at=self.clock.now(), expires_at=expires_at
        )
        return self.setting

    async def clear_window(self, *, reason: str, actor: str) -> bool:
        had, self.setting = self.setting is not None, None
        return had


@dataclass(frozen=True, kw_only=True)
class HttpRig:
    """Where it listens, and requests in an operator's name."""

    url: str
    session: aiohttp.ClientSession
    store: Store
    switchboard: PlainSwitchboard
    clock: ManualClock

    async def ask(self, method: str, path: str, *, who: str, status: int, **more: Any) -> Any:
        url = f"{self.url}/v1/jobs{path}"
        async with self.session.request(method, url, headers=bearer(who), **more) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def get(self, path: str = "", *, who: str = "vera", status: int = 200) -> Any:
        return await self.ask("GET", path, who=who, status=status)

    async def post(self, path: str = "", *, who: str = "olaf", status: int = 200, **body: Any) -> Any:
        return await self.ask("POST", path, who=who, status=status, json=body)

    async def put(self, path: str, *, who: str = "olaf", status: int = 200, **body: Any) -> Any:
        return await self.ask("PUT", path, who=who, status=status, json=body)

    async def delete(self, path: str, *, who: str = "olaf", status: int = 200, **params: str) -> Any:
        return await self.ask("DELETE", path, who=who, status=status, params=params)


@asynccontextmanager
async def http_rig(folder: Path, *, records_on: bool = True) -> AsyncIterator[HttpRig]:
    """Listens until the block ends."""
    clock, numbers = ManualClock(NOW), itertools.count(1)
    store, switchboard = MemoryStore(clock=clock), PlainSwitchboard(clock=clock)
    metrics = Metrics("jobs")
    app = create_web_app("jobs", health=Health(), metrics=metrics)
    add_jobs_routes(
        app,
        gate=open_gate(folder, clock),
        store=store,
        kinds=KINDS,
        switchboard=switchboard,
        clock=clock,
        new_id=lambda: f"new-{next(numbers)}",
        records_on=records_on,
        expect_route=metrics.expect_route,
    )
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(app, host="127.0.0.1", port=0, health=Health(), drain_s=0.1))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield HttpRig(
            url=f"http://127.0.0.1:{port}", session=session, store=store, switchboard=switchboard, clock=clock
        )
