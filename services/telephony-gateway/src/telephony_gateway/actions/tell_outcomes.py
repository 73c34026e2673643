"""Text those who were told "we'll text you": the conversation goes on where it stood, now as a text thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from common.contracts.tenants import TenantSettings
from common.observability.logs import get_logger
from common.storage import StoreError
from receptionist.dialogue.effects import MAX_ASKS_PER_TURN
from receptionist.dialogue.heard import BookingResult
from receptionist.dialogue.state import continue_by_text
from receptionist.scheduling.slots import Slot
from telephony_gateway.actions.answer_asking import NO_CHAT, answer_asking
from telephony_gateway.actions.answer_text import thread_id
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.domain.call import Call
from telephony_gateway.domain.ids import InboxKey, TenantId, TextId
from telephony_gateway.domain.late import GIVE_UP_AFTER, LateOutcome, call_of
from telephony_gateway.domain.late_words import words_of
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.turn import Answer, InboxEntry, TurnWrites
from telephony_gateway.ports.late_outcomes import LateOutcomeStore, Settled

_BATCH: Final = 50
_EVERY_S: Final = 1.0
_LEASE: Final = timedelta(seconds=5)
_TURN_IS_OVER: Final = timedelta(seconds=30)
"""No turn takes longer: what is pending by then was never answered."""
_USEFUL_FOR: Final = timedelta(days=2)
_KEPT: Final = timedelta(days=120)
_PRUNE_EVERY_S: Final = 3_600.0
_NOTHING: Final = Answer(body=b"")
_log = get_logger("telephony-gateway")


class OutcomeTeller:
    """Looks after decisions that are a few seconds old. Several replicas share the work."""

    def __init__(self, *, desk: Desk, store: LateOutcomeStore, wake_sender: Callable[[], None]) -> None:
        self._desk = desk
        self._store = store
        self._wake_sender = wake_sender
        self._pruned_at = float("-inf")

    async def run(self) -> None:
        """Works until cancelled. While the store is down it waits."""
        while True:
            try:
                while await self.sweep() >= _BATCH:
                    pass
                await self._prune()
            except StoreError as error:
                _log.warning("outcomes_not_told", slug=error.slug)
            await asyncio.sleep(_EVERY_S)

    async def sweep(self) -> int:
        """Looks at those that are due; returns how many. Raises `StoreError`."""
        if not self._desk.replays.settled:
            # Whether a caller was told already may still be on its way from a journal.
            return 0
        now = self._desk.clock.now()
        outcomes = await self._store.claim(now=now, lease_until=now + _LEASE, limit=_BATCH)
        settled: dict[str, Settled] = {}
        for outcome in outcomes:
            how = await self._look_at(outcome)
            if how is not None:
                settled[outcome.outcome_id] = how
        if settled:
            await self._store.settle(settled)
        return len(outcomes)

    async def _look_at(self, outcome: LateOutcome) -> Settled | None:
        """What became of it; None: look again later."""
        now = self._desk.clock.now()
        conversation = outcome.conversation
        if conversation is None:
            return "not_ours"
        name, number = conversation
        if self._was_told_here(outcome, number):
            return "known"
        settings = self._desk.copies.tenant(outcome.tenant_id)
        call = await self._desk.calls.load(call_of(name))
        if settings is None or call is None or call.tenant_id != outcome.tenant_id:
            return "given_up" if now - outcome.told_at > GIVE_UP_AFTER else None
        if not outcome.phone:
            # Chat knows neither number nor language where it knows no such visit.
            outcome = replace(outcome, phone=call.caller_phone, lang=call.state.lang)
            if not outcome.phone:
                return "given_up"
        if outcome.change_id:
            return await self._after_change(outcome, call, number, settings)
        if call.name != name or number != call.state.bookings:
            return await self._tell(outcome, call, settings)
        if call.state.booking == "pending":
            if now - call.last_turn_at < _TURN_IS_OVER:
                return None
        elif call.state.booking != "requested":
            return "known"
        try:
            return await self._go_on(outcome, call, number, settings)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one conversation that breaks the engine must not hold up the others
            _log.error("outcome_told_plainly", call_id=call.name, exc_info=error)
            return await self._tell(outcome, call, settings)

    def _was_told_here(self, outcome: LateOutcome, number: int) -> bool:
        """True when this very process has said it in the call and stored that: nearly always, and then nothing need be read."""
        if outcome.change_id or outcome.kind != "booked" or outcome.conversation is None:
            return False
        name, _ = outcome.conversation
        call = self._desk.recent.get(call_of(name))
        return (
            call is not None
            and call.name == name
            and call.tenant_id == outcome.tenant_id
            and number == call.state.bookings
            and call.state.booking == "booked"
        )

    async def _after_change(
        self, outcome: LateOutcome, call: Call, turn: int, settings: TenantSettings
    ) -> Settled | None:
        """A move or a cancellation was said in its own turn, unless chat's answer was missed there."""
        if call.open_turn is not None and self._desk.clock.now() - call.last_turn_at < _TURN_IS_OVER:
            return None
        for line in await self._desk.calls.timeline(call.call_id):
            if line.turn == turn and line.tier != "fail_soft" and NO_CHAT not in line.degraded_by.split(","):
                return "known"
        return await self._tell(outcome, call, settings)

    async def _tell(self, outcome: LateOutcome, call: Call, settings: TenantSettings) -> Settled:
        """A text that says it, outside of any conversation."""
        now = self._desk.clock.now()
        text = self._text(outcome, call, settings, words_of(outcome, self._desk.profile(settings), now), now)
        await self._desk.calls.commit(
            TurnWrites(tenant_id=outcome.tenant_id, at=now, inbox=self._inbox(outcome), texts=(text,))
        )
        self._wake_sender()
        return "told"

    async def _go_on(self, outcome: LateOutcome, call: Call, number: int, settings: TenantSettings) -> Settled | None:
        """The engine takes the decision in and says what follows; the caller may answer by text."""
        desk, now = self._desk, self._desk.clock.now()
        thread = call if call.channel == "sms" else await self._thread(outcome, call, now)
        if thread is None:
            return await self._tell(outcome, call, settings)
        draft = TurnDraft(thread, key=self._inbox(outcome).key, token="", heard="", now=now)
        profile = desk.profile(settings)
        asking = draft.take(desk.engine(thread.state, _result(outcome, number), now, profile))
        while asking is not None and draft.asks < MAX_ASKS_PER_TURN:
            draft.asks += 1
            heard = await answer_asking(desk, draft, asking, settings, profile)
            asking = draft.take(desk.engine(draft.call.state, heard, now, profile))
        words = draft.words
        if not words:
            return "known"
        draft.close()
        writes = draft.writes(_NOTHING)
        text = self._text(outcome, call, settings, words, now)
        if not await desk.calls.commit(replace(writes, texts=(*writes.texts, text))):
            # Told before, or the thread moved on meanwhile: the next look decides anew.
            desk.recent.forget(thread.call_id)
            return "told" if await desk.calls.answered(writes.inbox.key) is not None else None
        desk.recent.forget(thread.call_id)
        self._wake_sender()
        return "told"

    async def _thread(self, outcome: LateOutcome, call: Call, now: datetime) -> Call | None:
        """A new episode of the customer's text thread that goes on where the phone call stood; None while they are texting."""
        call_id = thread_id(outcome.tenant_id, outcome.phone)
        known = await self._desk.calls.load(call_id)
        state = continue_by_text(call.state)
        if known is None:
            return Call(
                call_id=call_id,
                tenant_id=call.tenant_id,
                channel="sms",
                caller_phone=outcome.phone,
                dialled_phone=call.dialled_phone,
                provider_call_id=call.provider_call_id,
                started_at=now,
                last_turn_at=now,
                state=state,
            )
        if known.ended_at is None and (now - known.last_turn_at).total_seconds() < self._desk.thread_idle_s:
            return None
        return replace(
            known, state=state, episode=known.episode + 1, started_at=now, tier="full", ended_at=None, ended_by=None
        )

    def _inbox(self, outcome: LateOutcome) -> InboxEntry:
        return InboxEntry(key=InboxKey(f"outcome:{outcome.outcome_id}"), token="", answer=_NOTHING)

    def _text(self, outcome: LateOutcome, call: Call, settings: TenantSettings, words: str, now: datetime) -> NewText:
        numbers = settings.phone_numbers
        return NewText(
            text_id=TextId(f"{outcome.outcome_id}:text"),
            tenant_id=TenantId(settings.tenant_id),
            call_id=call.name,
            from_phone=call.dialled_phone if call.dialled_phone in numbers or not numbers else numbers[0],
            to_phone=outcome.phone,
            body=words,
            purpose={"booked": "confirmation", "rejected": "rejection", "cancelled": "cancellation"}[outcome.kind],
            lang=outcome.lang,
            created_at=now,
            not_after=now + _USEFUL_FOR,
            # They were promised a text and wait for it.
            wait_for_quiet_hours=False,
        )

    async def _prune(self) -> None:
        now = self._desk.clock.monotonic()
        if now - self._pruned_at >= _PRUNE_EVERY_S:
            self._pruned_at = now
            await self._store.prune(before=self._desk.clock.now() - _KEPT)


def _result(outcome: LateOutcome, number: int) -> BookingResult:
    if outcome.kind == "booked" and outcome.starts_at is not None and outcome.ends_at is not None:
        return BookingResult(
            booking=number,
            booking_id=outcome.booking_id,
            outcome="booked",
            slot=Slot(start=outcome.starts_at, end=outcome.ends_at),
        )
    return BookingResult(
        booking=number,
        booking_id=outcome.booking_id,
        outcome="taken",
        alternatives=tuple(Slot(start=start, end=end) for start, end in outcome.alternatives),
    )
