"""What was set over the bus while Postgres was away, until it can be written down."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from common.control.setting import Setting
from common.control.shelf import SettingsFile
from common.control.store import SwitchStore
from opsctl.errors import OpsError

FILE: Final = "pending-switches.json"


class PendingSettings:
    """A file of settings beside opsctl's configuration; the newest of each switch and scope."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._file = SettingsFile(self.path)

    def read(self) -> list[Setting]:
        """What waits."""
        return self._file.read().settings

    def add(self, setting: Setting) -> None:
        """Keeps one. Raises `OpsError` when it can't be kept."""
        with self._alone():
            others = [known for known in self.read() if known.key != setting.key]
            self._write([*others, setting])

    def forget(self, setting: Setting) -> None:
        """Takes one back."""
        with self._alone():
            self._write([known for known in self.read() if known.edition != setting.edition])

    async def write_down(self, store: SwitchStore) -> Sequence[Setting]:
        """Writes into `store` what waits and forgets it; what was newer there stays. Returns what was written.

        Raises `StoreError`; what was not written waits on.
        """
        waiting = self.read()
        written = [setting for setting in waiting if await store.keep(setting)]
        if waiting:
            with self._alone():
                done = {setting.edition for setting in waiting}
                self._write([known for known in self.read() if known.edition not in done])
        return written

    def _write(self, settings: Sequence[Setting]) -> None:
        if not settings:
            self.path.unlink(missing_ok=True)
        elif not self._file.write(settings):
            raise OpsError(f"{self.path} can't be written: what was told over the bus is not kept for Postgres")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two operators at one desk don't overwrite each other."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise OpsError(f"{self.path.parent} can't be written: {error.strerror or type(error).__name__}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
