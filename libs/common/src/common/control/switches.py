"""The switches as this process sees them. Reading one is a look into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from common.clock import Clock
from common.control.catalogue import CATALOGUE, Switch, SwitchRefused
from common.control.setting import MAX_SETTINGS, Edition, Key, Setting, is_from_the_future
from common.control.shelf import Remembered
from common.observability.logs import get_logger

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class InForce:
    """A setting that holds now."""

    setting: Setting
    value: Any
    """Converted to the switch's type."""
    on: bool
    """True when the switch is not at its initial value."""


@dataclass(kw_only=True)
class _Held:
    setting: Setting
    value: Any
    written: bool = False
    """It was seen in the database."""
    lapsed: bool = False
    """Its end was told to whoever watches."""


class Switches:
    """What operators set, over what the environment says, over the defaults."""

    def __init__(self, service: str, *, clock: Clock, initial: Mapping[Key, Any] | None = None) -> None:
        """`initial` is from `read_initial`."""
        self._clock = clock
        self._log: Final = get_logger(service)
        self._initial = dict(initial or {})
        self._held: dict[Key, _Held] = {}
        self._ignored: dict[Key, int] = {}
        self._watchers: dict[str, list[Callable[[], None]]] = {}

    def value(self, switch: Switch[T], scope: str = "") -> T:
        """What the switch is at now."""
        held = self._held.get((switch.name, scope))
        if held is not None and held.setting.in_force(self._clock.now()):
            value: T = held.value
            return value
        return self.initial(switch, scope)

    def initial(self, switch: Switch[T], scope: str = "") -> T:
        """What it is at when nobody sets it."""
        value: T = self._initial.get((switch.name, scope), switch.default)
        return value

    def scoped(self, switch: Switch[T]) -> dict[str, T]:
        """What it is at by scope, where somebody or the environment said anything."""
        scopes = {scope for name, scope in (*self._initial, *self._held) if name == switch.name}
        return {scope: self.value(switch, scope) for scope in sorted(scopes)}

    def in_force(self) -> tuple[InForce, ...]:
        """Every setting that holds now, by name and scope."""
        now = self._clock.now()
        return tuple(
            InForce(setting=held.setting, value=held.value, on=held.value != self.initial(CATALOGUE[key[0]], key[1]))
            for key, held in sorted(self._held.items())
            if held.setting.in_force(now)
        )

    def setting(self, switch: Switch[Any], scope: str = "") -> Setting | None:
        """The setting that holds now, with who and why; None at its initial value."""
        held = self._held.get((switch.name, scope))
        return held.setting if held is not None and held.setting.in_force(self._clock.now()) else None

    def known(self) -> tuple[Setting, ...]:
        """The newest of each switch and scope that was heard of, cleared and expired ones too: what is kept on disk."""
        return tuple(held.setting for _, held in sorted(self._held.items()))

    def written(self) -> frozenset[Edition]:
        """Those of the known ones that were seen in the database."""
        return frozenset(held.setting.edition for held in self._held.values() if held.written)

    def version(self, key: Key) -> int:
        """The version of the newest setting that was heard of; 0 for none."""
        held = self._held.get(key)
        return held.setting.version if held is not None else 0

    def on_change(self, switch: Switch[Any], changed: Callable[[], None]) -> None:
        """Calls `changed` after the switch was set, cleared, or its setting has run out. It must return at once."""
        self._watchers.setdefault(switch.name, []).append(changed)

    def take(self, settings: Iterable[Setting], *, source: str) -> bool:
        """Takes over what is newer than what is known; True when anything was. What can't be is logged and left out."""
        changed: set[str] = set()
        for setting in settings:
            if setting.version <= self.version(setting.key):
                continue
            try:
                held = self._checked(setting)
            except SwitchRefused as error:
                self._ignore(setting, source, error)
                continue
            self._held[setting.key] = held
            changed.add(setting.name)
            self._log.info(
                "switch_set" if setting.value is not None else "switch_cleared",
                switch=setting.name,
                scope=setting.scope,
                actor=setting.actor,
                version=setting.version,
                expires_at=setting.expires_at,
                source=source,
            )
        self._tell(changed)
        return bool(changed)

    def restore(self, remembered: Remembered) -> None:
        """Takes over what the disk kept."""
        self.take(remembered.settings, source="disk")
        for held in self._held.values():
            held.written = held.setting.edition in remembered.written

    def reconcile(self, stored: Sequence[Setting]) -> bool:
        """Takes over what the database says; true when anything is another than before.

        What it doesn't have, or has in an older version, holds on if it came over the bus alone. If it was in the database
        once, this is another database, or one that was set back: then it is forgotten.
        """
        changed = self.take(stored, source="store")
        versions = {setting.key: setting.version for setting in stored}
        lost: list[Setting] = []
        for key, held in list(self._held.items()):
            if held.setting.version == versions.get(key):
                changed |= not held.written
                held.written = True
            elif held.written and held.setting.version > versions.get(key, 0):
                lost.append(self._held.pop(key).setting)
        for setting in lost:
            self._log.warning("switch_forgotten", switch=setting.name, scope=setting.scope, version=setting.version)
        if lost:
            self.take(stored, source="store")
            self._tell({setting.name for setting in lost})
        return changed or bool(lost)

    def next_end(self) -> datetime | None:
        """When the next setting runs out."""
        ends = [
            held.setting.expires_at
            for held in self._held.values()
            if held.setting.expires_at is not None and held.setting.value is not None and not held.lapsed
        ]
        return min(ends, default=None)

    def let_lapse(self) -> None:
        """Tells those who watch about settings whose time is over."""
        now = self._clock.now()
        lapsed: set[str] = set()
        for (name, scope), held in self._held.items():
            if held.setting.value is not None and not held.lapsed and not held.setting.in_force(now):
                held.lapsed = True
                lapsed.add(name)
                self._log.info("switch_expired", switch=name, scope=scope, actor=held.setting.actor)
        self._tell(lapsed)

    def _checked(self, setting: Setting) -> _Held:
        switch = CATALOGUE.get(setting.name)
        if switch is None:
            # Of a newer release, say: nothing here goes by it.
            raise SwitchRefused("no switch has this name")
        switch.check_scope(setting.scope)
        if is_from_the_future(setting.version, self._clock.now()):
            raise SwitchRefused("its version is of another day")
        if setting.key not in self._held and len(self._held) >= MAX_SETTINGS:
            raise SwitchRefused("too many are set")
        return _Held(setting=setting, value=None if setting.value is None else switch.convert(setting.value))

    def _ignore(self, setting: Setting, source: str, error: SwitchRefused) -> None:
        """Says so once: the store shows it again at each look."""
        if self._ignored.get(setting.key) == setting.version:
            return
        if len(self._ignored) < MAX_SETTINGS:
            self._ignored[setting.key] = setting.version
        self._log.warning(
            "switch_setting_ignored", switch=setting.name, scope=setting.scope, source=source, why=error.detail[:200]
        )

    def _tell(self, names: Iterable[str]) -> None:
        for name in names:
            for changed in self._watchers.get(name, ()):
                try:
                    changed()
                except Exception as error:  # noqa: BLE001 - one that listens badly must not keep the others in the dark
                    self._log.error("switch_watcher_failed", switch=name, exc_info=error)
