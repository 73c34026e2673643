"""The copies on the local disk, beside the journal: a gateway that starts while Postgres is down still knows its businesses."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import msgspec

from common.observability.logs import get_logger
from telephony_gateway.domain.copies import CopySet
from telephony_gateway.domain.errors import JournalUnavailable

_FILE: Final = "copies.json"
_MAX_BYTES: Final = 256 * 1024 * 1024
_DECODER: Final = msgspec.json.Decoder(CopySet)
_log = get_logger("telephony-gateway")


class FileShelf:
    """See `telephony_gateway.ports.events.CopyShelf`. The file holds personal data: it is its owner's alone (mode 600)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE

    async def read(self) -> CopySet:
        """See `CopyShelf`."""
        return await asyncio.to_thread(self._read)

    async def write(self, copies: CopySet) -> None:
        """See `CopyShelf`."""
        data = msgspec.json.encode(copies)
        try:
            await asyncio.to_thread(self._write, data)
        except OSError as error:
            raise JournalUnavailable(type(error).__name__) from error

    def _read(self) -> CopySet:
        try:
            if self._path.stat().st_size > _MAX_BYTES:
                raise msgspec.DecodeError("too large")
            return _DECODER.decode(self._path.read_bytes())
        except FileNotFoundError:
            return CopySet()
        except (OSError, msgspec.DecodeError) as error:
            _log.warning("copies_unreadable", error=type(error).__name__)
            return CopySet()

    def _write(self, data: bytes) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
