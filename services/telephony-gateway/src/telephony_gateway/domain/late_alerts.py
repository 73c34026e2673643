"""What a commit that comes late says of alerts: less than the conversation that has gone on without it."""

from __future__ import annotations

from dataclasses import replace

from receptionist.dialogue.state import DialogueState
from telephony_gateway.domain.alert import AlertUpdate
from telephony_gateway.domain.ids import CallId
from telephony_gateway.domain.phone import e164
from telephony_gateway.domain.turn import TurnWrites
from telephony_gateway.domain.words import MAX_SHORT, tidy


def updated_by(writes: TurnWrites, name: CallId, state: DialogueState) -> TurnWrites:
    """`writes` of an older turn, its alerts told by the newer `state` of the conversation `name`.

    Out of a journal, turns come behind younger ones: an address that was corrected since must not come back, and an alert that
    comes behind the turn in which the address was said must have it.
    """
    alerting = writes.alerts or writes.alerts_as_of or writes.updates
    if writes.call is None or writes.call.name != name or not alerting:
        return writes
    update = AlertUpdate(
        call_id=name,
        phone=e164(state.phone),
        name=tidy(state.facts.name, MAX_SHORT),
        address=tidy(state.facts.address, MAX_SHORT),
        at=writes.at,
    )
    return replace(writes, updates=(update,))
