"""The door for Twilio: nobody else's requests have any effect."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from common.web.problems import BadRequest, Forbidden
from telephony_gateway.domain.form import Form
from telephony_gateway.handlers.http.forms import FORM, JSON, parse_form, parse_json
from telephony_gateway.ports.counters import Counters
from telephony_gateway.ports.signatures import Signatures, SignedRequest

_MAX_ID: Final = 200


class BadSignature(Forbidden):
    """This request was not signed by Twilio for this address."""

    slug = "bad-signature"


class UnsupportedBody(BadRequest):
    """The body is neither a form nor JSON."""

    slug = "unsupported-body"
    status = 415


class MissingParameter(BadRequest):
    """A parameter that Twilio always sends is missing or malformed."""

    slug = "missing-parameter"


class SignedForms:
    """Reads the parameters of a webhook after its signature was found right. Without `signatures` (loopback only) all are."""

    def __init__(self, signatures: Signatures | None, counters: Counters) -> None:
        self._signatures = signatures
        self._counters = counters

    async def read(self, request: web.Request) -> Form:
        """Raises `BadSignature` (403), `BadForm` (400), `UnsupportedBody` (415), and aiohttp's 413 for a large body."""
        signature = request.headers.get("X-Twilio-Signature")
        if self._signatures is not None and not signature:
            self._refuse()
        body = await request.read()
        kind = request.content_type if body else FORM
        form = parse_form(body) if kind == FORM else None
        if self._signatures is not None:
            signed = SignedRequest(target=request.raw_path, signature=signature, form=form, body=body)
            if not self._signatures.valid(signed):
                self._refuse()
        if form is not None:
            return form
        if kind != JSON:
            raise UnsupportedBody(kind[:100])
        return parse_json(body)

    def _refuse(self) -> None:
        self._counters.refused("signature")
        raise BadSignature


def sid_of(form: Form, *names: str) -> str:
    """The first of `names` that is there. Raises `MissingParameter` when none is, or when it is no identifier."""
    for name in names:
        sid = form.get(name)
        if sid:
            if len(sid) <= 64 and sid.isascii() and sid.isalnum():
                return sid
            raise MissingParameter(f"{name} is malformed")
    raise MissingParameter(names[0])


def error_code_of(form: Form) -> str:
    """Twilio's ErrorCode, or empty."""
    code = form.get("ErrorCode")
    return code if code.isascii() and code.isdigit() and len(code) <= 6 else ""


def own_id_in(request: web.Request, name: str) -> str:
    """An id of ours that we put into the query of a callback's address; empty for what can't be one."""
    value = request.query.get(name, "")
    return value if len(value) <= _MAX_ID and value.isascii() and value.isprintable() else ""


def token_of(request: web.Request) -> str:
    """I-Twilio-Idempotency-Token: the same for every repetition of a request."""
    token = request.headers.get("I-Twilio-Idempotency-Token", "")[:100]
    return token if token.isascii() and token.isprintable() else ""
