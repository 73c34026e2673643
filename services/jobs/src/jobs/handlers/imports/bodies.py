"""What requests about imports carry, checked."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

import msgspec
from aiohttp import web

from common.web.problems import BadRequest
from jobs.actions.plan_import import Wishes
from jobs.domain.imports.contact_import import ImportId
from jobs.domain.imports.dialects import Delimiter
from jobs.domain.imports.encodings import Encoding
from jobs.domain.imports.files import Corrections
from jobs.domain.imports.mappings import ColumnMapping

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MAX_PREVIEW: Final = 2_000

Column = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
"""The place of a column, counted from 0."""
Columns = Annotated[tuple[Column, ...], msgspec.Meta(max_length=20)]

S = TypeVar("S", bound=msgspec.Struct)


class MappingBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which columns hold what. Several telephone columns: the first with a number that can exist counts."""

    phone: Columns
    name: Columns = ()
    company: Column | None = None
    address: Columns = ()
    email: Column | None = None
    language: Column | None = None

    def mapping(self) -> ColumnMapping:
        """As the domain has it."""
        return ColumnMapping(
            phone=self.phone,
            name=self.name,
            company=self.company,
            address=self.address,
            email=self.email,
            language=self.language,
        )


class WishesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the file is to be read; what is left out is guessed."""

    mapping: MappingBody | None = None
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    has_header: bool | None = None
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166: where numbers without a country code are from; the business's own country when left out."""

    def wishes(self) -> Wishes:
        """As the actions have it."""
        return Wishes(
            mapping=None if self.mapping is None else self.mapping.mapping(),
            corrections=Corrections(encoding=self.encoding, delimiter=self.delimiter, has_header=self.has_header),
            region=self.country,
        )


class PreviewBody(WishesBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same, for the first rows alone."""

    rows: Annotated[int, msgspec.Meta(ge=1, le=MAX_PREVIEW)] = 200


class StartBody(WishesBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same, for all of the file."""

    dry_run: bool = False
    """True: every row is read and judged, and nobody is imported."""


async def read_body(request: web.Request, kind: type[S]) -> S:
    """The JSON body; an empty one is an empty object. Raises `BadRequest` that says where it is wrong."""
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(str(error)) from error


def limit_of(request: web.Request) -> int:
    """`limit`, 1 to 200, 50 by default. Raises `BadRequest`."""
    raw = request.query.get("limit", str(DEFAULT_LIMIT))
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 4 and 1 <= int(raw) <= MAX_LIMIT):
        raise BadRequest(f"limit must be 1 to {MAX_LIMIT}")
    return int(raw)


def cursor_of(request: web.Request) -> tuple[datetime, ImportId] | None:
    """`cursor`, as `write_cursor` wrote it. Raises `BadRequest`."""
    raw = request.query.get("cursor")
    if raw is None:
        return None
    try:
        text = base64.urlsafe_b64decode(raw[:600] + "=" * (-len(raw) % 4)).decode()
        moment, _, import_id = text.partition(" ")
        at = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error) as error:
        raise BadRequest("this cursor is none of ours") from error
    if at.tzinfo is None or not import_id or not import_id.isprintable():
        raise BadRequest("this cursor is none of ours")
    return at, ImportId(import_id)


def write_cursor(key: tuple[datetime, ImportId]) -> str:
    """Where a list goes on."""
    text = f"{key[0].astimezone(UTC).isoformat()} {key[1]}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
