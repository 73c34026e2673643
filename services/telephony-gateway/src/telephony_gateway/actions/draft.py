"""A turn in the making: the engine's effects collected as what will be committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, assert_never

from common.contracts.base import Contract
from receptionist.dialogue.effects import (
    AlertOwner,
    Asking,
    BookVisit,
    CancelVisit,
    Effect,
    EndConversation,
    FindSlots,
    NoteQuestion,
    PromiseCallback,
    RememberCustomer,
    RequestProof,
    RescheduleVisit,
    SendText,
    TransferToOwner,
    UpdateAlert,
)
from receptionist.dialogue.said import Expects, Fragment, Said
from receptionist.dialogue.step import Step
from telephony_gateway.actions.messages import outgoing
from telephony_gateway.actions.tell_effects import (
    alert_of,
    appointment_requested,
    callback_promised,
    caller_identified,
    change_requested,
    emergency_detected,
    question_unanswered,
    text_of,
    update_of,
)
from telephony_gateway.domain.alert import AlertUpdate, NewAlert
from telephony_gateway.domain.call import Call, EndedBy, OpenTurn, Tier, worse
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.turn import Answer, Evidence, InboxEntry, Outgoing, TurnWrites
from telephony_gateway.domain.words import keepable, tidy

_NOT_ANSWERED: Final = Answer(body=b"")


class TurnDraft:
    """One turn of one conversation. Mutable while the turn is worked on; `writes` is what to commit at that moment."""

    def __init__(self, call: Call, *, key: InboxKey, token: str, heard: str, now: datetime) -> None:
        self.call = call
        """The conversation as the last commit left it; its `state` is the engine's newest."""
        self.key = key
        self.token = token
        self.heard = heard
        self._heard_kept: str | None = None
        self.now = now
        self.said: list[Fragment] = []
        self.safety: list[Fragment] = []
        """What was said to keep people safe: it is said whatever becomes of the turn."""
        self.expects: Expects | None = None
        self.degraded: list[str] = []
        self.asks = 0
        self.urgent = False
        """True while an alert waits to be committed."""
        self.speaks = True
        """False where nobody listens any more: then it is no turn, and leaves no line of evidence."""
        self.tier: Tier = "full"
        self._closed = False
        self._outgoing: list[Outgoing] = []
        self._texts: list[NewText] = []
        self._alerts: list[NewAlert] = []
        self._updates: list[AlertUpdate] = []

    @classmethod
    def resumed(cls, call: Call, opened: OpenTurn, *, token: str, now: datetime) -> TurnDraft:
        """The turn of `call` that was committed before it could be answered."""
        draft = cls(replace(call, open_turn=None), key=opened.key, token=token, heard=opened.heard, now=now)
        draft.said = list(opened.said)
        draft.asks = 1
        return draft

    @property
    def ended(self) -> bool:
        """True when the conversation is over."""
        return self.call.ended_at is not None

    @property
    def alerts(self) -> tuple[NewAlert, ...]:
        """Those that wait to be committed."""
        return tuple(self._alerts)

    @property
    def words(self) -> str:
        """Everything said in this turn as one text."""
        return " ".join(fragment.text for fragment in self.said)

    @property
    def spoken(self) -> Said:
        """Everything said in this turn, and what to listen for."""
        return Said(fragments=tuple(self.said), expects=self.expects)

    def degrade(self, part: str) -> None:
        """A part was missed: the turn is of tier `basic`."""
        if part not in self.degraded:
            self.degraded.append(part)

    def take(self, step: Step) -> Asking | None:
        """Takes one step of the engine; returns the effect that asks, if there is one."""
        self.call = replace(self.call, state=step.state)
        if self.call.ended_at is not None and not step.state.ended and self.call.channel == "sms":
            self.call = replace(self.call, ended_at=None, ended_by=None)
        self.said += step.said.fragments
        self.expects = step.said.expects
        alarms = sum(isinstance(effect, AlertOwner) for effect in step.effects)
        # The engine puts what keeps people safe before everything else.
        self.safety += step.said.fragments[:alarms]
        asking: Asking | None = None
        for effect in step.effects:
            asking = self._apply(effect) or asking
        return asking

    def emit(self, contract: Contract, event: str, *, repeats: bool = False) -> None:
        """Adds a message; `event` makes its id within the conversation, with the commit's number where it `repeats`."""
        event_id = f"{self.call.name}:{event}"
        if repeats:
            event_id = f"{event_id}:{self.call.version}:{len(self._outgoing)}"
        self._outgoing.append(
            outgoing(
                contract,
                event_id=event_id,
                tenant=self.call.tenant_id,
                subject=self.call.name,
                at=self.now,
            )
        )

    def pause(self, asking: Asking) -> TurnWrites:
        """What must be stored before `asking`: everything so far, and that it is asked. The draft goes on from there."""
        opened = OpenTurn(
            key=self.key,
            heard=self.heard,
            said=tuple(self.said),
            find=asking if isinstance(asking, FindSlots) else None,
            book=asking if isinstance(asking, BookVisit) else None,
            move=asking if isinstance(asking, RescheduleVisit) else None,
            cancel=asking if isinstance(asking, CancelVisit) else None,
        )
        self.call = replace(self.call, version=self.call.version + 1, last_turn_at=self.now, open_turn=opened)
        inbox = InboxEntry(key=InboxKey(f"{self.key}+{self.call.version}"), token=self.token, answer=_NOT_ANSWERED)
        return self._writes(inbox, None)

    def after_pause(self) -> None:
        """What `pause` returned is stored: it is not written again."""
        self.call = replace(self.call, open_turn=None)
        self._outgoing.clear()
        self._texts.clear()
        self._alerts.clear()
        self._updates.clear()
        self.urgent = False

    def end(self, reason: EndedBy) -> None:
        """The conversation is over, for this reason unless it had ended before."""
        if self.call.ended_at is None:
            self.call = replace(self.call, ended_at=self.now, ended_by=reason)

    def close(self) -> None:
        """The turn is worked out: counts it and notes how well it was served. What is committed next is final."""
        self._closed = True
        self.tier = "basic" if self.degraded else "full"
        self.call = replace(
            self.call,
            # A thread that goes on has another end to tell.
            reported=self.call.reported and self.call.channel != "sms",
            version=self.call.version + 1,
            turn=self.call.turn + 1,
            last_turn_at=self.now,
            tier=worse(self.call.tier, self.tier),
            open_turn=None,
        )

    def fail(self, cause: str, said: Fragment) -> None:
        """Closes it with an apology instead of what it had to say. What it found out until now stays in it."""
        self.degrade(cause)
        self.said = [said]
        self.expects = None
        if not self._closed:
            self.close()
        self.tier = "fail_soft"
        self.call = replace(self.call, tier="fail_soft")

    def close_silently(self) -> None:
        """As `close`, where nothing was asked and nothing is answered."""
        self.speaks = False
        self.said.clear()
        self.call = replace(self.call, version=self.call.version + 1, open_turn=None)

    @property
    def evidence(self) -> Evidence:
        """The closed turn's line."""
        if self._heard_kept is None:
            # Once: of long words, masking is the dearest part of a turn.
            self._heard_kept = keepable(self.heard)
        return Evidence(
            turn=self.call.turn - 1,
            at=self.now,
            heard=self._heard_kept,
            said=tidy(self.words),
            tier=self.tier,
            degraded_by=",".join(self.degraded),
        )

    def writes(self, answer: Answer, also: Sequence[Outgoing] = ()) -> TurnWrites:
        """What to commit when the turn is closed; `also` are messages about the request itself."""
        inbox = InboxEntry(key=self.key, token=self.token, answer=answer)
        return self._writes(inbox, self.evidence if self.speaks else None, also)

    def _writes(self, inbox: InboxEntry, evidence: Evidence | None, also: Sequence[Outgoing] = ()) -> TurnWrites:
        return TurnWrites(
            tenant_id=self.call.tenant_id,
            at=self.now,
            inbox=inbox,
            call=self.call,
            evidence=evidence,
            outgoing=(*self._outgoing, *also),
            texts=tuple(self._texts),
            alerts=tuple(self._alerts),
            updates=tuple(self._updates),
        )

    def _apply(self, effect: Effect) -> Asking | None:
        call, now = self.call, self.now
        match effect:
            case BookVisit():
                self.emit(appointment_requested(call, effect, now), f"booking:{effect.booking}")
                return effect
            case RescheduleVisit() | CancelVisit():
                self.emit(change_requested(call, effect, now), f"change:{call.turn}")
                return effect
            case FindSlots() | RequestProof() | TransferToOwner():
                return effect
            case AlertOwner():
                alert = alert_of(call, effect, now)
                self._alerts.append(alert)
                self.emit(emergency_detected(alert), f"alert:{effect.alert}")
                self.urgent = True
            case UpdateAlert():
                self._updates.append(update_of(call, effect, now))
            case PromiseCallback():
                # A promise that is made more precise is another message about the same promise.
                self.emit(callback_promised(call, effect, now), f"callback:{effect.callback}", repeats=True)
            case SendText():
                text = text_of(call, effect, len(self._texts), now)
                if text is not None:
                    self._texts.append(text)
            case RememberCustomer():
                identified = caller_identified(call, effect, now)
                if identified is not None:
                    self.emit(identified, "caller", repeats=True)
            case NoteQuestion():
                self.emit(question_unanswered(call, effect, len(self._outgoing), now), "question", repeats=True)
            case EndConversation():
                self.call = replace(
                    call, ended_at=now, ended_by=effect.reason, billable=call.billable and effect.billable
                )
            case _:
                assert_never(effect)
        return None
