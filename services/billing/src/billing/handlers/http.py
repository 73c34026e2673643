"""Billing's HTTP API."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from billing.domain.account import Account, owner_of_key
from billing.domain.usage import month_bounds
from billing.ports import Store
from common.clock import Clock
from common.web.problems import BadRequest, NotFound, TooManyRequests, Unauthorized
from common.web.ratelimit import RateLimiter
from common.web.server import json_response


class BillingApi:
    """`/v1/billing/*`, opened by a tenant's API key (`X-API-Key`, or `Authorization: Bearer`)."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._limiter = RateLimiter(clock, burst=30, per_second=5)

    def add_routes(self, app: web.Application) -> None:
        """Adds the routes."""
        app.router.add_get("/v1/billing/usage", self.usage)
        app.router.add_get("/v1/billing/entitlement", self.entitlement)

    async def usage(self, request: web.Request) -> web.Response:
        """`?month=YYYY-MM` (this month by default), in the tenant's calendar."""
        account = await self._account(request)
        month = request.query.get("month") or self._clock.now().astimezone(account.zone).strftime("%Y-%m")
        since, until = _bounds(month, account.zone)
        total = await self._store.usage(account.tenant_id, since=since, until=until)
        return json_response(
            {
                "tenant_id": account.tenant_id,
                "month": month,
                "time_zone": account.time_zone,
                "calls": total.calls,
                "appointments": total.appointments,
                "text_segments": total.texts,
                "as_of": self._clock.now(),
            }
        )

    async def entitlement(self, request: web.Request) -> web.Response:
        """The plan and what it includes."""
        account = await self._account(request)
        entitlement = await self._store.entitlement_of(account.tenant_id)
        if entitlement is None:
            raise NotFound("this tenant has no plan yet")
        return json_response(
            {
                "tenant_id": account.tenant_id,
                "plan": entitlement.plan,
                "state": entitlement.state,
                "price_cents": entitlement.allowance.price_cents,
                "included_calls": entitlement.allowance.calls,
                "included_appointments": entitlement.allowance.appointments,
                "changed_at": entitlement.changed_at,
            }
        )

    async def _account(self, request: web.Request) -> Account:
        if not self._limiter.allow(request.remote or ""):
            raise TooManyRequests
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        key = request.headers.get("X-API-Key") or (bearer.strip() if scheme.lower() == "bearer" else "")
        account = owner_of_key(await self._store.accounts(), key) if key else None
        if account is None:
            raise Unauthorized
        return account


def _bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    try:
        return month_bounds(month, zone)
    except (ValueError, OverflowError) as error:
        raise BadRequest("month must be YYYY-MM") from error
