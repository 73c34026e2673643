"""A turn in the making: the engine's effects collected as what will be committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from common.contracts.base import Contract
from common.contracts.gateway import (
    AppointmentChangeRequested,
    AppointmentRequested,
    CallbackPromised,
    CallerIdentified,
    EmergencyDetected,
    QuestionUnanswered,
)
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
from telephony_gateway.domain import ids
from telephony_gateway.domain.alert import AlertUpdate, NewAlert
from telephony_gateway.domain.call import Call, EndedBy, OpenTurn, Tier, worse
from telephony_gateway.domain.ids import InboxKey
from telephony_gateway.domain.phone import e164
from telephony_gateway.domain.text import NewText
from telephony_gateway.domain.turn import Answer, Evidence, InboxEntry, Outgoing, TurnWrites
from telephony_gateway.domain.words import MAX_SHORT, keepable, tidy

_TEXT_USEFUL_FOR: Final = timedelta(hours=12)
_NOT_ANSWERED: Final = Answer(body=b"")


class TurnDraft:
    """One turn of one conversation. Mutable while the turn is worked on; `writes` is what to commit at that moment."""

    def __init__(self, call: Call, *, key: InboxKey, token: str, heard: str, now: datetime) -> None:
        self.call = call
        """The conversation as the last commit left it; its `state` is the engine's newest."""
        self.key = key
        self.token = token
        self.heard = heard
        self.now = now
        self.said: list[Fragment] = []
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
        return Evidence(
            turn=self.call.turn - 1,
            at=self.now,
            heard=keepable(self.heard),
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
        match effect:
            case BookVisit():
                self.emit(self.request_of(effect), f"booking:{effect.booking}")
                return effect
            case RescheduleVisit() | CancelVisit():
                self.emit(self.change_of(effect), f"change:{self.call.turn}")
                return effect
            case FindSlots() | RequestProof() | TransferToOwner():
                return effect
            case AlertOwner():
                self._alert(effect)
            case UpdateAlert():
                self._updates.append(
                    AlertUpdate(
                        call_id=self.call.name,
                        phone=e164(effect.phone),
                        name=tidy(effect.name, MAX_SHORT),
                        address=tidy(effect.address, MAX_SHORT),
                        at=self.now,
                    )
                )
            case PromiseCallback():
                self._promise(effect)
            case SendText():
                self._text(effect)
            case RememberCustomer():
                self._remember(effect)
            case NoteQuestion():
                self.emit(
                    QuestionUnanswered(
                        question_id=f"{self.call.name}-q{self.call.version}-{len(self._outgoing)}",
                        call_id=self.call.name,
                        channel=self.call.channel,
                        topic=effect.topic,
                        question=tidy(effect.question),
                        language=effect.lang,
                        asked_at=self.now,
                    ),
                    "question",
                    repeats=True,
                )
            case EndConversation():
                self.call = replace(
                    self.call,
                    ended_at=self.now,
                    ended_by=effect.reason,
                    billable=self.call.billable and effect.billable,
                )
            case _:
                assert_never(effect)
        return None

    def request_of(self, visit: BookVisit) -> AppointmentRequested:
        """The request for a visit, as it is published."""
        return AppointmentRequested(
            booking_id=ids.booking_id(self.call.name, visit.booking),
            call_id=self.call.name,
            channel=self.call.channel,
            customer_name=tidy(visit.name, MAX_SHORT),
            customer_phone=e164(visit.phone) or self.call.caller_phone,
            address=tidy(visit.address, MAX_SHORT),
            language=visit.lang,
            service=visit.service_id,
            notes=tidy(visit.problem),
            starts_at=visit.slot.start,
            ends_at=visit.slot.end,
            emergency=visit.urgent,
            requested_at=self.now,
        )

    def change_of(self, change: RescheduleVisit | CancelVisit) -> AppointmentChangeRequested:
        """The request for a move or a cancellation, as it is published."""
        slot = change.slot if isinstance(change, RescheduleVisit) else None
        return AppointmentChangeRequested(
            change_id=ids.change_id(self.call.name, self.call.turn),
            call_id=self.call.name,
            appointment_id=change.visit_id,
            change="cancel" if slot is None else "move",
            starts_at=None if slot is None else slot.start,
            ends_at=None if slot is None else slot.end,
            requested_at=self.now,
        )

    def _alert(self, effect: AlertOwner) -> None:
        alert = ids.alert_id(self.call.name, effect.alert, effect.category)
        phone = e164(effect.phone) or self.call.caller_phone
        self.urgent = True
        self._alerts.append(
            NewAlert(
                alert_id=alert,
                tenant_id=self.call.tenant_id,
                call_id=self.call.name,
                channel=self.call.channel,
                category=effect.category,
                summary=tidy(effect.summary),
                words=keepable(effect.words),
                caller_phone=phone,
                name=tidy(effect.name, MAX_SHORT),
                address=tidy(effect.address, MAX_SHORT),
                lang=effect.lang,
                detected_at=self.now,
            )
        )
        self.emit(
            EmergencyDetected(
                alert_id=alert,
                call_id=self.call.name,
                channel=self.call.channel,
                category=effect.category,
                caller_phone=phone or None,
                summary=tidy(effect.summary),
                detected_at=self.now,
            ),
            f"alert:{effect.alert}",
        )

    def _promise(self, effect: PromiseCallback) -> None:
        self.emit(
            CallbackPromised(
                callback_id=ids.callback_id(self.call.name, effect.callback),
                call_id=self.call.name,
                channel=self.call.channel,
                reason=effect.reason,
                phone=e164(effect.phone) or self.call.caller_phone or None,
                name=tidy(effect.name, MAX_SHORT),
                message=keepable(effect.message),
                language=effect.lang,
                promised_at=self.now,
                due_at=effect.due,
            ),
            # A promise that is made more precise is another message about the same promise.
            f"callback:{effect.callback}",
            repeats=True,
        )

    def _text(self, effect: SendText) -> None:
        to = e164(effect.to)
        if not to:
            return
        self._texts.append(
            NewText(
                text_id=ids.text_id(self.call.name, self.call.version, len(self._texts)),
                tenant_id=self.call.tenant_id,
                call_id=self.call.name,
                from_phone=self.call.dialled_phone,
                to_phone=to,
                body=tidy(effect.text),
                purpose=effect.kind,
                lang=effect.lang,
                created_at=self.now,
                not_after=self.now + _TEXT_USEFUL_FOR,
                wait_for_quiet_hours=effect.kind == "cut_off",
            )
        )

    def _remember(self, effect: RememberCustomer) -> None:
        phone = e164(effect.phone) or self.call.caller_phone
        if not phone:
            return
        self.emit(
            CallerIdentified(
                call_id=self.call.name,
                phone=phone,
                name=tidy(effect.name, MAX_SHORT),
                address=tidy(effect.address, MAX_SHORT),
                language=effect.lang,
                identified_at=self.now,
            ),
            "caller",
            repeats=True,
        )
