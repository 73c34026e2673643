"""X-Twilio-Signature (https://www.twilio.com/docs/usage/webhooks/webhooks-security), over the public address that we are configured with.

twilio's `RequestValidator` computes; deciding is done here, because its `validate` has traps: `wss://` gets port 80, userinfo and
IPv6 addresses mangle the port, a wrong `bodySHA256` passes when parameters are given as a mapping or None, and bytes, a JSON body
without `bodySHA256` or a missing signature raise.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import RequestValidator

from telephony_gateway.domain.form import Form
from telephony_gateway.ports.signatures import SignedRequest

_DEFAULT_PORTS: Final = {"https": 443, "http": 80, "wss": 443, "ws": 80}
_SOCKETS: Final = {"https": "wss", "http": "ws"}
_NO_FORM: Final = Form()


class TwilioSignatures:
    """`Signatures`. A request is accepted when any of `tokens` signed it: two are in use while they are being changed."""

    def __init__(self, *, tokens: Sequence[str], public_base_url: str) -> None:
        if not any(tokens):
            raise ValueError("signatures need a token")
        self._validators = tuple(RequestValidator(token) for token in tokens if token)
        self._origins = _origins(public_base_url)
        self._socket_origins = _origins(public_base_url, socket=True)

    def valid(self, request: SignedRequest) -> bool:
        """See `Signatures`."""
        if not request.signature or not request.target.startswith("/"):
            return False
        if not _body_is_covered(request):
            return False
        given = request.signature.encode("utf-8", "surrogateescape")
        form = _NO_FORM if request.form is None else request.form
        origins = self._socket_origins if request.websocket else self._origins
        return any(
            hmac.compare_digest(validator.compute_signature(origin + request.target, form).encode(), given)
            for validator in self._validators
            for origin in origins
        )


def _body_is_covered(request: SignedRequest) -> bool:
    """A form is signed with its parameters, any other body by its hash in the (signed) query."""
    if request.form is not None and "bodySHA256=" not in request.target:
        return True
    hashes = parse_qs(urlsplit(request.target).query, keep_blank_values=True).get("bodySHA256", [])
    if not hashes:
        return request.form is not None or not request.body
    digest = sha256(request.body).hexdigest()
    return len(hashes) == 1 and hmac.compare_digest(digest.encode(), hashes[0].lower().encode())


def _origins(public_base_url: str, *, socket: bool = False) -> tuple[str, ...]:
    """The origin as it is configured, then with or without its port: Twilio's servers differ on what they sign."""
    parts = urlsplit(public_base_url)
    scheme = _SOCKETS.get(parts.scheme, parts.scheme) if socket else parts.scheme
    userinfo, at, _ = parts.netloc.rpartition("@")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.netloc.rpartition("@")[2].partition(":")[0]
    bare = f"{scheme}://{userinfo}{at}{host}"
    with_port = f"{bare}:{parts.port or _DEFAULT_PORTS[scheme]}"
    return (with_port, bare) if parts.port else (bare, with_port)
