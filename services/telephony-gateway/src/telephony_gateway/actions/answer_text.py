"""Answers a text: an opt-out first of all, then the conversation, which goes on for days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from common.contracts.gateway import MessageReceived, MessageSent
from common.contracts.tenants import Contact, TenantSettings
from common.storage import StoreBusy, StoreUnavailable
from receptionist.dialogue.heard import Speech
from receptionist.understanding.text import Lang
from telephony_gateway.actions.acknowledge_alerts import acknowledge_all
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.actions.messages import outgoing
from telephony_gateway.actions.rest_thread import rest_thread
from telephony_gateway.actions.store_turn import answer_before, store_turn
from telephony_gateway.actions.take_turn import Progress, TurnRequest, take_turn
from telephony_gateway.domain.alert import is_acknowledgement
from telephony_gateway.domain.alert_words import cannot_take, taken_of
from telephony_gateway.domain.consent import ConsentChange, Keyword, keyword_of
from telephony_gateway.domain.ids import CallId, InboxKey, TenantId, digest
from telephony_gateway.domain.phone import e164
from telephony_gateway.domain.text import segments_of
from telephony_gateway.domain.turn import Answer, InboxEntry, Outgoing, TurnWrites
from telephony_gateway.domain.words import keepable, tidy
from telephony_gateway.ports.rendering import Renderer

MEDIA_ONLY: Final = "[picture]"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingText:
    """A text as the provider delivered it."""

    message_id: str
    token: str = ""
    settings: TenantSettings | None
    """None: nobody owns the dialled number."""
    sender_phone: str
    """E.164, or a short code."""
    dialled_phone: str
    body: str

    @property
    def key(self) -> InboxKey:
        """What it is known by."""
        return InboxKey(f"sms:{self.message_id}")


def thread_id(tenant_id: str, phone: str) -> CallId:
    """The conversation of one person with one business by text."""
    return CallId(f"sms-{digest(tenant_id, phone)}")


async def answer_text(desk: Desk, text: IncomingText, progress: Progress) -> Answer:
    """The texts to answer with, as a document; everything is committed before. Raises what `take_turn` raises."""
    tenant = TenantId(text.settings.tenant_id) if text.settings is not None else TenantId("")
    opted_out = await _opted_out(desk, tenant, text)
    keyword = keyword_of(text.body, opted_out=opted_out)
    if keyword is not None or opted_out or text.settings is None:
        return await _without_conversation(desk, text, tenant, keyword)
    contact = next((contact for contact in text.settings.contacts if contact.phone == text.sender_phone), None)
    if contact is not None and is_acknowledgement(text.body):
        taken = await _taken_by(desk, text, contact)
        if taken is not None:
            return taken
    request = TurnRequest(
        key=text.key,
        token=text.token,
        call_id=thread_id(tenant, text.sender_phone),
        settings=text.settings,
        channel="sms",
        caller_phone=e164(text.sender_phone),
        dialled_phone=text.dialled_phone,
        provider_call_id=text.message_id,
        heard=Speech(text=text.body or MEDIA_ONLY),
        words=text.body or MEDIA_ONLY,
        reply=TextReply(desk.renderer, text),
    )
    return await take_turn(desk, request, progress, instead=rest_thread)


async def _taken_by(desk: Desk, text: IncomingText, contact: Contact) -> Answer | None:
    """The answer to a contact who takes what is open; None where nothing is: then it is a text like any other."""
    before = await answer_before(desk, text.key)
    if before is not None:
        desk.counters.duplicate()
        return before.answer
    assert text.settings is not None
    tenant, now = TenantId(text.settings.tenant_id), desk.clock.now()
    try:
        taken = len(await acknowledge_all(desk.alerts, tenant, by=contact.name, at=now))
    except (StoreUnavailable, StoreBusy):
        # Whether anything is open is not known here: alerting goes on until somebody's word can be taken.
        words = cannot_take(contact.language)
    else:
        if not taken:
            return None
        words = taken_of(taken, contact.language)
    answer = Answer(body=desk.renderer.texts([words]))
    writes = TurnWrites(tenant_id=tenant, at=now, inbox=InboxEntry(key=text.key, token=text.token, answer=answer))
    await store_turn(desk, writes)
    return answer


class TextReply:
    """A `Reply` by text; others learn that a text came, and what was answered."""

    dials: ClassVar[bool] = False

    def __init__(self, renderer: Renderer, text: IncomingText) -> None:
        self._renderer = renderer
        self._text = text
        self._tenant = TenantId(text.settings.tenant_id) if text.settings is not None else TenantId("")

    def render(self, draft: TurnDraft) -> Answer:
        """See `Reply`."""
        return Answer(body=self._renderer.texts([draft.words]))

    def apologise(self, words: str, lang: Lang) -> Answer:
        """See `Reply`."""
        return Answer(body=self._renderer.texts([words]))

    def turn_away(self, words: str, lang: Lang, *, dial: str) -> Answer:
        """See `Reply`."""
        return Answer(body=self._renderer.texts([words]))

    def messages(self, words: str, now: datetime) -> Sequence[Outgoing]:
        """See `Reply`."""
        received = _received(self._text, self._tenant, now)
        return [received, _sent(self._text, self._tenant, words, "conversation", now)] if words else [received]


async def _opted_out(desk: Desk, tenant: TenantId, text: IncomingText) -> bool:
    try:
        return await desk.consents.opted_out(tenant, text.sender_phone, text.dialled_phone)
    except (StoreUnavailable, StoreBusy):
        # Who writes to us wants an answer; who said STOP is held back by the carrier as well.
        return False


async def _without_conversation(desk: Desk, text: IncomingText, tenant: TenantId, keyword: Keyword | None) -> Answer:
    """Keywords are noted and acknowledged, words of somebody who opted out are passed on unanswered."""
    now = desk.clock.now()
    consents: tuple[ConsentChange, ...] = ()
    replies: list[str] = []
    if keyword is not None:
        consents = (
            ConsentChange(
                tenant_id=tenant,
                phone=text.sender_phone,
                dialled_phone=text.dialled_phone,
                word=keyword.word,
                said=tidy(keyword.said, 40),
                source=text.key,
                at=now,
            ),
        )
        if not keyword.carrier_answers:
            replies.append(_keyword_reply(keyword, text.settings))
    messages: list[Outgoing] = []
    if text.settings is not None:
        messages.append(_received(text, tenant, now))
        messages += [_sent(text, tenant, reply, "consent", now) for reply in replies]
    answer = Answer(body=desk.renderer.texts(replies))
    writes = TurnWrites(
        tenant_id=tenant,
        at=now,
        inbox=InboxEntry(key=text.key, token=text.token, answer=answer),
        outgoing=tuple(messages),
        consents=consents,
    )
    if await store_turn(desk, writes) == "repeated":
        known = await answer_before(desk, text.key)
        if known is not None:
            desk.counters.duplicate()
            return known.answer
    return answer


def _keyword_reply(keyword: Keyword, settings: TenantSettings | None) -> str:
    lang: Lang = "es" if keyword.said.casefold() in _SPANISH else "en"
    business = settings.business_name if settings is not None else ""
    return _REPLIES[lang][keyword.word].format(business=business).strip(": ")


_SPANISH: Final = frozenset({"alto", "parar", "baja", "ayuda", "si", "sí"})
_REPLIES: Final[dict[Lang, dict[str, str]]] = {
    "en": {
        "stop": "{business}: you will get no more texts from us. Reply START to get them again.",
        "start": "{business}: you will get our texts again. Reply HELP for help, STOP to end them.",
        "help": "{business}: text us what you need, or call this number. Reply STOP to get no more texts.",
    },
    "es": {
        "stop": "{business}: ya no recibirá nuestros mensajes. Responda START para volver a recibirlos.",
        "start": "{business}: volverá a recibir nuestros mensajes. Responda AYUDA si necesita ayuda, STOP para terminar.",
        "help": "{business}: escríbanos qué necesita o llame a este número. Responda STOP para no recibir más mensajes.",
    },
}


def _received(text: IncomingText, tenant: TenantId, now: datetime) -> Outgoing:
    return outgoing(
        MessageReceived(
            message_id=text.message_id,
            sender_phone=text.sender_phone,
            dialled_phone=text.dialled_phone,
            body=keepable(text.body or MEDIA_ONLY),
            received_at=now,
        ),
        event_id=f"{text.key}:received",
        tenant=tenant,
        subject=text.message_id,
        at=now,
    )


def _sent(text: IncomingText, tenant: TenantId, words: str, purpose: str, now: datetime) -> Outgoing:
    """The answer to a text is in the provider's hands with our answer to its webhook."""
    return outgoing(
        MessageSent(
            message_id=f"{text.message_id}-reply",
            recipient_phone=text.sender_phone,
            purpose=purpose,
            body=tidy(words),
            segments=segments_of(words),
            sent_at=now,
        ),
        event_id=f"{text.key}:sent",
        tenant=tenant,
        subject=text.message_id,
        at=now,
    )
