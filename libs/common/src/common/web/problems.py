"""Errors as RFC 9457 problem details, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from common.errors import SuiteError

PROBLEM_JSON: Final = "application/problem+json"
_ENCODER: Final = msgspec.json.Encoder()


class BadRequest(SuiteError):
    """The request can't be understood."""

    slug = "bad-request"
    status = 400


class BadBody(BadRequest):
    """The body can't be read as its headers say."""

    slug = "bad-body"


class BodyTooSlow(SuiteError, TimeoutError):
    """The body did not come in time."""

    # A timeout also to aiohttp, which closes the connection then; any other exception it would call unhandled.

    slug = "body-too-slow"
    status = 408
    retryable = True


class _Challenged(SuiteError):
    """`challenge` is the answer's WWW-Authenticate header (RFC 9110, 11.6.1; RFC 6750, 3)."""

    def __init__(self, detail: str = "", *, challenge: str = "") -> None:
        super().__init__(detail)
        self.challenge = challenge


class Unauthorized(_Challenged):
    """A valid credential is needed."""

    slug = "unauthorized"
    status = 401


class Forbidden(_Challenged):
    """This is not allowed."""

    slug = "forbidden"
    status = 403


class NotFound(SuiteError):
    """There is no such thing."""

    slug = "not-found"
    status = 404


class PayloadTooLarge(SuiteError):
    """The request is larger than allowed."""

    slug = "payload-too-large"
    status = 413


class Unprocessable(SuiteError):
    """The request says something that can't be."""

    slug = "unprocessable"
    status = 422


class TooManyRequests(SuiteError):
    """Too many requests."""

    slug = "too-many-requests"
    status = 429
    retryable = True


def problem(
    *,
    status: int,
    slug: str,
    title: str,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    retryable: bool = False,
) -> web.Response:
    """A response with `type` `urn:suite:problem:<slug>`."""
    body: dict[str, object] = {
        "type": f"urn:suite:problem:{slug}",
        "title": title,
        "status": status,
        "retryable": retryable,
    }
    if detail:
        body["detail"] = detail
    return web.Response(status=status, body=_ENCODER.encode(body), content_type=PROBLEM_JSON, headers=headers)


def problem_of(error: BaseException) -> web.Response:
    """The response that stands for an exception. What we did not foresee tells nothing about itself: the log has it."""
    if isinstance(error, SuiteError):
        challenge = error.challenge if isinstance(error, _Challenged) else ""
        return problem(
            status=error.status,
            slug=error.slug,
            title=error.title,
            detail=error.detail,
            retryable=error.retryable,
            headers={"WWW-Authenticate": challenge} if challenge else None,
        )
    if isinstance(error, web.HTTPException):
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return problem(
            status=error.status,
            slug=HTTPStatus(error.status).phrase.lower().replace(" ", "-"),
            title=error.reason,
            headers=headers,
        )
    if isinstance(error, web.RequestPayloadError):
        # Compressed in another way than it says, or cut off.
        return problem_of(BadBody())
    if isinstance(error, TimeoutError):
        return problem(status=504, slug="timeout", title="It took too long.", retryable=True)
    return problem(status=500, slug="internal", title="Something went wrong.", retryable=True)
