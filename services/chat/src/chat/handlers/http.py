"""The owner's HTTP API, `/v1/*`."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, get_args

from aiohttp import web

from chat.actions.change_appointment import cancel_appointment
from chat.actions.change_tenant import change_tenant
from chat.actions.keep_callback import keep_callback
from chat.domain.appointment import AppointmentId
from chat.domain.callback import CallbackId, Status
from chat.domain.conversation import ConversationId, Kind
from chat.domain.received import UnfitKey, key_of
from chat.domain.tenant import Tenant, TenantId
from chat.handlers.means import Means
from chat.handlers.parameters import (
    ChangeBusinessBody,
    KeepBody,
    choices_of,
    listed,
    page_of,
    phone_of,
    read_body,
    span_of,
)
from chat.handlers.views import (
    appointment_view,
    business_view,
    callback_view,
    conversation_detail_view,
    conversation_view,
    customer_view,
    question_view,
)
from chat.ports import Store
from common.errors import SuiteError
from common.observability.tracing import current_traceparent
from common.web.api_keys import ApiKeys
from common.web.problems import NotFound
from common.web.server import json_response, note

_STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class RecordsOff(SuiteError):
    """The records are switched off for now."""

    slug: ClassVar[str] = "records-off"
    status = 503
    retryable: ClassVar[bool] = True


class OwnerApi:
    """Opened by a tenant's API key; shows and changes that tenant's records alone."""

    def __init__(self, store: Store, means: Means, *, records_on: bool) -> None:
        self._store = store
        self._means = means
        self._keys = ApiKeys(store.tenant_of_key, means.clock)
        self._records_on = records_on

    def add_routes(self, app: web.Application, *, expect_route: Callable[[str], None]) -> None:
        """Adds the routes; `expect_route` hears of each template."""
        routes = (
            web.get("/v1/business", self.business),
            web.patch("/v1/business", self.change_business),
            web.get("/v1/appointments", self.appointments),
            web.post("/v1/appointments/{appointment_id}/cancel", self.cancel),
            web.get("/v1/callbacks", self.callbacks),
            web.post("/v1/callbacks/{callback_id}/keep", self.keep),
            web.get("/v1/conversations", self.conversations),
            web.get("/v1/conversations/{conversation_id}", self.conversation),
            web.get("/v1/customers", self.customers),
            web.get("/v1/questions", self.questions),
        )
        app.router.add_routes(routes)
        for path in {route.path for route in routes}:
            expect_route(path)

    async def business(self, request: web.Request) -> web.Response:
        """The settings."""
        return json_response(business_view(await self._tenant(await self._open(request))))

    async def change_business(self, request: web.Request) -> web.Response:
        """Changes settings of one version; 409 when somebody else was faster, 422 for what can't be used."""
        tenant_id = await self._open(request)
        body = await read_body(request, ChangeBusinessBody)
        async with self._store.transaction() as tx:
            tenant = await change_tenant(
                tx,
                tenant_id,
                body.settings,
                self._means.occasion(traceparent=current_traceparent.get()),
                version=body.version,
            )
        return json_response(business_view(tenant))

    async def appointments(self, request: web.Request) -> web.Response:
        """Visits that begin in a span, soonest first."""
        tenant_id = await self._open(request)
        now = self._means.clock.now()
        tenant = await self._tenant(tenant_id)
        starting, until = span_of(request, now=now, zone=tenant.profile.zone)
        page = page_of(request)
        rows = await self._store.appointments(tenant_id, starting=starting, until=until, page=page)
        return json_response(
            listed(rows, page, key=lambda row: (row.starts_at, row.id), view=appointment_view, as_of=now)
        )

    async def cancel(self, request: web.Request) -> web.Response:
        """Calls a visit off; a second time changes nothing."""
        tenant_id = await self._open(request)
        appointment_id = AppointmentId(_id_in(request, "appointment_id"))
        async with self._store.transaction() as tx:
            occasion = self._means.occasion(traceparent=current_traceparent.get())
            visit = await cancel_appointment(tx, tenant_id, appointment_id, occasion)
        return json_response(appointment_view(visit))

    async def callbacks(self, request: web.Request) -> web.Response:
        """Promises, the soonest due first; the open ones unless `status` says otherwise."""
        tenant_id = await self._open(request)
        now = self._means.clock.now()
        statuses = choices_of(request, "status", among=_STATUSES, default=("open",))
        page = page_of(request)
        rows = await self._store.callbacks(tenant_id, statuses=statuses, page=page)
        return json_response(
            listed(
                rows,
                page,
                key=lambda row: (row.due_at, row.id),
                view=lambda row: callback_view(row, now),
                as_of=now,
            )
        )

    async def keep(self, request: web.Request) -> web.Response:
        """Notes what became of a promise; 409 where something else was noted for good."""
        tenant_id = await self._open(request)
        body = await read_body(request, KeepBody)
        callback_id = CallbackId(_id_in(request, "callback_id"))
        async with self._store.transaction() as tx:
            occasion = self._means.occasion(traceparent=current_traceparent.get())
            callback = await keep_callback(tx, tenant_id, callback_id, body.result, occasion)
        return json_response(callback_view(callback, self._means.clock.now()))

    async def conversations(self, request: web.Request) -> web.Response:
        """Calls and threads of texts, the newest first."""
        tenant_id = await self._open(request)
        kinds = choices_of(request, "kind", among=_KINDS, default=("call", "texts"))
        page = page_of(request)
        rows = await self._store.conversations(tenant_id, kinds=kinds, page=page)
        return json_response(
            listed(
                rows,
                page,
                key=lambda row: (row.last_at, row.id),
                view=conversation_view,
                as_of=self._means.clock.now(),
            )
        )

    async def conversation(self, request: web.Request) -> web.Response:
        """One conversation with what was said."""
        tenant_id = await self._open(request)
        detail = await self._store.conversation(tenant_id, ConversationId(_id_in(request, "conversation_id")))
        if detail is None:
            raise NotFound
        return json_response(conversation_detail_view(detail))

    async def customers(self, request: web.Request) -> web.Response:
        """Customers in the order in which they first called, or the one with a number."""
        tenant_id = await self._open(request)
        phone, page = phone_of(request), page_of(request)
        rows = await self._store.customers(tenant_id, phone=phone, page=page)
        return json_response(
            listed(
                rows,
                page,
                key=lambda row: (row.created_at, row.id),
                view=customer_view,
                as_of=self._means.clock.now(),
            )
        )

    async def questions(self, request: web.Request) -> web.Response:
        """Questions that nobody has taught the receptionist to answer, the newest first."""
        tenant_id = await self._open(request)
        page = page_of(request)
        rows = await self._store.questions(tenant_id, page=page)
        return json_response(
            listed(
                rows,
                page,
                key=lambda row: (row.asked_at, row.id),
                view=question_view,
                as_of=self._means.clock.now(),
            )
        )

    async def _open(self, request: web.Request) -> TenantId:
        if not self._records_on:
            # Empty lists would say that there is nothing; the truth is that we can't look.
            raise RecordsOff
        tenant_id = TenantId(await self._keys.tenant_of(request))
        note(request, tenant=tenant_id)
        return tenant_id

    async def _tenant(self, tenant_id: TenantId) -> Tenant:
        tenant = await self._store.tenant(tenant_id)
        if tenant is None:
            raise NotFound
        return tenant


def _id_in(request: web.Request, name: str) -> str:
    try:
        return key_of(request.match_info[name])
    except UnfitKey as error:
        raise NotFound from error
