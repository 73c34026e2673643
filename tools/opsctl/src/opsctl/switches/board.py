"""The board of switches, whichever way opsctl gets at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from common.control.catalogue import Switch
from common.control.views import SettingView, SwitchView


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an operator wants. `value` None: cleared."""

    switch: Switch[Any]
    scope: str
    value: Any
    reason: str
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of a change."""

    setting: SettingView | None
    """None: there was nothing to clear."""
    kept: Literal["written", "pending"]
    """`pending`: told over the bus, and to be written down when Postgres is back."""
    remarks: tuple[str, ...] = ()


class Board(Protocol):
    """Raises `OpsError` or `SuiteError` with one line each."""

    remarks: list[str]
    """What the operator should know beside the answer."""

    async def switches(self) -> Sequence[SwitchView]:
        """All that are offered."""

    async def history(self, *, name: str, scope: str | None, limit: int) -> Sequence[SettingView]:
        """Who set what, the newest first."""

    async def change(self, change: Change) -> Done:
        """Sets or clears."""
