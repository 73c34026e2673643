"""The provider-neutral JSON API: /telephony/inbound, /telephony/audio, /telephony/end, opened by a business's API key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, TypeVar

import msgspec
from aiohttp import web

from common.contracts.tenants import TenantSettings
from common.web.problems import BadRequest, NotFound, Unauthorized
from common.web.server import json_response, note
from receptionist.dialogue.heard import Heard, Silence, Speech
from receptionist.understanding.text import Lang
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.actions.end_call import hang_up
from telephony_gateway.actions.fail_softly import FailedRequest
from telephony_gateway.actions.take_turn import TurnRequest, take_turn
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId, InboxKey, digest
from telephony_gateway.domain.phone import e164
from telephony_gateway.domain.turn import Answer, Outgoing
from telephony_gateway.domain.words import plain
from telephony_gateway.handlers.http.serving import Server

_ENCODER: Final = msgspec.json.Encoder()
_Short = Annotated[str, msgspec.Meta(max_length=200)]
_Session = Annotated[str, msgspec.Meta(pattern=r"^api-[0-9a-f]{32}$")]
SessionState = Literal["active", "ended"]


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """A call begins. `provider_call_id` makes a repetition find the same session."""

    caller_phone: _Short | None = None
    provider_call_id: _Short | None = None
    lead_source: _Short | None = None


class WordsHeard(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller said. `turn_id` makes a repetition get the same answer."""

    session_id: _Session
    text: str | None = None
    audio: str | None = None
    turn_id: _Short | None = None


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The call is over."""

    session_id: _Session


class ReplyToSay(msgspec.Struct, frozen=True, kw_only=True):
    """What to say to the caller."""

    session_id: str
    reply_text: str
    session_state: SessionState
    audio: str | None = None


class AudioNotSupported(BadRequest):
    """Speech as audio is not understood here: send the recognised words as `text`."""

    slug = "audio-not-supported"
    status = 422


class BadJson(BadRequest):
    """The body is not the JSON object that is expected here."""

    slug = "bad-json"


class InvalidApiKey(Unauthorized):
    """A valid API key is needed, as X-API-Key or as a bearer token."""

    slug = "invalid-api-key"


class UnknownSession(NotFound):
    """There is no such session."""

    slug = "unknown-session"


class JsonReply:
    """A `Reply` as JSON."""

    dials: ClassVar[bool] = False

    def __init__(self, session_id: CallId) -> None:
        self._session_id = session_id

    def render(self, draft: TurnDraft) -> Answer:
        """See `Reply`."""
        return self._answer(draft.words, "ended" if draft.ended else "active")

    def apologise(self, words: str, lang: Lang) -> Answer:
        """See `Reply`."""
        return self._answer(words, "active")

    def turn_away(self, words: str, lang: Lang, *, dial: str) -> Answer:
        """See `Reply`."""
        return self._answer(words, "active")

    def messages(self, words: str, now: datetime) -> Sequence[Outgoing]:
        """See `Reply`."""
        return ()

    def _answer(self, words: str, state: SessionState) -> Answer:
        reply = ReplyToSay(session_id=self._session_id, reply_text=words, session_state=state)
        return Answer(body=_ENCODER.encode(reply), media_type="application/json")


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TelephonyApi:
    """Handlers of one gateway."""

    server: Server
    new_id: Callable[[], str]

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_post("/telephony/inbound", self.inbound)
        app.router.add_post("/telephony/audio", self.audio)
        app.router.add_post("/telephony/end", self.end)

    async def inbound(self, request: web.Request) -> web.Response:
        """Answers a call."""
        settings = self._tenant(request)
        asked = await _body(request, Inbound)
        name = plain(asked.provider_call_id or "").strip() or self.new_id()
        call_id = CallId(f"api-{digest(settings.tenant_id, name)}")
        return await self._take(
            request,
            settings,
            call_id,
            key=InboxKey(f"session:{call_id}:begin"),
            heard=None,
            words="",
            caller=e164(asked.caller_phone or ""),
            provider_call_id=name,
        )

    async def audio(self, request: web.Request) -> web.Response:
        """The caller said something; no text at all is silence."""
        settings = self._tenant(request)
        asked = await _body(request, WordsHeard)
        if asked.text is None and asked.audio:
            raise AudioNotSupported
        call_id = CallId(asked.session_id)
        call = await self._session(settings, call_id)
        words = (asked.text or "").strip()
        heard: Heard = Speech(text=words) if words else Silence()
        return await self._take(
            request,
            settings,
            call_id,
            key=InboxKey(f"session:{call_id}:{digest('turn', asked.turn_id) if asked.turn_id else self.new_id()}"),
            heard=heard,
            words=words,
            caller=call.caller_phone,
            provider_call_id=call.provider_call_id,
        )

    async def end(self, request: web.Request) -> web.Response:
        """The caller is gone."""
        settings = self._tenant(request)
        asked = await _body(request, End)
        call_id = CallId(asked.session_id)
        call = await self._session(settings, call_id)
        await hang_up(self.server.desk, call_id, settings, key=InboxKey(f"session:{call_id}:end"), guess=call)
        return json_response({"session_id": call_id, "session_state": "ended"})

    async def _take(
        self,
        request: web.Request,
        settings: TenantSettings,
        call_id: CallId,
        *,
        key: InboxKey,
        heard: Heard | None,
        words: str,
        caller: str,
        provider_call_id: str,
    ) -> web.Response:
        dialled = settings.phone_numbers[0] if settings.phone_numbers else ""
        reply = JsonReply(call_id)
        note(request, call_id=call_id, tenant=settings.tenant_id)
        wanted = TurnRequest(
            key=key,
            call_id=call_id,
            settings=settings,
            channel="voice",
            caller_phone=caller,
            dialled_phone=dialled,
            provider_call_id=provider_call_id,
            heard=heard,
            words=words,
            reply=reply,
        )
        failed = FailedRequest(
            key=key,
            call_id=call_id,
            channel="voice",
            settings=settings,
            caller_phone=caller,
            dialled_phone=dialled,
            words=words,
            reply=reply,
            cause="unexpected",
        )
        return await self.server.serve(
            request, "session", failed, lambda progress: take_turn(self.server.desk, wanted, progress)
        )

    async def _session(self, settings: TenantSettings, call_id: CallId) -> Call:
        """The business's own session. Raises `UnknownSession`."""
        desk = self.server.desk
        call = desk.recent.get(call_id) or await desk.calls.load(call_id)
        if call is None or call.tenant_id != settings.tenant_id:
            raise UnknownSession
        return call

    def _tenant(self, request: web.Request) -> TenantSettings:
        desk = self.server.desk
        key = request.headers.get("X-API-Key", "").strip()
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if not key and scheme.lower() == "bearer":
            key = bearer.strip()
        settings = desk.copies.by_api_key(key) if key else None
        if settings is None:
            desk.counters.refused("api_key")
            raise InvalidApiKey
        return settings


async def _body(request: web.Request, kind: type[T]) -> T:
    """The request's JSON object; blank fields count as they are. Raises `BadJson`, and aiohttp's 413."""
    body = await request.read()
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadJson(str(error)[:300]) from error
