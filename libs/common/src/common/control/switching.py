"""Setting switches from inside a service: written down first, held here at once, told to the others."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from common.clock import Clock
from common.control.catalogue import Switch, SwitchRefused
from common.control.keeping import Keeper
from common.control.setting import MAX_SETTING_BYTES, NewSetting, Setting, encode_setting
from common.control.store import SwitchStore
from common.control.switches import Switches
from common.messaging.bus import Bus
from common.messaging.permissions import switches_topic_of
from common.operations.reasons import masked
from common.storage import StoreUnavailable

T = TypeVar("T")


class Switching:
    """Sets and clears. A service may set what is its own, the suite in one process everything."""

    def __init__(
        self, switches: Switches, keeper: Keeper, *, store: SwitchStore | None, bus: Bus, user: str, clock: Clock
    ) -> None:
        """`user` is the service's name at the broker and in Postgres. Without a `store` nothing can be set from here."""
        self._switches = switches
        self._keeper = keeper
        self._store = store
        self._bus = bus
        self._user = user
        self._clock = clock

    @property
    def store(self) -> SwitchStore:
        """Where settings are written down. Raises `StoreUnavailable` where there is nowhere."""
        if self._store is None:
            raise StoreUnavailable("this service runs without its database: use opsctl, which goes over the bus")
        return self._store

    async def set(
        self, switch: Switch[T], value: object, *, scope: str = "", reason: str, actor: str, expires_at: datetime | None
    ) -> Setting:
        """Sets a switch to JSON's `value`. Raises `SwitchRefused`, `NotYours` or another `StoreError`."""
        if value is None:
            raise SwitchRefused(f"{switch.name}: null is no value; clear it instead")
        switch.convert(value)
        return await self._put(switch, value, scope=scope, reason=reason, actor=actor, expires_at=expires_at)

    async def clear(self, switch: Switch[Any], *, scope: str = "", reason: str, actor: str) -> bool:
        """Back to its initial value. False when nothing was set. Raises as `set` does."""
        if self._switches.setting(switch, scope) is None:
            return False
        await self._put(switch, None, scope=scope, reason=reason, actor=actor, expires_at=None)
        return True

    async def _put(
        self,
        switch: Switch[Any],
        value: object,
        *,
        scope: str,
        reason: str,
        actor: str,
        expires_at: datetime | None,
    ) -> Setting:
        setting = await self.store.put(
            new_setting(
                switch,
                value,
                scope=scope,
                reason=reason,
                actor=actor,
                now=self._clock.now(),
                expires_at=expires_at,
            )
        )
        self._switches.take([setting], source="here")
        await self._keeper.save()
        # Whoever does not hear it looks by itself.
        await self._bus.broadcast(switches_topic_of(self._user), encode_setting(setting))
        return setting


def new_setting(
    switch: Switch[Any],
    value: object,
    *,
    scope: str,
    reason: str,
    actor: str,
    now: datetime,
    expires_at: datetime | None,
) -> NewSetting:
    """A setting that every service will take. Raises `SwitchRefused` that says what is wrong with it."""
    switch.check_scope(scope)
    if value is not None:
        switch.convert(value)
    if expires_at is not None and expires_at <= now:
        raise SwitchRefused(f"{switch.name}: it would end before it begins")
    raw = {
        "name": switch.name,
        "scope": scope,
        "value": value,
        # Kept for ever, in a table that nobody edits.
        "reason": masked(reason),
        "actor": actor,
        "set_at": now,
        "expires_at": expires_at,
    }
    try:
        new = msgspec.convert(raw, NewSetting)
    except msgspec.ValidationError as error:
        raise SwitchRefused(f"{switch.name}: {error}") from error
    if len(msgspec.json.encode(new)) > MAX_SETTING_BYTES - 100:
        raise SwitchRefused(f"{switch.name}: more than {MAX_SETTING_BYTES} bytes")
    return new
