"""Tells everybody that a call is over, once, with its whole transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import msgspec

from common.contracts.gateway import CallEnded, TranscriptLine
from common.contracts.tenants import TenantSettings
from common.storage import StoreBusy, StoreUnavailable
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.draft import TurnDraft
from telephony_gateway.domain.outcome import is_billable, outcome_of
from telephony_gateway.domain.turn import Evidence

_TRANSCRIPT_BYTES: Final = 200_000
"""What a transcript may take of the 256 KiB that the bus carries."""
_CUTS: Final = (1_000, 500, 200, 100)
"""Characters of a line, where whole lines are too much together."""
_LINES_KEPT: Final = 100
"""At each end of a transcript that is too much even so; a line of 100 characters has at most 950 bytes."""
_ENCODER: Final = msgspec.json.Encoder()


async def report_end(
    desk: Desk, draft: TurnDraft, settings: TenantSettings | None, *, duration: timedelta | None = None
) -> bool:
    """Adds `call.ended` to a closed draft of an ended call. False without the store: the transcript isn't known then, and the
    sweep reports later.

    `duration` is the provider's; else it is the time since the call was answered.
    """
    call = draft.call
    # A thread ended with its latest text, however long nobody was sure.
    ended_at = call.last_turn_at if call.channel == "sms" else call.ended_at or draft.now
    try:
        told = list(await desk.calls.timeline(call.call_id))
    except (StoreUnavailable, StoreBusy):
        return False
    if draft.speaks:
        last = draft.evidence
        told = [line for line in told if line.turn != last.turn] + [last]
    if call.channel == "sms":
        told = [line for line in told if line.at >= call.started_at]
    lasted = max(timedelta(0), duration if duration is not None else ended_at - call.started_at)
    contacts = frozenset(contact.phone for contact in settings.contacts) if settings is not None else frozenset[str]()
    draft.emit(
        CallEnded(
            call_id=call.name,
            channel=call.channel,
            caller_phone=call.caller_phone or None,
            dialled_phone=call.dialled_phone,
            started_at=call.started_at,
            ended_at=ended_at,
            duration_s=round(lasted.total_seconds()),
            outcome=outcome_of(call),
            tier=call.tier,
            language=call.state.lang,
            billable=is_billable(call, lasted, contacts),
            transcript=transcript_of(told),
            wants_visit=call.state.wants_visit,
        ),
        # Each stretch of a thread that went on is told anew; calls end once.
        f"ended:{call.turn}" if call.channel == "sms" else "ended",
    )
    # Only now: what could not be told must be told by the sweep.
    draft.call = replace(draft.call, reported=True)
    return True


def transcript_of(told: Sequence[Evidence]) -> tuple[TranscriptLine, ...]:
    """Every line whole, where the bus carries that much; else the lines are cut, and at last those in the middle left out."""
    lines = tuple(_line(line) for line in told)
    for limit in _CUTS:
        if len(_ENCODER.encode(lines)) <= _TRANSCRIPT_BYTES:
            return lines
        lines = tuple(msgspec.structs.replace(line, heard=line.heard[:limit], said=line.said[:limit]) for line in lines)
    return lines if len(lines) <= 2 * _LINES_KEPT else (*lines[:_LINES_KEPT], *lines[-_LINES_KEPT:])


def _line(evidence: Evidence) -> TranscriptLine:
    return TranscriptLine(
        turn=evidence.turn,
        at=evidence.at,
        heard=evidence.heard,
        said=evidence.said,
        tier=evidence.tier,
        degraded_by=evidence.degraded_by,
    )
