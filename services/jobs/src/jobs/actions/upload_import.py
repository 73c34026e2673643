"""Take a file in, piece by piece as it comes."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import Executor
from datetime import datetime
from typing import ClassVar, Final

from common.clock import Clock
from common.errors import SuiteError
from jobs.domain.imports.contact_import import (
    MAX_OPEN,
    ContactImport,
    ImportId,
    ImportNotReady,
    TooManyImports,
    cleaned_filename,
    uploaded,
)
from jobs.domain.imports.encodings import EncodingScout
from jobs.domain.imports.files import HEAD_BYTES, FileShape, look_at, refuse_strangers
from jobs.ports.imports import Chunk
from jobs.ports.store import Store

PIECE: Final = 256 * 1024


class FileTooLarge(SuiteError):
    """The file is larger than may be imported at once."""

    slug: ClassVar[str] = "file-too-large"
    status = 413


class Upload:
    """One file that is coming. `begin`, then `take` what comes, then `finish`; or `abandon`."""

    def __init__(
        self,
        store: Store,
        import_id: ImportId,
        *,
        tenant_id: str,
        region: str,
        max_bytes: int,
        clock: Clock,
        threads: Executor,
    ) -> None:
        self._store = store
        self._import_id = import_id
        self._tenant_id = tenant_id
        self._region = region
        self._max_bytes = max_bytes
        self._clock = clock
        self._threads = threads
        self._hash = hashlib.sha256()
        self._scout = EncodingScout()
        self._head = b""
        self._pending = bytearray()
        self._stored = 0
        self._touched_at: datetime | None = None

    async def begin(self, filename: str) -> None:
        """Raises `TooManyImports` or `StoreError`."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            if await tx.imports.count_open(self._tenant_id) >= MAX_OPEN:
                raise TooManyImports(f"{MAX_OPEN} at most")
            await tx.imports.add(
                ContactImport(
                    import_id=self._import_id,
                    tenant_id=self._tenant_id,
                    state="uploading",
                    filename=cleaned_filename(filename),
                    created_at=now,
                    changed_at=now,
                )
            )

    async def take(self, data: bytes) -> None:
        """The next bytes. Raises `FileTooLarge`, `NotCsv` or `StoreError`."""
        self._pending += data
        if self._stored + len(self._pending) > self._max_bytes:
            raise FileTooLarge(f"{self._max_bytes:,} bytes at most")
        while len(self._pending) >= PIECE:
            await self._store_piece(bytes(self._pending[:PIECE]))
            del self._pending[:PIECE]

    async def finish(self) -> ContactImport:
        """The import, ready. Raises `FileRefused` or `StoreError`."""
        if self._pending or not self._stored:
            await self._store_piece(bytes(self._pending))
        encoding = self._scout.verdict()
        shape = await asyncio.get_running_loop().run_in_executor(self._threads, self._look)
        async with self._store.transaction() as tx:
            upload = await tx.imports.lock(self._import_id)
            if upload is None:
                raise ImportNotReady("Its upload took too long and was given up.")
            here = uploaded(
                upload,
                shape,
                size=self._stored,
                sha256=self._hash.hexdigest(),
                encoding=encoding,
                now=self._clock.now(),
            )
            await tx.imports.save(here)
        return here

    async def abandon(self) -> None:
        """Nothing of it is kept. Raises `StoreError`."""
        async with self._store.transaction() as tx:
            await tx.imports.discard(self._import_id)

    def _look(self) -> FileShape:
        return look_at(
            self._head, whole=self._stored <= HEAD_BYTES, encoding=self._scout.verdict(), region=self._region
        )

    async def _store_piece(self, piece: bytes) -> None:
        if not self._stored:
            self._head = piece[:HEAD_BYTES]
            refuse_strangers(piece)
        self._hash.update(piece)
        self._scout.feed(piece)
        async with self._store.transaction() as tx:
            await tx.imports.add_chunk(self._import_id, Chunk(begins_at=self._stored, body=piece))
        self._stored += len(piece)
