"""What the switches' API takes and answers, as it travels: `opsctl` reads the same structs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from common.control.catalogue import CATALOGUE, Switch
from common.control.setting import Reason, Scope, Setting
from common.control.switches import InForce, Switches


class SwitchView(msgspec.Struct, frozen=True, kw_only=True):
    """One switch, or one of its scopes, as a service sees it."""

    name: str
    scope: str
    value: Any
    initial: Any
    """What it is at when nobody sets it."""
    on: bool
    """True while it is set to something else."""
    lasting: bool
    read_by: tuple[str, ...]
    about: str
    reason: str = ""
    actor: str = ""
    set_at: datetime | None = None
    expires_at: datetime | None = None
    version: int = 0
    """Of the newest setting that this service has heard of, in force or not."""


class SwitchesView(msgspec.Struct, frozen=True, kw_only=True):
    """All switches that operators are offered."""

    service: str
    as_of: datetime
    seen_s: float | None
    """Seconds since the service last read them from the database; None where it never could."""
    switches: tuple[SwitchView, ...]


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history."""

    name: str
    scope: str
    value: Any
    """None: cleared."""
    reason: str
    actor: str
    set_at: datetime
    expires_at: datetime | None
    version: int


class HistoryView(msgspec.Struct, frozen=True, kw_only=True):
    """What was set, the newest first."""

    items: tuple[SettingView, ...]


class SetRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to set a switch to, and why. `expires_at` None: until somebody clears it."""

    value: Any
    reason: Reason
    scope: Scope = ""
    expires_at: datetime | None = None


class ClearRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which scope to clear, and why."""

    reason: Reason
    scope: Scope = ""


class ClearView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was anything to clear."""

    cleared: bool


def setting_view(setting: Setting) -> SettingView:
    """A setting as it is shown."""
    return SettingView(
        name=setting.name,
        scope=setting.scope,
        value=setting.value,
        reason=setting.reason,
        actor=setting.actor,
        set_at=setting.set_at,
        expires_at=setting.expires_at,
        version=setting.version,
    )


def switch_views(switches: Switches) -> tuple[SwitchView, ...]:
    """Every switch that somebody reads, by name and scope; one that has scopes and isn't set in any, with an empty one."""
    in_force = {held.setting.key: held for held in switches.in_force()}
    views: list[SwitchView] = []
    for switch in CATALOGUE.values():
        if not switch.read_by:
            continue
        told = [
            scope
            for scope in switches.scoped(switch)
            if (switch.name, scope) in in_force or switches.initial(switch, scope) != switch.default
        ]
        views += [_switch_view(switches, switch, scope, in_force.get((switch.name, scope))) for scope in told or [""]]
    return tuple(views)


def _switch_view(switches: Switches, switch: Switch[Any], scope: str, held: InForce | None) -> SwitchView:
    setting = held.setting if held is not None else None
    return SwitchView(
        name=switch.name,
        scope=scope,
        value=msgspec.to_builtins(switches.value(switch, scope)),
        initial=msgspec.to_builtins(switches.initial(switch, scope)),
        on=held is not None and held.on,
        lasting=switch.lasting,
        read_by=switch.read_by,
        about=switch.about,
        reason=setting.reason if setting is not None else "",
        actor=setting.actor if setting is not None else "",
        set_at=setting.set_at if setting is not None else None,
        expires_at=setting.expires_at if setting is not None else None,
        version=switches.version((switch.name, scope)),
    )
