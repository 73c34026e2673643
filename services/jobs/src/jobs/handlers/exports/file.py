"""The file of an export, on its way to its owner."""

from __future__ import annotations

from aiohttp import web

from common.observability.logs import get_logger
from common.storage import StoreError
from jobs.domain.export import Export, ExportNotReady
from jobs.ports.store import Store


async def send_file(request: web.Request, store: Store, export: Export) -> web.StreamResponse:
    """Streams it part by part: one at a time is in memory, and none while a transaction is open. Raises `ExportNotReady`."""
    if not export.file_there:
        raise ExportNotReady("It was deleted." if export.forgotten_at is not None else f"It is {export.state}.")
    day = export.created_at.date().isoformat()
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{export.records}-{day}.csv"',
            "Content-Length": str(export.size),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
    )
    for number in range(export.parts):
        try:
            async with store.transaction() as tx:
                part = await tx.exports.part(export.export_id, number)
        except StoreError as error:
            if not response.prepared:
                raise
            return _broken_off(request, response, error.slug)
        if part is None:
            if not response.prepared:
                raise ExportNotReady("It was deleted.")
            return _broken_off(request, response, "part-gone")
        if not response.prepared:
            await response.prepare(request)
        await response.write(part)
    await response.write_eof()
    return response


def _broken_off(request: web.Request, response: web.StreamResponse, slug: str) -> web.StreamResponse:
    """A file that breaks off must not look like a whole one."""
    get_logger("jobs").warning("export_file_broken_off", slug=slug)
    if request.transport is not None:
        request.transport.abort()
    return response
