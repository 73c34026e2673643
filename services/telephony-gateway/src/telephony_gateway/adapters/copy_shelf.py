"""The copies on the local disk, beside the journal: a gateway that starts while Postgres is down still knows its businesses."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from common.observability.logs import get_logger
from telephony_gateway.domain.copies import CopySet
from telephony_gateway.domain.errors import JournalUnavailable

_FILE: Final = "copies.json"
_MAX_BYTES: Final = 256 * 1024 * 1024
_DECODER: Final = msgspec.json.Decoder(CopySet)
_CUSTOMERS_AT_ONCE: Final = 2_000
"""In one line of the file: a million of them in one go would keep the interpreter from calls for a second."""
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
        try:
            await asyncio.to_thread(self._write, copies)
        except OSError as error:
            raise JournalUnavailable(type(error).__name__) from error

    def _read(self) -> CopySet:
        """As far as the file can be read: businesses and visits come first, and are known also where a customer is garbled."""
        parts: list[CopySet] = []
        try:
            with self._path.open("rb") as file:
                while line := file.readline(_MAX_BYTES):
                    parts.append(_DECODER.decode(line))
                    if file.tell() > _MAX_BYTES:
                        raise msgspec.DecodeError("too large")
        except FileNotFoundError:
            return CopySet()
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("copies_unreadable", error=type(error).__name__, parts_read=len(parts))
        if not parts:
            return CopySet()
        return replace(parts[0], customers=tuple(customer for part in parts for customer in part.customers))

    def _write(self, copies: CopySet) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for part in _parts(copies):
                file.write(msgspec.json.encode(part) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _parts(copies: CopySet) -> Iterator[CopySet]:
    """The lines of the file: everything but most of the customers, then these."""
    yield replace(copies, customers=copies.customers[:_CUSTOMERS_AT_ONCE])
    for place in range(_CUSTOMERS_AT_ONCE, len(copies.customers), _CUSTOMERS_AT_ONCE):
        yield CopySet(customers=copies.customers[place : place + _CUSTOMERS_AT_ONCE])
