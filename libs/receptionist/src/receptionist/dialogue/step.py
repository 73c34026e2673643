"""The one pure function of the conversation, for voice, texts and web chat alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from receptionist.dialogue.effects import Effect
from receptionist.dialogue.heard import CallStarted, Heard
from receptionist.dialogue.said import NOTHING, Expects, Fragment, Said
from receptionist.dialogue.state import DialogueState
from receptionist.tenant import TenantProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The new state, what is said, and what must happen (in this order; an effect that asks comes last)."""

    state: DialogueState
    said: Said = NOTHING
    effects: tuple[Effect, ...] = ()


def step(state: DialogueState, heard: Heard, now: dt.datetime, tenant: TenantProfile) -> Step:
    """One step of the conversation. Pure; never raises for anything heard. `now` is aware."""
    if isinstance(heard, CallStarted):
        greeting = Fragment(text=f"Thanks for calling {tenant.name}.", lang=state.lang)
        return Step(
            state=replace(state, caller_phone=heard.caller_phone, question="how_can_i_help"),
            said=Said(fragments=(greeting,), expects=Expects(answer="open")),
        )
    return Step(state=state)
