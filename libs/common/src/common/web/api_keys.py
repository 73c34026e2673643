"""Who may look in: a tenant's API key, `X-API-Key` or `Authorization: Bearer`."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from common.clock import Clock
from common.web.problems import TooManyRequests, Unauthorized
from common.web.ratelimit import RateLimiter

_MAX_KEY: Final = 512
_REMEMBERED: Final = 10_000
_REMEMBER_S: Final = 30.0
"""How long a key that was taken back still opens, on an instance that has just seen it."""


class ApiKeys:
    """Finds the tenant of a request. Only hashes are kept and compared, in constant time."""

    def __init__(self, tenant_of_key: Callable[[str], Awaitable[tuple[str, str] | None]], clock: Clock) -> None:
        """`tenant_of_key` gets a key's SHA-256 (hexadecimal): whose it is, and the hash as it is stored. It may raise `StoreError`."""
        self._tenant_of_key = tenant_of_key
        self._clock = clock
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()
        # Whoever tries keys that nobody has is stopped before the database; who has one isn't slowed down by them.
        self._strangers = RateLimiter(clock, burst=50, per_second=5.0)
        self._tenants = RateLimiter(clock, burst=120, per_second=40.0)

    async def tenant_of(self, request: web.Request) -> str:
        """Raises `Unauthorized`, `TooManyRequests` or `StoreError`."""
        key = _key_in(request)
        if not 0 < len(key) <= _MAX_KEY:
            raise Unauthorized
        digest = hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()
        tenant_id = self._remembered(digest)
        if tenant_id is None:
            if not self._strangers.allow(request.remote or ""):
                raise TooManyRequests
            found = await self._tenant_of_key(digest)
            if found is None or not hmac.compare_digest(found[1], digest):
                raise Unauthorized
            tenant_id = found[0]
            self._remember(digest, tenant_id)
        if not self._tenants.allow(tenant_id):
            raise TooManyRequests
        return tenant_id

    def _remembered(self, digest: str) -> str | None:
        known = self._known.get(digest)
        return known[0] if known is not None and self._clock.monotonic() < known[1] else None

    def _remember(self, digest: str, tenant_id: str) -> None:
        self._known.pop(digest, None)
        self._known[digest] = (tenant_id, self._clock.monotonic() + _REMEMBER_S)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _key_in(request: web.Request) -> str:
    key = request.headers.get("X-API-Key", "").strip()
    if key:
        return key
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else ""
