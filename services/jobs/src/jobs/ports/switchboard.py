"""What operators hold back, as they see and set it: pauses and the hours of bulk work, each with who, why and until when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Protocol

from common.errors import SuiteError
from jobs.domain.window import BatchWindow

SCOPE: Final = re.compile(r"^(class:(critical|bulk)|kind:[a-z][a-z0-9_]{0,30}(\.[a-z][a-z0-9_]{0,30}){0,3})\Z")
"""What can be paused: `class:bulk`, `kind:contacts.import`. A kind need not be known (yet)."""


class SwitchRefused(SuiteError):
    """This can't be switched."""

    slug: ClassVar[str] = "switch-refused"
    status = 422


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who switched something, why, and for how long."""

    reason: str
    """1 to 300 characters, one line, no personal data."""
    actor: str
    set_at: datetime
    expires_at: datetime | None
    """None: until somebody ends it."""


@dataclass(frozen=True, kw_only=True)
class Pause(Told):
    """A class or a kind of which nothing is started."""

    scope: str
    """See `SCOPE`."""


@dataclass(frozen=True, kw_only=True)
class WindowSetting(Told):
    """The hours of bulk work."""

    window: BatchWindow


class Switchboard(Protocol):
    """Reads answer from memory; what is set holds in this process when the call returns, and in the others some ms later.

    Setting raises `SwitchRefused` for a value that doesn't fit, and `StoreUnavailable` when it can't be written down.
    """

    def pauses(self) -> Sequence[Pause]:
        """What is paused now, by scope."""

    def window(self) -> WindowSetting | None:
        """The hours of bulk work; None: at any time."""

    async def pause(self, scope: str, *, reason: str, actor: str, expires_at: datetime | None) -> Pause:
        """Starts nothing of it any more. Pausing what is paused gives it the new reason and expiry."""

    async def resume(self, scope: str, *, reason: str, actor: str) -> bool:
        """Ends a pause. False when there was none."""

    async def set_window(
        self, window: BatchWindow, *, reason: str, actor: str, expires_at: datetime | None
    ) -> WindowSetting:
        """Starts bulk work within these hours alone."""

    async def clear_window(self, *, reason: str, actor: str) -> bool:
        """Bulk work may start at any time again. False when it might already."""
