"""How a conversation ends: politely, with what was promised, and never silently."""

from __future__ import annotations

from receptionist.dialogue import emergency, promises
from receptionist.dialogue.effects import CallbackReason, EndConversation, EndReason, SendText
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.phrasing import phrase


def goodbye(turn: Turn) -> Outcome:
    """The caller is done."""
    turn.say("goodbye", business=turn.tenant.name)
    return close(turn, turn.state.outcome)


def leave(turn: Turn) -> Outcome:
    """The caller says goodbye in the middle of something, which is left undone, and they are told so."""
    if turn.state.goal == "book":
        turn.say("not_booked")
    elif turn.state.goal in ("reschedule", "cancel"):
        turn.say("unchanged")
    return goodbye(turn)


def close(turn: Turn, reason: EndReason, *, billable: bool = True) -> Outcome:
    """Ends after what has been said."""
    turn.set(ended=True, question="none", waiting=None, goal="none", outcome=reason)
    turn.expects = None
    turn.do(EndConversation(reason=reason, billable=billable))
    return "asked"


def transferred(turn: Turn, *, talked: bool) -> Outcome:
    """The caller is back from the attempt to reach the owner."""
    if not talked:
        turn.say("transfer.nobody", owner=turn.owner)
        return promises.start(turn, "person")
    if turn.state.outcome == "nothing":
        turn.set(outcome="answered")
    return goodbye(turn)


def spam(turn: Turn) -> Outcome:
    """A sales call: nobody is alerted, nothing is billed."""
    turn.say("goodbye.spam")
    return close(turn, "spam", billable=False)


def wrong_number(turn: Turn) -> Outcome:
    """They meant somebody else."""
    turn.say("goodbye.wrong_number", business=turn.tenant.name)
    return close(turn, "wrong_number", billable=False)


def give_up(turn: Turn, reason: CallbackReason) -> Outcome:
    """The assistant gets no further: somebody calls back, if there is a number to call."""
    silent = reason == "silent"
    if not turn.state.phone:
        turn.say("goodbye.silent" if silent else "goodbye.trouble_no_number")
        return close(turn, "silent" if silent and turn.state.outcome == "nothing" else turn.state.outcome)
    promises.promise(turn, reason)
    key = "goodbye.silent_promise" if silent else "goodbye.trouble"
    turn.say(key, owner=turn.owner, by=promises.deadline(turn))
    return close(turn, turn.state.outcome)


def hung_up(turn: Turn) -> None:
    """The caller left: what was begun is not forgotten. Says nothing, for nobody listens."""
    state = turn.state
    if state.ended:
        return
    emergency.raise_unnamed(turn)
    if state.goal in ("book", "reschedule") and state.channel == "voice" and state.phone:
        if turn.tenant.capabilities.texting:
            text = phrase(state.lang, "text.cut_off", business=turn.tenant.name)
            turn.do(SendText(to=state.phone, text=text, kind="cut_off", lang=state.lang))
        elif state.promised is None:
            promises.promise(turn, "booking")
    elif state.goal == "callback" and state.offer is not None and state.promised is None and state.phone:
        promises.promise(turn, state.offer)
    close(turn, turn.state.outcome)
    turn.fragments.clear()
