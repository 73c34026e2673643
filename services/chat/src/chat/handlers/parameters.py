"""What HTTP requests carry in their query and body, checked."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from chat.domain.received import in_utc
from chat.handlers.views import Listed
from chat.ports import Page
from common.web.problems import BadRequest

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MAX_SPAN: Final = timedelta(days=92)
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")

S = TypeVar("S", bound=msgspec.Struct)
C = TypeVar("C", bound=str)
R = TypeVar("R")


class KeepBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a promise."""

    result: Literal["reached", "not_reached", "dropped"]


class ChangeBusinessBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings by name, each one whole, and the version that they change."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    settings: dict[str, Any]


async def read_body(request: web.Request, kind: type[S]) -> S:
    """The JSON body. Raises `BadRequest` that says where it is wrong."""
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(str(error)) from error


def page_of(request: web.Request) -> Page:
    """`limit` (1 to 200, 50 by default) and `cursor`. One row more is asked for: it tells whether there is another page."""
    raw = request.query.get("limit", str(DEFAULT_LIMIT))
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 4 and 1 <= int(raw) <= MAX_LIMIT):
        raise BadRequest(f"limit must be 1 to {MAX_LIMIT}")
    cursor = request.query.get("cursor")
    return Page(limit=int(raw) + 1, after=None if cursor is None else _read_cursor(cursor))


def listed(
    rows: Sequence[R],
    page: Page,
    *,
    key: Callable[[R], tuple[datetime, str]],
    view: Callable[[R], object],
    as_of: datetime,
) -> Listed:
    """The answer to a request for a page."""
    shown = rows[: page.limit - 1]
    more = len(rows) > len(shown)
    return Listed(
        items=tuple(view(row) for row in shown),
        next_cursor=_write_cursor(key(shown[-1])) if more else None,
        as_of=as_of,
    )


def choices_of(request: web.Request, name: str, *, among: tuple[C, ...], default: tuple[C, ...]) -> tuple[C, ...]:
    """A parameter of words with commas between them."""
    raw = request.query.get(name)
    if raw is None:
        return default
    wanted = {word.strip() for word in raw.split(",")}
    if not wanted <= set(among):
        raise BadRequest(f"{name} must be of {', '.join(among)}")
    return tuple(word for word in among if word in wanted)


def phone_of(request: web.Request) -> str | None:
    """`phone`, E.164; a `+` that came as a blank (an unescaped query) is understood."""
    raw = request.query.get("phone")
    if raw is None:
        return None
    phone = f"+{raw.strip().removeprefix('+')}"
    if not _PHONE.fullmatch(phone):
        raise BadRequest("phone must be E.164, such as +15125550100")
    return phone


def span_of(request: web.Request, *, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """`from` and `to`: days of the business, or times with an offset; a week from today by default, 92 days at most."""
    today = now.astimezone(zone).date()
    starting = _moment(request, "from", zone) or _midnight(today, zone)
    until = _moment(request, "to", zone) or starting + timedelta(days=7)
    if not starting < until <= starting + MAX_SPAN:
        raise BadRequest(f"to must be after from, by {MAX_SPAN.days} days at most")
    return starting, until


def _moment(request: web.Request, name: str, zone: ZoneInfo) -> datetime | None:
    raw = request.query.get(name)
    if raw is None:
        return None
    try:
        if len(raw) == len("2026-01-31"):
            return in_utc(_midnight(date.fromisoformat(raw), zone))
        moment = datetime.fromisoformat(raw.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"{name} must be a date or a time with an offset, ISO 8601") from error
    if moment.tzinfo is None:
        raise BadRequest(f"{name} needs an offset")
    return in_utc(moment)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return in_utc(datetime.combine(day, time(), tzinfo=zone))


def _write_cursor(key: tuple[datetime, str]) -> str:
    text = f"{key[0].astimezone(UTC).isoformat()} {key[1]}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor[:600] + "=" * (-len(cursor) % 4)).decode()
        moment, _, row_id = text.partition(" ")
        at = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error) as error:
        raise BadRequest("this cursor is none of ours") from error
    if at.tzinfo is None or not row_id or not row_id.isprintable():
        raise BadRequest("this cursor is none of ours")
    return in_utc(at), row_id
