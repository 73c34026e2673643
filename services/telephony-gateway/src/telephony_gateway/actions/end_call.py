"""Ends a call that the caller left, or that nothing was heard of any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from common.contracts.tenants import TenantSettings
from common.observability.logs import get_logger
from common.storage import StoreBusy, StoreUnavailable
from receptionist.dialogue.heard import HungUp
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.actions.report_end import report_end
from telephony_gateway.actions.report_silent_threads import report_silent_threads
from telephony_gateway.actions.store_turn import answer_before, commit_turn, store_turn
from telephony_gateway.domain.call import Call, HangUp, OverCall
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import CallId, InboxKey, TenantId
from telephony_gateway.domain.turn import Answer, InboxEntry, TurnWrites

_TRIES = 4
_BATCH = 100
_PRUNED = 2_000
_ANSWERS_KEPT = timedelta(days=30)
"""Longer than anybody repeats a webhook."""
_TURN_IS_OVER = timedelta(seconds=2)
"""Whoever took the latest turn tells its end in the same commit, where it can."""
_log = get_logger("telephony-gateway")
NO_CONTENT = Answer(body=b"")


async def end_call(
    desk: Desk,
    call_id: CallId,
    settings: TenantSettings | None,
    *,
    key: InboxKey,
    token: str = "",
    duration: timedelta | None = None,
    guess: Call | None = None,
) -> bool:
    """What was left open becomes promises and texts, and `call.ended` is told once. False when there is no such call.

    Raises `StoreUnavailable` while the store is away: what was said in the call isn't known then.
    """
    for _ in range(_TRIES):
        call = guess or await desk.calls.load(call_id)
        guess = None
        if call is None:
            return False
        if call.reported:
            return True
        draft = TurnDraft(call, key=key, token=token, heard="", now=desk.clock.now())
        if settings is not None and call.ended_at is None:
            draft.take(desk.engine(call.state, HungUp(), draft.now, desk.profile(settings)))
        draft.end("hung_up")
        draft.close_silently()
        if not await report_end(desk, draft, settings, duration=duration):
            raise StoreUnavailable("its transcript can't be read")
        # Not into the journal: what another gateway knows of this call may be newer than what is known here.
        if await commit_turn(desk, draft.writes(NO_CONTENT)):
            return True
        if await answer_before(desk, key) is not None:
            return True
    return True


async def hang_up(
    desk: Desk,
    call_id: CallId,
    settings: TenantSettings | None,
    *,
    key: InboxKey,
    token: str = "",
    duration: timedelta | None = None,
    guess: Call | None = None,
) -> bool:
    """The provider tells that a call is over: `end_call`. While the store is away, and until all turns that were taken without it
    are there, this is noted; the sweep ends the call once none of its turns is missing.

    Raises `JournalUnavailable` when it can't be noted anywhere.
    """
    if desk.replays.settled:
        try:
            return await end_call(desk, call_id, settings, key=key, token=token, duration=duration, guess=guess)
        except (StoreUnavailable, StoreBusy) as error:
            _log.warning("hang_up_noted", cause=error.slug)
    _alarm(desk, settings, key=key, guess=guess)
    now = desk.clock.now()
    seconds = None if duration is None else round(duration.total_seconds())
    writes = TurnWrites(
        tenant_id=TenantId(settings.tenant_id if settings is not None else ""),
        at=now,
        inbox=InboxEntry(key=key, token=token, answer=NO_CONTENT),
        hang_up=HangUp(call_id=call_id, at=now, duration_s=seconds),
    )
    await store_turn(desk, writes)
    return True


def _alarm(desk: Desk, settings: TenantSettings | None, *, key: InboxKey, guess: Call | None) -> None:
    """Whoever hung up in an emergency doesn't wait for the store."""
    if settings is None or guess is None or guess.ended_at is not None:
        return
    draft = TurnDraft(guess, key=key, token="", heard="", now=desk.clock.now())
    draft.take(desk.engine(guess.state, HungUp(), draft.now, desk.profile(settings)))
    if draft.alerts:
        desk.bell.alarm(draft.alerts)


async def end_silent_calls(desk: Desk, *, silent_for_s: float, limit: int = _BATCH) -> int:
    """Ends and reports calls whose end nobody told us; returns how many."""
    since = desk.clock.now() - timedelta(seconds=silent_for_s)
    calls = await desk.calls.unreported(silent_since=since, limit=limit)
    return await _end_all(desk, [OverCall(call=call) for call in calls])


async def report_over_calls(desk: Desk, *, limit: int = _BATCH) -> int:
    """Ends and reports calls that were over while the store was away, once nothing of them is missing; returns how many."""
    return await _end_all(desk, await desk.calls.over(before=desk.clock.now() - _TURN_IS_OVER, limit=limit))


async def _end_all(desk: Desk, calls: Sequence[OverCall]) -> int:
    ended = 0
    for over in calls:
        call = over.call
        key = InboxKey(f"sweep:{call.call_id}:{call.version}")
        settings = desk.copies.tenant(call.tenant_id)
        try:
            await end_call(desk, call.call_id, settings, key=key, duration=_lasted(over), guess=call)
        except (StoreUnavailable, StoreBusy, JournalUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - one call that can't be ended must not keep all others open
            _log.error("call_not_ended", call_id=call.call_id, exc_info=error)
        else:
            ended += 1
    return ended


def _lasted(over: OverCall) -> timedelta | None:
    """The provider's word; else until the latest turn of a call that nobody ended."""
    if over.duration_s is not None:
        return timedelta(seconds=over.duration_s)
    return None if over.call.ended_at is not None else over.call.last_turn_at - over.call.started_at


async def keep_sweeping(
    desk: Desk, *, silent_for_s: float, threads_after_s: float, journal_drains: bool = True, every_s: float
) -> None:
    """Ends silent calls, reports threads in which nothing was said for `threads_after_s`, and forgets old answers.

    Runs for ever; while the store is away it waits, and while turns stand in a journal that somebody empties (`journal_drains`).
    """
    more = False
    while True:
        await asyncio.sleep(0.1 if more else every_s)
        try:
            if journal_drains and await _waits(desk):
                # The latest turns of a call may wait there: it is not silent.
                continue
            ended = await report_over_calls(desk) if desk.replays.settled else 0
            ended += await end_silent_calls(desk, silent_for_s=silent_for_s)
            ended += await report_silent_threads(desk, silent_for_s=threads_after_s)
            pruned = await desk.calls.prune(before=desk.clock.now() - _ANSWERS_KEPT, limit=_PRUNED)
        except (StoreUnavailable, StoreBusy, JournalUnavailable):
            more = False
        else:
            more = ended >= _BATCH or pruned >= _PRUNED


async def _waits(desk: Desk) -> bool:
    try:
        return bool(await desk.journal.oldest(limit=1))
    except JournalUnavailable:
        # A disk that is gone must not keep all calls open.
        return False
