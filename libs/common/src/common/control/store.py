"""Where settings are written down: each one stays, the newest of each switch holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from common.control.setting import NewSetting, Setting
from common.storage import StoreError


class NotYours(StoreError):
    """This switch is another's to set."""

    slug: ClassVar[str] = "not-yours"
    status = 403


class NoSwitches(StoreError):
    """The database keeps no switches."""

    slug: ClassVar[str] = "no-switches"
    status = 503


class TooManySettings(StoreError):
    """No more scopes can be set."""

    slug: ClassVar[str] = "too-many-settings"
    status = 409


class SwitchStore(Protocol):
    """Every method raises `StoreError`: `NoSwitches` where the schema isn't there, `StoreUnavailable`, `StoreBusy`."""

    async def current(self) -> Sequence[Setting]:
        """The newest setting of each switch and scope, by name and scope; cleared and expired ones too."""

    async def put(self, new: NewSetting) -> Setting:
        """Sets or clears a switch, above everything that was set before. Raises `NotYours` or `TooManySettings`."""

    async def keep(self, setting: Setting) -> bool:
        """Writes down what was set elsewhere, with its version. False when a newer one is there, or the same."""

    async def history(self, *, name: str = "", scope: str | None = None, limit: int = 50) -> Sequence[Setting]:
        """What was set, the newest first; of one switch, of one of its scopes, or of all."""
