"""Adds a recorded message to the promise that a fail-soft document made."""

from __future__ import annotations

from dataclasses import dataclass

from common.contracts.gateway import CallbackPromised
from common.contracts.tenants import TenantSettings
from receptionist.scheduling.hours import after_open_minutes
from receptionist.understanding.text import Lang
from telephony_gateway.actions.desk import Desk
from telephony_gateway.actions.fail_softly import soft_callback_id
from telephony_gateway.actions.messages import outgoing
from telephony_gateway.actions.store_turn import answer_before, store_turn
from telephony_gateway.domain.ids import CallId, InboxKey, TenantId
from telephony_gateway.domain.phrases import PHRASES
from telephony_gateway.domain.turn import Answer, InboxEntry, TurnWrites


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A voicemail as Twilio tells of it."""

    recording_id: str
    token: str = ""
    url: str
    call_id: CallId
    settings: TenantSettings
    caller_phone: str
    lang: Lang


async def keep_recording(desk: Desk, recording: Recording) -> Answer:
    """Thanks the caller. Raises what `store_turn` raises."""
    now = desk.clock.now()
    key = InboxKey(f"recording:{recording.recording_id}")
    due = after_open_minutes(desk.profile(recording.settings), now, recording.settings.callback_promise_minutes)
    tenant = TenantId(recording.settings.tenant_id)
    promise = CallbackPromised(
        callback_id=soft_callback_id(recording.call_id),
        call_id=recording.call_id,
        channel="voice",
        reason="message",
        phone=recording.caller_phone or None,
        name="",
        message="",
        language=recording.lang,
        promised_at=now,
        due_at=due,
        recording_url=recording.url,
    )
    answer = Answer(body=desk.renderer.words(PHRASES[recording.lang].message_taken, lang=recording.lang))
    writes = TurnWrites(
        tenant_id=tenant,
        at=now,
        inbox=InboxEntry(key=key, token=recording.token, answer=answer),
        outgoing=(outgoing(promise, event_id=key, tenant=tenant, subject=recording.call_id, at=now),),
    )
    if await store_turn(desk, writes) == "repeated":
        known = await answer_before(desk, key)
        return known.answer if known is not None else answer
    return answer
