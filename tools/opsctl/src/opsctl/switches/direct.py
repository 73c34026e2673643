"""Switches in Postgres and over the bus, as the operator's own role: works while every service is down, and without Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from common.clock import Clock
from common.control.postgres_store import PostgresSwitchStore, migrate_switches, open_switch_pool
from common.control.setting import Key, Setting, encode_setting, version_at
from common.control.store import NoSwitches, SwitchStore
from common.control.switches import Switches
from common.control.switching import new_setting
from common.control.views import SettingView, SwitchesView, SwitchView, setting_view, switch_views
from common.messaging.bus import BusUnavailable
from common.messaging.permissions import OPERATOR, switches_topic_of
from common.messaging.rabbitmq_signals import send_signal
from common.storage import StoreUnavailable
from opsctl.client import Client
from opsctl.config import Config
from opsctl.errors import OpsError
from opsctl.switches.board import Change, Done
from opsctl.switches.over_http import HttpBoard, views_of
from opsctl.switches.pending import PendingSettings

_LOOK = "services take it at their next look, within 15 s"


class Send(Protocol):
    """As `send_signal`."""

    async def __call__(self, url: str, topic: str, body: bytes, *, timeout_s: float) -> bool:
        """Raises `BusUnavailable`."""


class DirectBoard:
    """A `Board`. Make it with `open_direct_board`."""

    def __init__(
        self,
        config: Config,
        client: Client,
        *,
        store: SwitchStore,
        pending: PendingSettings,
        clock: Clock,
        send: Send = send_signal,
    ) -> None:
        self._config = config
        self._client = client
        self._store = store
        self._pending = pending
        self._clock = clock
        self._send = send
        self.remarks: list[str] = []

    async def switches(self) -> Sequence[SwitchView]:
        """See `Board`. With Postgres away, as a service sees them."""
        try:
            await self._write_down()
            settings = await self._store.current()
        except NoSwitches:
            settings = ()
        except StoreUnavailable:
            self.remarks.append("Postgres is away")
            others = HttpBoard(self._client, tuple(self._config.services))
            shown = await others.switches()
            self.remarks.extend(others.remarks)
            return shown
        known = Switches(OPERATOR, clock=self._clock)
        known.take(settings, source="store")
        return switch_views(known)

    async def history(self, *, name: str, scope: str | None, limit: int) -> Sequence[SettingView]:
        """See `Board`."""
        try:
            await self._write_down()
            return [setting_view(setting) for setting in await self._store.history(name=name, scope=scope, limit=limit)]
        except NoSwitches:
            return []

    async def change(self, change: Change) -> Done:
        """See `Board`."""
        new = new_setting(
            change.switch,
            change.value,
            scope=change.scope,
            reason=change.reason,
            actor=self._config.actor,
            now=self._clock.now(),
            expires_at=change.expires_at,
        )
        try:
            await self._migrated()
            await self._write_down()
            if change.value is None and not await self._is_set((new.name, new.scope)):
                return Done(setting=None, kept="written")
            setting = await self._store.put(new)
        except StoreUnavailable as error:
            if not self._config.amqp_url:
                raise OpsError("Postgres is away, and OPSCTL_AMQP_URL names no broker to go over instead") from error
            return await self._over_the_bus(new.with_version(version_at(new.set_at, after=await self._newest(change))))
        return Done(setting=setting_view(setting), kept="written", remarks=(await self._tell(setting),))

    async def _over_the_bus(self, setting: Setting) -> Done:
        """Kept first: what was told and is forgotten here would never reach Postgres."""
        self._pending.add(setting)
        try:
            heard = await self._broadcast(setting)
        except BusUnavailable as error:
            self._pending.forget(setting)
            raise OpsError("neither Postgres nor the broker can be reached: nothing was set") from error
        remarks = ["Postgres is away: told over the bus alone, to be written down when opsctl next reaches Postgres"]
        if not heard:
            remarks.append("no service is listening: none has heard of it")
        return Done(setting=setting_view(setting), kept="pending", remarks=tuple(remarks))

    async def _tell(self, setting: Setting) -> str:
        if not self._config.amqp_url:
            return f"OPSCTL_AMQP_URL names no broker: {_LOOK}"
        try:
            heard = await self._broadcast(setting)
        except BusUnavailable:
            return f"the broker is away: {_LOOK}"
        return "told to every service that listens" if heard else "no service is listening just now"

    async def _broadcast(self, setting: Setting) -> bool:
        return await self._send(
            self._config.amqp_url,
            switches_topic_of(OPERATOR),
            encode_setting(setting),
            timeout_s=self._config.timeout_s,
        )

    async def _migrated(self) -> None:
        """The tables are ours to make, where nobody has made them yet."""
        try:
            await self._store.current()
        except NoSwitches:
            for label in await migrate_switches(self._config.control_database_url, connect_timeout_s=2.0):
                self.remarks.append(f"made the tables of the switches ({label})")

    async def _write_down(self) -> None:
        written = await self._pending.write_down(self._store)
        if written:
            self.remarks.append(
                "wrote down what was set while Postgres was away: "
                + ", ".join(f"{setting.name} {setting.scope}".strip() for setting in written)
            )

    async def _is_set(self, key: Key) -> bool:
        now = self._clock.now()
        return any(setting.key == key and setting.in_force(now) for setting in await self._store.current())

    async def _newest(self, change: Change) -> int:
        """The highest version of a switch that anybody who can be asked knows of."""
        key = (change.switch.name, change.scope)
        known = [setting.version for setting in self._pending.read() if setting.key == key]
        views = await views_of(self._client, change.switch.read_by)
        known += [
            switch.version
            for view in views.values()
            if isinstance(view, SwitchesView)
            for switch in view.switches
            if (switch.name, switch.scope) == key
        ]
        return max(known, default=0)


@asynccontextmanager
async def open_direct_board(config: Config, client: Client, clock: Clock) -> AsyncIterator[DirectBoard]:
    """Connects when it is first used."""
    pool = await open_switch_pool(config.control_database_url, application_name="opsctl")
    try:
        yield DirectBoard(
            config,
            client,
            store=PostgresSwitchStore(pool),
            pending=PendingSettings(config.folder),
            clock=clock,
        )
    finally:
        await pool.close()
