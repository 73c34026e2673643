"""Switches through the services themselves: the one-process suite, and a view of what they go by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

from common.control.views import (
    ClearRequest,
    ClearView,
    HistoryView,
    SetRequest,
    SettingView,
    SwitchesView,
    SwitchView,
)
from opsctl.client import Client
from opsctl.errors import OpsError, Refused, Unreachable
from opsctl.switches.board import Change, Done

R = TypeVar("R")

PATH: Final = "/v1/ops/switches"


class HttpBoard:
    """A `Board` that asks one service after the other: the first that can answers."""

    def __init__(self, client: Client, services: Sequence[str]) -> None:
        self._client = client
        self._services = tuple(services)
        self.remarks: list[str] = []

    async def switches(self) -> Sequence[SwitchView]:
        """See `Board`."""
        view = await self._first(lambda service: self._client.ask(service, PATH, reply=SwitchesView))
        self.remarks.append(f"as {view.service} sees them")
        return view.switches

    async def history(self, *, name: str, scope: str | None, limit: int) -> Sequence[SettingView]:
        """See `Board`."""
        params: dict[str, str | int] = {"limit": limit}
        params |= {"name": name} if name else {}
        params |= {"scope": scope} if scope else {}
        found = await self._first(
            lambda service: self._client.ask(service, f"{PATH}/history", params=params, reply=HistoryView)
        )
        return found.items

    async def change(self, change: Change) -> Done:
        """See `Board`. The service whose switch it is first."""
        own = [service for service in self._services if service in change.switch.read_by]
        order = [*own, *(service for service in self._services if service not in own)]
        path = f"{PATH}/{change.switch.name}"
        if change.value is None:
            clear = ClearRequest(reason=change.reason, scope=change.scope)
            cleared = await self._first(
                lambda service: self._client.ask(service, f"{path}/clear", method="POST", body=clear, reply=ClearView),
                order,
            )
            if not cleared.cleared:
                return Done(setting=None, kept="written")
            (setting,) = await self.history(name=change.switch.name, scope=change.scope or None, limit=1)
            return Done(setting=setting, kept="written")
        body = SetRequest(value=change.value, reason=change.reason, scope=change.scope, expires_at=change.expires_at)
        setting = await self._first(
            lambda service: self._client.ask(service, path, method="PUT", body=body, reply=SettingView), order
        )
        return Done(setting=setting, kept="written")

    async def _first(self, ask: Callable[[str], Awaitable[R]], order: Sequence[str] = ()) -> R:
        """The first answer. What a service refuses as wrong, no other is asked; raises the first service's error otherwise."""
        errors: list[OpsError] = []
        for service in order or self._services:
            try:
                return await ask(service)
            except (Unreachable, Refused) as error:
                if isinstance(error, Refused) and error.problem not in {
                    "not-yours",
                    "store-unavailable",
                    "no-switches",
                }:
                    raise
                errors.append(error)
        if all(isinstance(error, Refused) and error.problem == "not-yours" for error in errors):
            raise OpsError(
                "no service may set this switch for you: give opsctl the role `control` (OPSCTL_CONTROL_DATABASE_URL_FILE)"
            )
        raise errors[0]


async def views_of(client: Client, services: Sequence[str]) -> Mapping[str, SwitchesView | OpsError]:
    """What each service goes by, or why it can't be asked."""

    async def ask(service: str) -> SwitchesView | OpsError:
        try:
            return await client.ask(service, PATH, reply=SwitchesView, timeout_s=2.0)
        except OpsError as error:
            return error

    return dict(zip(services, await asyncio.gather(*(ask(service) for service in services)), strict=True))
