"""Takes one turn of a conversation: load it, let the engine decide, commit everything, answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Protocol

from common.contracts.gateway import CallStarted as CallWasStarted
from common.contracts.tenants import TenantSettings
from common.storage import StoreBusy, StoreUnavailable
from receptionist.dialogue.effects import MAX_ASKS_PER_TURN, Asking, BookVisit, CancelVisit, RescheduleVisit
from receptionist.dialogue.heard import CallStarted, Heard, Silence
from receptionist.dialogue.state import begin
from receptionist.tenant import TenantProfile
from receptionist.understanding.text import Lang
from telephony_gateway.actions.answer_asking import answer_asking, timed_out
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.actions.report_end import report_end
from telephony_gateway.actions.store_turn import NO_STORE, answer_before, store_turn
from telephony_gateway.domain.call import Call, Channel
from telephony_gateway.domain.errors import StaleTurn
from telephony_gateway.domain.ids import CallId, InboxKey, TenantId
from telephony_gateway.domain.turn import Answer, Outgoing

_TRIES: Final = 24
"""Whoever loses a turn to another instance finds that one faster again: it has the conversation at hand, we must read it first."""
_AT_ONCE: Final = 4
"""So many tries follow each other without a pause."""
_PAUSE_S: Final = 0.01
_LONGEST_PAUSE_S: Final = 0.1


class Reply(Protocol):
    """How one kind of request is answered."""

    dials: ClassVar[bool]
    """Whether a document can have somebody dialled."""

    def render(self, draft: TurnDraft) -> Answer:
        """The document for a closed turn."""

    def apologise(self, words: str, lang: Lang) -> Answer:
        """The document for a turn that failed."""

    def turn_away(self, words: str, lang: Lang, *, dial: str) -> Answer:
        """The document where nothing could be kept: it promises nothing, and dials somebody who can help where it can."""

    def messages(self, words: str, now: datetime) -> Sequence[Outgoing]:
        """What others learn of the request and of the `words` it was answered with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    """One webhook that is a turn of a conversation."""

    key: InboxKey
    token: str = ""
    call_id: CallId
    settings: TenantSettings
    channel: Channel
    caller_phone: str
    dialled_phone: str
    provider_call_id: str
    heard: Heard | None
    """None: the call has just been answered."""
    words: str = ""
    """What was heard, as evidence."""
    turn: int | None = None
    """Which turn it is, where the request says so."""
    sealed: str = ""
    reply: Reply


class Progress:
    """How far a turn has come, for whoever must answer when it fails."""

    def __init__(self) -> None:
        self.draft: TurnDraft | None = None
        self.call: Call | None = None


Instead = Callable[[Desk, TurnRequest], Awaitable[Answer | None]]
"""What may answer a request without the engine, everything committed; None: it is a turn like any other."""


async def take_turn(desk: Desk, request: TurnRequest, progress: Progress, *, instead: Instead | None = None) -> Answer:
    """The answer, with everything that it promises committed before it is returned. `instead` is asked first.

    The same request gets the same answer. Raises `StaleTurn` when others kept taking turns of this conversation in between,
    `JournalUnavailable` when nothing could be stored, and whatever a broken part raises: the caller then answers `fail_softly`.
    """
    async with desk.turn_of(request.call_id):
        return await _take(desk, request, progress, instead)


async def _take(desk: Desk, request: TurnRequest, progress: Progress, instead: Instead | None) -> Answer:
    profile = desk.profile(request.settings)
    recent = desk.recent.get(request.call_id)
    if recent is not None and request.turn is not None and request.turn < recent.turn and request.heard is not None:
        entry = await answer_before(desk, request.key)
        if entry is not None:
            desk.counters.duplicate()
            return entry.answer
    call, store_down = await _conversation(desk, request)
    for tried in range(_TRIES):
        if tried >= _AT_ONCE:
            await asyncio.sleep(min(_LONGEST_PAUSE_S, _PAUSE_S * (tried - _AT_ONCE + 1)))
        progress.call = call
        # Asked at every try, and after the conversation was read: what it counts is no older than what is built on.
        other = None if instead is None else await instead(desk, request)
        if other is not None:
            return other
        if call is not None and request.heard is None:
            known = await _again(desk, request, call)
            if known is not None:
                return known
            # It was answered before, and with what can't be known just now: it is asked once more.
            request = replace(request, heard=Silence())
        draft = await _work_out(desk, request, call, profile, progress, store_down=store_down)
        if draft is not None:
            answer = request.reply.render(draft)
            also = request.reply.messages(draft.words, draft.now)
            if await store_turn(desk, draft.writes(answer, also)) != "repeated":
                desk.counters.turn(draft.tier)
                return answer
        entry = await answer_before(desk, request.key)
        if entry is not None:
            desk.counters.duplicate()
            return entry.answer
        call = await desk.calls.load(request.call_id)
    raise StaleTurn(request.channel)


async def _conversation(desk: Desk, request: TurnRequest) -> tuple[Call | None, bool]:
    """The conversation as far as it is known here, and whether the store is away. A wrong guess is found at the commit."""
    recent = desk.recent.get(request.call_id)
    if recent is not None and (request.turn is None or recent.turn == request.turn):
        return recent, False
    riding = desk.sealer.open(request.sealed, request.call_id) if request.sealed else None
    if riding is not None and riding.tenant_id != request.settings.tenant_id:
        riding = None
    if riding is not None and riding.turn == request.turn:
        return riding, False
    if request.heard is None and recent is None:
        # Nearly always a new call: its first insert tells.
        return None, False
    try:
        return await desk.calls.load(request.call_id), False
    except (StoreUnavailable, StoreBusy):
        return recent or riding, True


async def _work_out(
    desk: Desk,
    request: TurnRequest,
    call: Call | None,
    profile: TenantProfile,
    progress: Progress,
    *,
    store_down: bool,
) -> TurnDraft | None:
    """The closed turn, or None when somebody else was faster."""
    now = desk.clock.now()
    asking: Asking | None = None
    if call is not None and call.open_turn is not None and call.open_turn.key == request.key:
        # This very request was committed in part: whoever was at it died, or is at it just now.
        draft = TurnDraft.resumed(call, call.open_turn, token=request.token, now=now)
        asking = call.open_turn.asked
    else:
        draft = _begun(desk, request, call, now)
    progress.draft = draft
    if store_down:
        draft.degrade(NO_STORE)
    if asking is None:
        asking = _hear(desk, request, draft, profile, is_new=call is None)
    else:
        heard = await answer_asking(desk, draft, asking, request.settings, profile)
        asking = draft.take(desk.engine(draft.call.state, heard, now, profile))
    if not await _answer_all(desk, request, draft, asking, profile):
        return None
    draft.close()
    if draft.ended and not draft.call.reported and draft.call.channel != "sms":
        await report_end(desk, draft, request.settings)
    return draft


async def _answer_all(
    desk: Desk, request: TurnRequest, draft: TurnDraft, asking: Asking | None, profile: TenantProfile
) -> bool:
    """Answers what is asked until nothing is; False when somebody else took this turn meanwhile."""
    while asking is not None:
        draft.asks += 1
        if draft.asks > MAX_ASKS_PER_TURN:
            asking = draft.take(desk.engine(draft.call.state, timed_out(asking), desk.clock.now(), profile))
            if draft.asks > 2 * MAX_ASKS_PER_TURN:
                return True
            continue
        if draft.urgent or isinstance(asking, BookVisit | RescheduleVisit | CancelVisit):
            # What outlives this turn is committed before anybody is asked: an alert, and a request that chat may act on.
            if await store_turn(desk, draft.pause(asking)) == "repeated":
                return False
            draft.after_pause()
        heard = await answer_asking(desk, draft, asking, request.settings, profile)
        asking = draft.take(desk.engine(draft.call.state, heard, desk.clock.now(), profile))
    return True


def _begun(desk: Desk, request: TurnRequest, call: Call | None, now: datetime) -> TurnDraft:
    if call is None:
        call = _new_call(request, now)
    elif call.channel == "sms" and (now - call.last_turn_at).total_seconds() > desk.thread_idle_s:
        # The thread goes on, but what was said last week is over.
        call = replace(
            call,
            state=begin("sms", call.state.lang),
            episode=call.episode + 1,
            started_at=now,
            tier="full",
            ended_at=None,
        )
    return TurnDraft(call, key=request.key, token=request.token, heard=request.words, now=now)


def _hear(desk: Desk, request: TurnRequest, draft: TurnDraft, profile: TenantProfile, *, is_new: bool) -> Asking | None:
    """Steps through what this request brings; the asking effect of the last step."""
    asking: Asking | None = None
    call = draft.call
    if is_new or call.state.turns == 0:
        tenant = TenantId(request.settings.tenant_id)
        known = desk.copies.customer(tenant, call.caller_phone) if call.caller_phone else None
        started = CallStarted(
            caller_phone=call.caller_phone,
            known=known,
            lang_hint=known.lang if known is not None else None,
            visits=desk.copies.visits(tenant, call.caller_phone, draft.now) if call.caller_phone else (),
        )
        asking = draft.take(desk.engine(call.state, started, draft.now, profile))
        if is_new and call.channel != "sms":
            draft.emit(
                CallWasStarted(
                    call_id=call.name,
                    channel=call.channel,
                    caller_phone=call.caller_phone or None,
                    dialled_phone=call.dialled_phone,
                    started_at=call.started_at,
                ),
                "started",
            )
    if request.heard is not None:
        asking = draft.take(desk.engine(draft.call.state, request.heard, draft.now, profile))
    return asking


def _new_call(request: TurnRequest, now: datetime) -> Call:
    return Call(
        call_id=request.call_id,
        tenant_id=TenantId(request.settings.tenant_id),
        channel=request.channel,
        caller_phone=request.caller_phone,
        dialled_phone=request.dialled_phone,
        provider_call_id=request.provider_call_id,
        started_at=now,
        last_turn_at=now,
        state=begin(request.channel, request.settings.languages[0] if request.settings.languages else "en"),
    )


async def _again(desk: Desk, request: TurnRequest, call: Call) -> Answer | None:
    """The call was answered before. A repetition gets the same greeting; a call that comes back gets its latest question."""
    first = await answer_before(desk, request.key)
    comes_back = first is None or (call.turn > 1 and bool(request.token) and request.token != first.token)
    known = await answer_before(desk, InboxKey(f"voice:{call.call_id}:{call.turn - 1}")) if comes_back else first
    if known is None:
        return None
    desk.counters.duplicate()
    return known.answer
