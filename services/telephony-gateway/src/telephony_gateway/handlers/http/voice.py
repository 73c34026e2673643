"""Phone calls: /twilio/voice, the Gather actions, voicemail, and Twilio's own fallback."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from common.contracts.tenants import TenantSettings
from common.web.server import note
from receptionist.dialogue.heard import Digits, Heard, Silence, Speech
from receptionist.understanding.text import Lang
from telephony_gateway.actions.answer_text import IncomingText, TextReply, thread_id
from telephony_gateway.actions.fail_softly import FailedRequest
from telephony_gateway.actions.keep_recording import Recording, keep_recording
from telephony_gateway.actions.speak import CallReply
from telephony_gateway.actions.take_turn import TurnRequest, take_turn
from telephony_gateway.domain.form import Form
from telephony_gateway.domain.ids import CallId, InboxKey
from telephony_gateway.domain.phone import e164, sender_of
from telephony_gateway.domain.phrases import PHRASES
from telephony_gateway.handlers.http.serving import Server
from telephony_gateway.handlers.http.signed import SignedForms, error_code_of, sid_of, token_of

_MAX_TURN = 10_000
_MAX_LINK = 1_000


@dataclass(frozen=True, kw_only=True)
class VoiceDoor:
    """Handlers of one gateway."""

    forms: SignedForms
    server: Server

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_post("/twilio/voice", self.answer)
        app.router.add_post("/twilio/voice/turn", self.turn)
        app.router.add_post("/twilio/voice/recording", self.recording)
        app.router.add_post("/twilio/fallback", self.fallback)

    async def answer(self, request: web.Request) -> web.Response:
        """A call comes in."""
        form = await self.forms.read(request)
        call_id = CallId(sid_of(form, "CallSid"))
        return await self._take(request, form, call_id, heard=None, words="", turn=0)

    async def turn(self, request: web.Request) -> web.Response:
        """The caller answered, or didn't."""
        form = await self.forms.read(request)
        call_id = CallId(sid_of(form, "CallSid"))
        heard, words = heard_in(form)
        turn = _turn_of(request.query.get("turn", ""))
        return await self._take(
            request, form, call_id, heard=heard, words=words, turn=turn, sealed=request.query.get("s", "")
        )

    async def _take(
        self,
        request: web.Request,
        form: Form,
        call_id: CallId,
        *,
        heard: Heard | None,
        words: str,
        turn: int | None,
        sealed: str = "",
    ) -> web.Response:
        dialled = dialled_in(form)
        settings = self.server.desk.copies.by_number(dialled)
        key = InboxKey(f"voice:{call_id}:{turn if turn is not None else token_of(request) or 'again'}")
        failed = self._failed(request, form, call_id, key, settings, words=words, sealed=sealed)
        note(request, call_id=call_id, turn=turn, tenant=settings.tenant_id if settings is not None else None)
        if settings is None:
            return await self._unknown(request, failed)
        wanted = TurnRequest(
            key=key,
            token=failed.token,
            call_id=call_id,
            settings=settings,
            channel="voice",
            caller_phone=failed.caller_phone,
            dialled_phone=dialled,
            provider_call_id=call_id,
            heard=heard,
            words=words,
            turn=turn,
            sealed=sealed,
            reply=failed.reply,
        )
        return await self.server.serve(
            request, "voice", failed, lambda progress: take_turn(self.server.desk, wanted, progress)
        )

    async def _unknown(self, request: web.Request, failed: FailedRequest) -> web.Response:
        """Nobody owns the number: says so. While we know of no business at all it may be anybody's, so we apologise instead."""
        desk = self.server.desk
        if not desk.copies.loaded:
            return await self.server.apologise(request, "voice", failed)
        desk.counters.request("voice")
        desk.counters.refused("unknown_number")
        words = PHRASES["en"].not_in_service
        return web.Response(body=desk.renderer.words(words, lang="en"), content_type="text/xml", charset="utf-8")

    async def recording(self, request: web.Request) -> web.Response:
        """A caller left a message after an apology."""
        form = await self.forms.read(request)
        call_id = CallId(sid_of(form, "CallSid"))
        recording_id = sid_of(form, "RecordingSid")
        desk = self.server.desk
        settings = desk.copies.by_number(dialled_in(form))
        lang: Lang = "es" if request.query.get("lang") == "es" else "en"
        key = InboxKey(f"recording:{recording_id}")
        failed = self._failed(request, form, call_id, key, settings)
        note(request, call_id=call_id)
        if settings is None:
            return await self._unknown(request, failed)
        recording = Recording(
            recording_id=recording_id,
            token=failed.token,
            url=_link_of(form.get("RecordingUrl")),
            call_id=call_id,
            settings=settings,
            caller_phone=failed.caller_phone,
            lang=lang,
        )
        return await self.server.serve(request, "voice", failed, lambda _progress: keep_recording(desk, recording))

    async def fallback(self, request: web.Request) -> web.Response:
        """Twilio could not use our last answer (`ErrorCode`, `ErrorUrl`): a call or a text is in trouble."""
        form = await self.forms.read(request)
        sid = sid_of(form, "CallSid", "MessageSid", "SmsSid")
        note(request, error_code=error_code_of(form), sid=sid)
        dialled = dialled_in(form)
        settings = self.server.desk.copies.by_number(dialled)
        key = InboxKey(f"fallback:{sid}")
        if form.get("CallSid"):
            failed = self._failed(request, form, CallId(sid), key, settings)
            if settings is None:
                return await self._unknown(request, failed)
            return await self.server.apologise(request, "voice", failed)
        sender = sender_of(form.get("From"))
        text = IncomingText(
            message_id=sid, settings=settings, sender_phone=sender, dialled_phone=dialled, body=form.get("Body")
        )
        failed = FailedRequest(
            key=key,
            token=token_of(request),
            call_id=thread_id(settings.tenant_id if settings is not None else "", sender),
            channel="sms",
            settings=settings,
            caller_phone=e164(sender),
            dialled_phone=dialled,
            words=form.get("Body"),
            reply=TextReply(self.server.desk.renderer, text),
            cause="provider-fallback",
        )
        return await self.server.apologise(request, "sms", failed)

    def _failed(
        self,
        request: web.Request,
        form: Form,
        call_id: CallId,
        key: InboxKey,
        settings: TenantSettings | None,
        *,
        words: str = "",
        sealed: str = "",
    ) -> FailedRequest:
        return FailedRequest(
            key=key,
            token=token_of(request),
            call_id=call_id,
            channel="voice",
            settings=settings,
            caller_phone=e164(form.get("From") or form.get("Caller")),
            dialled_phone=dialled_in(form),
            words=words,
            sealed=sealed,
            reply=CallReply(self.server.desk, settings),
            cause="provider-fallback" if key.startswith("fallback:") else "no-tenants",
        )


def heard_in(form: Form) -> tuple[Heard, str]:
    """What a Gather got: keys, words, or nothing; and the same as evidence."""
    digits = form.get("Digits")
    if digits:
        return Digits(digits=digits[:64]), f"[keys {digits[:64]}]"
    words = form.get("SpeechResult")
    if words:
        return Speech(text=words, confidence=_confidence(form.get("Confidence"))), words
    return Silence(), ""


def dialled_in(form: Form) -> str:
    """The number that was dialled: it alone chooses the business."""
    return form.get("To") or form.get("Called")


def _link_of(raw: str) -> str:
    """Where a recording is; empty for what a person should not be led to."""
    sound = len(raw) <= _MAX_LINK and raw.startswith(("https://", "http://")) and raw.isascii() and raw.isprintable()
    return raw if sound else ""


def _confidence(raw: str) -> float:
    try:
        value = float(raw)
    except ValueError:
        return 1.0
    return min(1.0, max(0.0, value)) if value == value else 1.0


def _turn_of(raw: str) -> int | None:
    if raw.isascii() and raw.isdigit() and len(raw) < 6:
        turn = int(raw)
        return turn if turn <= _MAX_TURN else None
    return None
