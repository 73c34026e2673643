"""Answers when nothing else could: a fixed, polite document, and a promise that is kept in the store or on the disk."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from common.contracts.gateway import CallbackPromised
from common.contracts.tenants import TenantSettings
from common.observability.logs import get_logger
from receptionist.dialogue.said import Fragment
from receptionist.dialogue.state import begin
from receptionist.scheduling.hours import after_open_minutes
from receptionist.understanding.text import Lang
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.actions.store_turn import answer_before, keep_in_journal, store_turn
from telephony_gateway.actions.take_turn import Progress, Reply
from telephony_gateway.domain.call import Call, Channel
from telephony_gateway.domain.ids import CallId, InboxKey, TenantId
from telephony_gateway.domain.phrases import apology, connecting, nothing_kept
from telephony_gateway.domain.turn import Answer
from telephony_gateway.domain.words import keepable

STORE_WITHIN_S: Final = 1.0
_log = get_logger("telephony-gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRequest:
    """What is known of a webhook that could not be answered as it should be."""

    key: InboxKey
    token: str = ""
    call_id: CallId
    channel: Channel
    settings: TenantSettings | None
    caller_phone: str
    dialled_phone: str
    words: str = ""
    sealed: str = ""
    reply: Reply
    cause: str
    """A slug."""


async def fail_softly(desk: Desk, request: FailedRequest, progress: Progress) -> Answer:
    """Never raises. The promise is kept before it is made wherever anything can be kept; what the turn had found out until it
    failed (an alert, a request for a visit) is kept with it. Where nothing can be, nothing is promised: somebody is dialled.

    What keeps people safe is said in any case, and the owner is alerted.
    """
    lang: Lang = "en"
    try:
        lang = _language(desk, request, progress)
        words = _safely(progress, _words(request, lang))
        answer = request.reply.apologise(words, lang)
        draft = _draft(desk, request, progress, words, lang)
        return await _store(desk, draft, request, answer)
    except Exception as error:  # noqa: BLE001 - the last resort must answer, whatever is broken
        _log.error("fail_soft_failed", cause=request.cause, exc_info=error)
        if progress.draft is not None:
            desk.bell.alarm(progress.draft.alerts)
        desk.counters.unkept()
        return _turned_away(request, progress, lang)


def _turned_away(request: FailedRequest, progress: Progress, lang: Lang) -> Answer:
    """Nothing is kept of this request, so nothing is promised."""
    settings = request.settings
    business = settings.business_name if settings is not None else ""
    contacts = settings.contacts if settings is not None and request.reply.dials else ()
    helper = next((contact for contact in contacts if contact.phone != request.caller_phone), None)
    if helper is not None:
        words = connecting(lang, business=business, owner=helper.name)
    else:
        words = nothing_kept(lang, business=business, text=request.channel == "sms")
    return request.reply.turn_away(_safely(progress, words), lang, dial=helper.phone if helper is not None else "")


def _safely(progress: Progress, words: str) -> str:
    """What the turn had to say to keep people safe comes first."""
    safety = progress.draft.safety if progress.draft is not None else ()
    return " ".join((*(fragment.text for fragment in safety), words))


def _language(desk: Desk, request: FailedRequest, progress: Progress) -> Lang:
    if progress.draft is not None:
        return progress.draft.call.state.lang
    call = progress.call or desk.recent.get(request.call_id) or desk.sealer.open(request.sealed, request.call_id)
    if call is not None:
        return call.state.lang
    return request.settings.languages[0] if request.settings is not None and request.settings.languages else "en"


def _words(request: FailedRequest, lang: Lang) -> str:
    settings = request.settings
    return apology(
        lang,
        business=settings.business_name if settings is not None else "",
        owner=settings.contacts[0].name if settings is not None and settings.contacts else "",
        has_number=bool(request.caller_phone),
        text=request.channel == "sms",
    )


def _draft(desk: Desk, request: FailedRequest, progress: Progress, words: str, lang: Lang) -> TurnDraft:
    """The turn as far as it came, ended by the apology and the promise."""
    now = desk.clock.now()
    draft = progress.draft
    if draft is None or draft.key != request.key:
        call = progress.call or desk.recent.get(request.call_id) or desk.sealer.open(request.sealed, request.call_id)
        draft = TurnDraft(
            call or _unknown_call(request, lang, desk),
            key=request.key,
            token=request.token,
            heard=request.words,
            now=now,
        )
    settings = request.settings
    promise_minutes = settings.callback_promise_minutes if settings is not None else 120
    due = (
        now + timedelta(minutes=promise_minutes)
        if settings is None
        else after_open_minutes(desk.profile(settings), now, promise_minutes)
    )
    draft.emit(
        CallbackPromised(
            callback_id=soft_callback_id(draft.call.name),
            call_id=draft.call.name,
            channel=request.channel,
            reason="trouble",
            phone=request.caller_phone or None,
            name=draft.call.state.facts.name,
            message=keepable(request.words),
            language=lang,
            promised_at=now,
            due_at=due,
        ),
        "callback:soft",
        repeats=True,
    )
    draft.fail(request.cause, Fragment(text=words, lang=lang))
    return draft


def soft_callback_id(call: CallId) -> str:
    """The promise of a fail-soft document: one for each conversation; a recording is added to it."""
    return f"{call}-soft"


async def _store(desk: Desk, draft: TurnDraft, request: FailedRequest, answer: Answer) -> Answer:
    writes = draft.writes(answer, request.reply.messages(draft.words, draft.now))
    if request.settings is None:
        # Whose caller it was is not known yet: the replay finds out.
        await keep_in_journal(desk, writes)
        return answer
    try:
        async with asyncio.timeout(STORE_WITHIN_S):
            stored = await store_turn(desk, writes)
        if stored == "repeated":
            known = await answer_before(desk, request.key)
            if known is not None:
                return known.answer
            # The conversation moved on without us: what is promised counts, its state doesn't.
            async with asyncio.timeout(STORE_WITHIN_S):
                await desk.calls.replay(writes)
    except Exception as error:  # noqa: BLE001 - the disk is the next place to keep a promise in
        _log.warning("fail_soft_journaled", cause=request.cause, error=type(error).__name__)
        async with asyncio.timeout(STORE_WITHIN_S):
            await keep_in_journal(desk, writes)
    return answer


def _unknown_call(request: FailedRequest, lang: Lang, desk: Desk) -> Call:
    now = desk.clock.now()
    return Call(
        call_id=request.call_id,
        tenant_id=TenantId(request.settings.tenant_id if request.settings is not None else ""),
        channel=request.channel,
        caller_phone=request.caller_phone,
        dialled_phone=request.dialled_phone,
        provider_call_id=request.call_id,
        started_at=now,
        last_turn_at=now,
        state=replace(begin(request.channel, lang), caller_phone=request.caller_phone),
        tier="fail_soft",
    )
