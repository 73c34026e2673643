"""Texts: /twilio/sms."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from common.web.server import note
from telephony_gateway.actions.answer_text import IncomingText, TextReply, answer_text, thread_id
from telephony_gateway.actions.fail_softly import FailedRequest
from telephony_gateway.domain.phone import e164, sender_of
from telephony_gateway.domain.words import plain
from telephony_gateway.handlers.http.serving import Server
from telephony_gateway.handlers.http.signed import SignedForms, sid_of, token_of

MAX_BODY = 10_000


@dataclass(frozen=True, kw_only=True)
class TextDoor:
    """Handlers of one gateway."""

    forms: SignedForms
    server: Server

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_post("/twilio/sms", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        """A text came in."""
        form = await self.forms.read(request)
        desk = self.server.desk
        dialled = form.get("To")
        settings = desk.copies.by_number(dialled)
        text = IncomingText(
            message_id=sid_of(form, "MessageSid", "SmsSid", "SmsMessageSid"),
            token=token_of(request),
            settings=settings,
            # A short code can't be called back, but STOP counts from anywhere.
            sender_phone=sender_of(form.get("From")),
            dialled_phone=plain(dialled[:32]),
            body=form.get("Body")[:MAX_BODY],
        )
        note(request, tenant=settings.tenant_id if settings is not None else None)
        failed = FailedRequest(
            key=text.key,
            token=text.token,
            call_id=thread_id(settings.tenant_id if settings is not None else "", text.sender_phone),
            channel="sms",
            settings=settings,
            caller_phone=e164(text.sender_phone),
            dialled_phone=text.dialled_phone,
            words=text.body,
            reply=TextReply(desk.renderer, text),
            cause="no-tenants",
        )
        if settings is None:
            if not desk.copies.loaded:
                return await self.server.apologise(request, "sms", failed)
            desk.counters.refused("unknown_number")
        return await self.server.serve(request, "sms", failed, lambda progress: answer_text(desk, text, progress))
