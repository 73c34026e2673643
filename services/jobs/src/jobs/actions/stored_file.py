"""The file of an import, as it lies in the store."""

from __future__ import annotations

from jobs.domain.imports.contact_import import ImportId
from jobs.ports.imports import Chunk
from jobs.ports.store import Store


class StoredFile:
    """Reads the file piece by piece; remembers the last piece."""

    def __init__(self, store: Store, import_id: ImportId, *, size: int) -> None:
        self.size = size
        self._store = store
        self._import_id = import_id
        self._piece = Chunk(begins_at=0, body=b"")

    async def block(self, offset: int) -> bytes:
        """The bytes from `offset` on, as many as lie together; empty behind the end, and of a file that was deleted."""
        piece = self._piece
        if not piece.begins_at <= offset < piece.begins_at + len(piece.body):
            async with self._store.transaction() as tx:
                found = await tx.imports.chunk_at(self._import_id, offset)
            if found is None:
                return b""
            piece = self._piece = found
        return piece.body[offset - piece.begins_at :]
