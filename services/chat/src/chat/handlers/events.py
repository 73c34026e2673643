"""What happened elsewhere (`chat.calls.critical`). Events may come twice, late and in any order."""

from __future__ import annotations

from chat.actions.book_appointment import book_appointment
from chat.actions.change_appointment import change_appointment
from chat.actions.plan_texts import plan_follow_up
from chat.actions.promise_callback import promise_callback
from chat.actions.record_call import record_call_end, record_call_start, record_question
from chat.actions.record_emergency import record_emergency
from chat.actions.record_message import record_message
from chat.actions.remember_customer import remember_customer
from chat.domain.callback import Callback, CallbackId
from chat.domain.conversation import Emergency, TextMessage
from chat.domain.customer import Introduction
from chat.domain.received import in_utc, key_of
from chat.handlers.means import Means
from chat.handlers.requests import change_request, tenant_of, visit_request
from chat.ports import Transaction
from common.contracts.gateway import (
    AppointmentChangeRequested,
    AppointmentRequested,
    CallbackPromised,
    CallEnded,
    CallerIdentified,
    CallStarted,
    EmergencyAcknowledged,
    EmergencyDetected,
    MessageReceived,
    MessageSent,
    QuestionUnanswered,
)
from common.messaging.inbox import Handlers, Received


class CallEvents:
    """One method for each event."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def handlers(self) -> Handlers[Transaction]:
        """For the queue of calls."""
        handlers: Handlers[Transaction] = Handlers()
        return (
            handlers.on(CallStarted, self.call_started)
            .on(CallEnded, self.call_ended)
            .on(MessageReceived, self.message_received)
            .on(MessageSent, self.message_sent)
            .on(AppointmentRequested, self.appointment_requested)
            .on(AppointmentChangeRequested, self.change_requested)
            .on(CallbackPromised, self.callback_promised)
            .on(EmergencyDetected, self.emergency_detected)
            .on(EmergencyAcknowledged, self.emergency_acknowledged)
            .on(CallerIdentified, self.caller_identified)
            .on(QuestionUnanswered, self.question_unanswered)
        )

    async def call_started(self, tx: Transaction, event: Received[CallStarted]) -> None:
        """The beginning of a call's evidence."""
        key_of(event.data.call_id)
        await record_call_start(tx, tenant_of(event.envelope), event.data)

    async def call_ended(self, tx: Transaction, event: Received[CallEnded]) -> None:
        """The transcript, and what is planned for a caller who left without what they wanted."""
        key_of(event.data.call_id)
        tenant_id = tenant_of(event.envelope)
        await record_call_end(tx, tenant_id, event.data)
        await plan_follow_up(tx, tenant_id, event.data, self._means.occasion(event.envelope))

    async def message_received(self, tx: Transaction, event: Received[MessageReceived]) -> None:
        """A text from a customer."""
        text = event.data
        message = TextMessage(
            id=key_of(text.message_id),
            tenant_id=tenant_of(event.envelope),
            phone=text.sender_phone,
            direction="in",
            body=text.body,
            purpose="",
            at=text.received_at,
        )
        occasion = self._means.occasion(event.envelope)
        await record_message(tx, message, dialled_phone=text.dialled_phone, occasion=occasion)

    async def message_sent(self, tx: Transaction, event: Received[MessageSent]) -> None:
        """A text to a customer."""
        text = event.data
        message = TextMessage(
            id=key_of(text.message_id),
            tenant_id=tenant_of(event.envelope),
            phone=text.recipient_phone,
            direction="out",
            body=text.body,
            purpose=text.purpose,
            at=text.sent_at,
        )
        await record_message(tx, message, dialled_phone="", occasion=self._means.occasion(event.envelope))

    async def appointment_requested(self, tx: Transaction, event: Received[AppointmentRequested]) -> None:
        """A wish for a visit; the query with the same id may have been answered already."""
        means, envelope = self._means, event.envelope
        decided = await book_appointment(
            tx, means.tenants, tenant_of(envelope), visit_request(event.data), means.occasion(envelope)
        )
        if decided.fresh:
            means.metrics.decided(decided.decision.outcome)

    async def change_requested(self, tx: Transaction, event: Received[AppointmentChangeRequested]) -> None:
        """A wish to move or cancel a visit; likewise."""
        means, envelope = self._means, event.envelope
        decided = await change_appointment(
            tx, tenant_of(envelope), change_request(event.data), means.occasion(envelope)
        )
        if decided.fresh:
            means.metrics.decided(decided.decision.outcome)

    async def callback_promised(self, tx: Transaction, event: Received[CallbackPromised]) -> None:
        """Somebody was told that the owner calls back."""
        told = event.data
        await promise_callback(
            tx,
            Callback(
                id=CallbackId(key_of(told.callback_id)),
                tenant_id=tenant_of(event.envelope),
                call_id=key_of(told.call_id),
                channel=told.channel,
                reason=told.reason,
                phone=told.phone,
                name=told.name,
                message=told.message,
                language=told.language,
                promised_at=in_utc(told.promised_at),
                due_at=in_utc(told.due_at),
                recording_url=told.recording_url,
            ),
        )

    async def emergency_detected(self, tx: Transaction, event: Received[EmergencyDetected]) -> None:
        """An alarm; the gateway alerts."""
        alarm = event.data
        await record_emergency(
            tx,
            Emergency(
                alert_id=key_of(alarm.alert_id),
                tenant_id=tenant_of(event.envelope),
                call_id=key_of(alarm.call_id),
                channel=alarm.channel,
                category=alarm.category,
                phone=alarm.caller_phone,
                summary=alarm.summary,
                detected_at=in_utc(alarm.detected_at),
            ),
        )

    async def emergency_acknowledged(self, tx: Transaction, event: Received[EmergencyAcknowledged]) -> None:
        """Somebody took it."""
        told = event.data
        await record_emergency(
            tx,
            Emergency(
                alert_id=key_of(told.alert_id),
                tenant_id=tenant_of(event.envelope),
                acknowledged_by=told.acknowledged_by,
                acknowledged_at=in_utc(told.acknowledged_at),
            ),
        )

    async def caller_identified(self, tx: Transaction, event: Received[CallerIdentified]) -> None:
        """What a caller said of themselves."""
        told = event.data
        introduction = Introduction(
            phone=told.phone,
            name=told.name,
            address=told.address,
            language=told.language,
            said_at=told.identified_at,
        )
        await remember_customer(tx, tenant_of(event.envelope), introduction, self._means.occasion(event.envelope))

    async def question_unanswered(self, tx: Transaction, event: Received[QuestionUnanswered]) -> None:
        """A gap in the tenant's knowledge."""
        key_of(event.data.question_id)
        await record_question(tx, tenant_of(event.envelope), event.data)
