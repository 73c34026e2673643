"""/twilio/status-callback: what became of calls and texts. Best effort, in any order, more than once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from common.web.server import note
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.end_call import hang_up
from telephony_gateway.domain.form import Form
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.handlers.http.signed import SignedForms, sid_of, token_of
from telephony_gateway.handlers.http.voice import dialled_in

OnStatus = Callable[[web.Request, Form], Awaitable[None]]
_OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True, kw_only=True)
class StatusDoor:
    """Handlers of one gateway. `on_text` and `on_outbound_call` hear of our own texts and calls."""

    forms: SignedForms
    desk: Desk
    on_text: OnStatus
    on_outbound_call: OnStatus

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_post("/twilio/status-callback", self.hear)
        app.router.add_post("/twilio/voice/status", self.hear)

    async def hear(self, request: web.Request) -> web.Response:
        """Something became of a call or a text."""
        form = await self.forms.read(request)
        if form.get("MessageSid") or form.get("SmsSid"):
            await self.on_text(request, form)
        elif form.get("Direction").startswith("outbound"):
            await self.on_outbound_call(request, form)
        else:
            await self._call(request, form)
        return web.Response(status=204)

    async def _call(self, request: web.Request, form: Form) -> None:
        call_id = CallId(sid_of(form, "CallSid"))
        status = form.get("CallStatus").lower()
        note(request, call_id=call_id, call_status=status if status in _OVER else "other")
        if status not in _OVER:
            return
        settings = self.desk.copies.by_number(dialled_in(form))
        seconds = form.get("CallDuration") or form.get("Duration")
        known = await hang_up(
            self.desk,
            call_id,
            settings,
            key=InboxKey(f"call-status:{call_id}:{status}"),
            token=token_of(request),
            duration=timedelta(seconds=int(seconds)) if _is_count(seconds) else None,
            guess=self.desk.recent.get(call_id),
        )
        note(request, known=known)


def _is_count(raw: str) -> bool:
    return raw.isascii() and raw.isdigit() and len(raw) <= 7
