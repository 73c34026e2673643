"""A file that comes in pieces: as the request's body, or as one part of a form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from aiohttp import BodyPartReader, web

from common.storage import StoreError
from common.web.problems import BadBody, BadRequest, BodyTooSlow, PayloadTooLarge, TooManyRequests
from common.web.server import extend_body
from jobs.actions.upload_import import FileTooLarge, Upload
from jobs.domain.imports.contact_import import ContactImport

AT_A_TIME: Final = 8
"""Uploads of one process: each holds some 300 KB."""
_PIECE_WITHIN_S: Final = 30.0
_ALL_WITHIN_S: Final = 1_800.0
_FORM_OVERHEAD: Final = 64 * 1024
_MAX_PARTS: Final = 10
_READ: Final = 64 * 1024


class Uploads:
    """Takes files in, so many at a time."""

    def __init__(self) -> None:
        self._open = 0

    async def take(self, request: web.Request, upload: Upload, *, max_bytes: int) -> ContactImport:
        """The import, ready. Raises `FileRefused`, `FileTooLarge`, `TooManyImports`, `TooManyRequests`, `BadRequest`, `StoreError`.

        What is not taken to its end leaves nothing behind.
        """
        if request.content_length is not None and request.content_length > max_bytes + _FORM_OVERHEAD:
            raise FileTooLarge(f"{max_bytes:,} bytes at most")
        if self._open >= AT_A_TIME:
            raise TooManyRequests("Too many files are coming at this moment.")
        self._open += 1
        try:
            return await self._take(request, upload)
        finally:
            self._open -= 1

    async def _take(self, request: web.Request, upload: Upload) -> ContactImport:
        begun = False
        try:
            async with asyncio.timeout(_ALL_WITHIN_S):
                async for filename, piece in _pieces(request):
                    if not begun:
                        await upload.begin(filename)
                        begun = True
                    await upload.take(piece)
                if not begun:
                    await upload.begin(request.query.get("filename", ""))
                    begun = True
                return await upload.finish()
        except BaseException as error:
            if begun:
                # What can't be deleted now is swept later.
                with suppress(StoreError):
                    await asyncio.shield(upload.abandon())
            if isinstance(error, TimeoutError) and not isinstance(error, BodyTooSlow):
                raise BodyTooSlow from error
            raise


async def _pieces(request: web.Request) -> AsyncIterator[tuple[str, bytes]]:
    """The file's name, and its next bytes."""
    extend_body(request, _PIECE_WITHIN_S)
    if request.content_type == "multipart/form-data":
        async for named in _pieces_of_form(request):
            yield named
        return
    filename = request.query.get("filename", "")
    async for piece in request.content.iter_chunked(_READ):
        extend_body(request, _PIECE_WITHIN_S)
        yield filename, piece


async def _pieces_of_form(request: web.Request) -> AsyncIterator[tuple[str, bytes]]:
    """Of the first part that is a file; other fields of the form are passed over."""
    try:
        reader = await request.multipart()
        for _ in range(_MAX_PARTS):
            part = await reader.next()
            if part is None:
                break
            if not isinstance(part, BodyPartReader) or part.filename is None:
                continue
            yield part.filename, b""
            while piece := await part.read_chunk(_READ):
                extend_body(request, _PIECE_WITHIN_S)
                yield part.filename, piece
            return
    except (ValueError, AssertionError, RuntimeError) as error:
        raise BadBody("The form can't be read.") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise PayloadTooLarge from error
    raise BadRequest("The form has no file in it.")
