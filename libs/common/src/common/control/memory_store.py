"""Settings in memory: the same promises as in Postgres, except that a restart forgets them and nobody's rights are asked."""

from __future__ import annotations

from collections.abc import Sequence

from common.control.setting import MAX_SETTINGS, Key, NewSetting, Setting, decode_setting, encode_setting, version_at
from common.control.store import TooManySettings


class MemorySwitchStore:
    """A `SwitchStore`. Services of one process share one."""

    def __init__(self) -> None:
        self._settings: dict[Key, list[bytes]] = {}

    async def current(self) -> Sequence[Setting]:
        """See `SwitchStore`."""
        return [self._newest(key) for key in sorted(self._settings)]

    async def put(self, new: NewSetting) -> Setting:
        """See `SwitchStore`."""
        key = (new.name, new.scope)
        after = self._newest(key).version if key in self._settings else 0
        setting = new.with_version(version_at(new.set_at, after=after))
        self._write(setting)
        return setting

    async def keep(self, setting: Setting) -> bool:
        """See `SwitchStore`."""
        if setting.key in self._settings and self._newest(setting.key).version >= setting.version:
            return False
        self._write(setting)
        return True

    async def history(self, *, name: str = "", scope: str | None = None, limit: int = 50) -> Sequence[Setting]:
        """See `SwitchStore`."""
        found = [
            decode_setting(body)
            for key, bodies in self._settings.items()
            if name in {"", key[0]} and scope in {None, key[1]}
            for body in bodies
        ]
        return sorted(found, key=lambda setting: (setting.set_at, setting.version), reverse=True)[:limit]

    def _newest(self, key: Key) -> Setting:
        return decode_setting(self._settings[key][-1])

    def _write(self, setting: Setting) -> None:
        if setting.key not in self._settings and len(self._settings) >= MAX_SETTINGS:
            raise TooManySettings(f"there are {MAX_SETTINGS}")
        self._settings.setdefault(setting.key, []).append(encode_setting(setting))
