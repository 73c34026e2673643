"""The last settings on disk, for a start while neither Postgres nor anybody on the bus can tell them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from common.control.setting import MAX_SETTING_BYTES, MAX_SETTINGS, Edition, Setting
from common.observability.logs import get_logger

_MAX_BYTES: Final = MAX_SETTINGS * MAX_SETTING_BYTES


class _File(msgspec.Struct, frozen=True, kw_only=True):
    settings: tuple[msgspec.Raw, ...]
    written: tuple[Edition, ...] = ()


class Remembered(NamedTuple):
    """What a file says."""

    settings: list[Setting]
    written: frozenset[Edition] = frozenset()
    """Those that were seen in the database."""


class SettingsFile:
    """One file of settings. What can't be read of it is left out: half a memory is better than none, and none than no start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failed = False

    def read(self) -> Remembered:
        """What is there; nothing without a file. Never raises."""
        log = get_logger("switches")
        try:
            with self._path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
            if len(content) > _MAX_BYTES:
                raise ValueError("too large")
            file_content = msgspec.json.decode(content, type=_File)
        except FileNotFoundError:
            return Remembered([])
        except (OSError, ValueError, msgspec.DecodeError, RecursionError) as error:
            log.warning("switches_file_unreadable", path=str(self._path), error=type(error).__name__)
            return Remembered([])
        found: list[Setting] = []
        for line in file_content.settings:
            try:
                found.append(msgspec.json.decode(line, type=Setting))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                log.warning("switches_file_damaged", path=str(self._path))
        return Remembered(found, frozenset(file_content.written))

    def write(self, settings: Sequence[Setting], *, written: Collection[Edition] = ()) -> bool:
        """Replaces the file as a whole; at any moment there is the old one or the new one. False when it can't be written: a full
        or read-only disk is logged once and keeps nobody from working."""
        try:
            self._replace(msgspec.json.encode({"settings": settings, "written": sorted(written)}))
        except OSError as error:
            if not self._failed:
                get_logger("switches").warning(
                    "switches_file_not_written", path=str(self._path), error=type(error).__name__
                )
            self._failed = True
            return False
        self._failed = False
        return True

    def _replace(self, content: bytes) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=self._path.parent)
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
