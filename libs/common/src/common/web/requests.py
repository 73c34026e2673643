"""What HTTP requests carry in their query and body, checked: each reader raises a problem that says what is wrong and what would do."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec
from aiohttp import web

from common.web.choices import with_choices
from common.web.problems import BadRequest, Unprocessable

MAX_TEXT: Final = 200
_MAX_CURSOR: Final = 600
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]

S = TypeVar("S", bound=msgspec.Struct)
C = TypeVar("C", bound=str)


async def read_json(request: web.Request, kind: type[S]) -> S:
    """The body. Raises `BadRequest` for what is no JSON, `Unprocessable` for JSON of another shape; both say where."""
    body = await request.read()
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Unprocessable(with_choices(str(error), kind)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(
            f"the body must be JSON: {error}" if body else "the body must be JSON, and is empty"
        ) from error


def known_parameters(request: web.Request, names: Collection[str]) -> None:
    """Raises `BadRequest` for a parameter of another name: one that is misspelt must not show, or do, everything instead."""
    unknown = sorted(set(request.query) - set(names))
    if unknown:
        raise BadRequest(f"unknown parameter {unknown[0][:60]!r}; known are {', '.join(sorted(names)) or 'none'}")


def text_of(request: web.Request, name: str, *, max_length: int = MAX_TEXT) -> str | None:
    """A short text without control characters; None where it isn't given."""
    raw = request.query.get(name)
    if raw is None:
        return None
    if not 0 < len(raw) <= max_length or _CONTROL.search(raw) or not _encodes(raw):
        raise BadRequest(f"{name} must be 1 to {max_length} printable characters")
    return raw


def choices_of(request: web.Request, name: str, *, among: tuple[C, ...]) -> tuple[C, ...]:
    """Words with commas between them; empty where they aren't given."""
    raw = request.query.get(name)
    if raw is None:
        return ()
    wanted = {word.strip() for word in raw.split(",")}
    if not wanted <= set(among):
        raise BadRequest(f"{name} must be of {', '.join(among)}")
    return tuple(word for word in among if word in wanted)


def whole_number_of(request: web.Request, name: str, *, default: int, minimum: int, maximum: int) -> int:
    """A whole number in [minimum, maximum]."""
    raw = request.query.get(name)
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 9 and minimum <= int(raw) <= maximum):
        raise BadRequest(f"{name} must be {minimum} to {maximum}")
    return int(raw)


def moment_of(request: web.Request, name: str) -> datetime | None:
    """A time with an offset, in UTC; a `+` that came as a blank (an unescaped query) is understood."""
    raw = request.query.get(name)
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw.replace(" ", "+"))
        if moment.tzinfo is None:
            raise BadRequest(f"{name} needs an offset, such as Z")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"{name} must be a time with an offset, ISO 8601") from error


def write_cursor(at: datetime, key: str) -> str:
    """Where the next page begins, as one opaque word: behind the row with this time and key."""
    return base64.urlsafe_b64encode(msgspec.json.encode((at, key))).decode().rstrip("=")


def cursor_of(request: web.Request) -> tuple[datetime, str] | None:
    """The `cursor` parameter as it was written. Raises `BadRequest` for one that nobody here has written."""
    raw = request.query.get("cursor")
    if raw is None:
        return None
    try:
        text = base64.urlsafe_b64decode(raw[:_MAX_CURSOR].encode("ascii") + b"=" * (-len(raw[:_MAX_CURSOR]) % 4))
        at, key = msgspec.json.decode(text, type=tuple[_Instant, str])
        if not 0 < len(key) <= MAX_TEXT or _CONTROL.search(key):
            raise BadRequest("this cursor is none of ours")
        return at.astimezone(UTC), key
    except (ValueError, OverflowError, binascii.Error, msgspec.DecodeError) as error:
        raise BadRequest("this cursor is none of ours") from error


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
