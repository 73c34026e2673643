"""Lets a thread of texts rest that goes on like a machine: the owner is told once, emergencies still get through."""

from __future__ import annotations

from typing import Final

from common.contracts.gateway import CallbackPromised
from common.observability.logs import get_logger
from common.storage import StoreBusy, StoreUnavailable
from receptionist.dialogue.effects import AlertOwner
from receptionist.dialogue.said import Fragment
from receptionist.scheduling.hours import after_open_minutes
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.actions.store_turn import answer_before, store_turn
from telephony_gateway.actions.take_turn import TurnRequest
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import CallId, TenantId
from telephony_gateway.domain.phrases import passed_on
from telephony_gateway.domain.turn import Answer, InboxEntry, TurnWrites
from telephony_gateway.domain.words import keepable

_TRIES: Final = 8
_SILENCE: Final = ""
_log = get_logger("telephony-gateway")


async def rest_thread(desk: Desk, request: TurnRequest) -> Answer | None:
    """The answer where the thread rests, committed; None where it goes on as ever.

    The last text before the rest is answered with a promise that a person will look at it; those after it are passed on and not
    answered. What must alarm somebody is never held back. While the store is away nobody counts.
    """
    for _ in range(_TRIES):
        try:
            pace = await desk.calls.pace(request.call_id, desk.clock.now())
            if pace.verdict() == "go_on":
                return None
            call = await desk.calls.load(request.call_id)
        except (StoreUnavailable, StoreBusy):
            return None
        if call is None or _alarms(desk, request, call):
            return None
        verdict = pace.verdict(danger=bool(call.state.alerts))
        if verdict == "go_on":
            return None
        writes = _promise(desk, request, call) if verdict == "last" else _pass_on(desk, request)
        if await store_turn(desk, writes) != "repeated":
            return writes.inbox.answer
        known = await answer_before(desk, request.key)
        if known is not None:
            desk.counters.duplicate()
            return known.answer
        # Another text of the thread was answered meanwhile: count anew.
    return None


def rest_id(conversation: CallId) -> str:
    """The promise of a thread that rests: one for each conversation."""
    return f"{conversation}-rest"


def _alarms(desk: Desk, request: TurnRequest, call: Call) -> bool:
    """Whether these words would alert the owner. Nothing comes of asking: the engine is pure."""
    if request.heard is None:
        return False
    step = desk.engine(call.state, request.heard, desk.clock.now(), desk.profile(request.settings))
    return any(isinstance(effect, AlertOwner) for effect in step.effects)


def _promise(desk: Desk, request: TurnRequest, call: Call) -> TurnWrites:
    """A turn that says who will look at it."""
    now, settings = desk.clock.now(), request.settings
    draft = TurnDraft(call, key=request.key, token=request.token, heard=request.words, now=now)
    lang = call.state.lang
    draft.said = [
        Fragment(text=passed_on(lang, owner=settings.contacts[0].name if settings.contacts else ""), lang=lang)
    ]
    draft.emit(
        CallbackPromised(
            callback_id=rest_id(call.name),
            call_id=call.name,
            channel="sms",
            reason="many_texts",
            phone=request.caller_phone or None,
            name=call.state.facts.name,
            message=keepable(request.words),
            language=lang,
            promised_at=now,
            due_at=after_open_minutes(desk.profile(settings), now, settings.callback_promise_minutes),
        ),
        "callback:rest",
        repeats=True,
    )
    draft.close()
    _log.warning("thread_rests", call_id=call.call_id, turn=call.turn)
    return draft.writes(request.reply.render(draft), request.reply.messages(draft.words, now))


def _pass_on(desk: Desk, request: TurnRequest) -> TurnWrites:
    """Others learn that a text came; it gets no answer."""
    now = desk.clock.now()
    answer = Answer(body=desk.renderer.texts(()))
    return TurnWrites(
        tenant_id=TenantId(request.settings.tenant_id),
        at=now,
        inbox=InboxEntry(key=request.key, token=request.token, answer=answer),
        outgoing=tuple(request.reply.messages(_SILENCE, now)),
    )
