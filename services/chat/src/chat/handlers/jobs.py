"""Jobs whose time has come (`chat.jobs.critical`): what was planned is looked at again, and done if it is still right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar

from chat.actions.announce import Occasion
from chat.actions.follow_up_caller import follow_up_caller
from chat.actions.known_tenants import UnknownTenant
from chat.actions.remind_of_visit import remind_of_visit
from chat.actions.sum_up_morning import sum_up_morning
from chat.actions.text_lapsed_customer import text_lapsed_customer
from chat.domain.appointment import AppointmentId
from chat.domain.automation import FOLLOW_UP, REMINDER, RETENTION, SUMMARY, DueOutcome
from chat.domain.conversation import ConversationId
from chat.domain.customer import CustomerId
from chat.domain.received import in_utc, key_of
from chat.domain.tenant import Tenant
from chat.handlers.means import Means
from chat.handlers.requests import tenant_of
from chat.ports import Transaction
from common.contracts.jobs import JobDue
from common.errors import SuiteError
from common.messaging.inbox import Handlers, Received
from common.observability.logs import get_logger


class UnfitPayload(SuiteError):
    """A job's payload lacks what its kind needs."""

    slug: ClassVar[str] = "unfit-payload"
    status = 400


class DueJobs:
    """Acts on jobs of the kinds that chat asked for, and on the owner's summary."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._log = get_logger("chat")

    def handlers(self) -> Handlers[Transaction]:
        """For the queue of jobs."""
        handlers: Handlers[Transaction] = Handlers()
        return handlers.on(JobDue, self.due)

    async def due(self, tx: Transaction, event: Received[JobDue]) -> None:
        """The event goes to whoever listens: a kind that we don't know is somebody else's, or of a newer version of us.

        Raises `UnknownTenant`, `UnfitKey` or `UnfitPayload`.
        """
        job = event.data
        if job.kind not in {REMINDER, FOLLOW_UP, RETENTION, SUMMARY}:
            self._log.info("job_kind_unknown", kind=job.kind, job_id=job.job_id)
            self._means.metrics.due("other", "unknown_kind")
            return
        tenant = await tx.tenant(tenant_of(event.envelope))
        if tenant is None:
            raise UnknownTenant
        outcome = await _act(tx, tenant, job, self._means.occasion(event.envelope))
        self._log.info("job_due", kind=job.kind, job_id=job.job_id, outcome=outcome)
        self._means.metrics.due(job.kind, outcome)


async def _act(tx: Transaction, tenant: Tenant, job: JobDue, occasion: Occasion) -> DueOutcome:
    match job.kind:
        case "appointment.reminder":
            starts_at = _moment_in(job.payload, "starts_at")
            return await remind_of_visit(
                tx, tenant, AppointmentId(_id_in(job.payload, "appointment_id")), starts_at, occasion
            )
        case "lead.follow_up":
            return await follow_up_caller(tx, tenant, ConversationId(_id_in(job.payload, "call_id")), occasion)
        case "retention.text":
            return await text_lapsed_customer(tx, tenant, CustomerId(_id_in(job.payload, "customer_id")), occasion)
        case _:
            return await sum_up_morning(tx, tenant, _day_in(job.payload, "date"), occasion)


def _id_in(payload: Mapping[str, str], name: str) -> str:
    return key_of(payload.get(name, ""))


def _moment_in(payload: Mapping[str, str], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(payload.get(name, ""))
    except ValueError as error:
        raise UnfitPayload(name) from error
    if moment.tzinfo is None:
        raise UnfitPayload(name)
    return in_utc(moment)


def _day_in(payload: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(payload.get(name, ""))
    except ValueError as error:
        raise UnfitPayload(name) from error
