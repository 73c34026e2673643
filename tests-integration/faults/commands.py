"""Services that want things done: each command is committed to chat's outbox, as chat itself would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from common.contracts.base import Contract
from common.contracts.chat import TenantChanged
from common.contracts.gateway import SendSms
from common.contracts.jobs import SendEmail, SubmitJob
from common.contracts.tenants import Contact, TenantSettings, WeekHours
from common.messaging.compose import message_of
from common.messaging.postgres_store import PostgresMessagingStore, PostgresTransaction
from common.storage import StoreError
from faults.ledger import Kind, Ledger
from faults.stage import Schema
from harness.failing_jobs import FINISHES, STEPS


def commands(name: str, schemas: tuple[Schema, ...], phone: Callable[[], str]) -> Iterator[tuple[Kind, Contract]]:
    """One of each, for those services that are there; `name` begins their ids, `phone` gives a number to text."""
    if "gateway" in schemas:
        text = SendSms(message_id=f"{name}-text", recipient_phone=phone(), body="We come at 9.", purpose="test")
        yield "send-text", text
    if "jobs" in schemas:
        mail = SendEmail(
            email_id=f"{name}-mail", recipient="owner@example.com", subject="Hello", body="Hi", purpose="test"
        )
        yield "send-mail", mail
        yield "submit-job", _job(f"{name}-job", FINISHES)
        yield "submit-job", _job(f"{name}-job-in-steps", STEPS)
    yield "sign-up", _signed_up(f"{name}-signed-up")


async def give(
    store: PostgresMessagingStore[PostgresTransaction], kind: Kind, contract: Contract, ledger: Ledger
) -> None:
    """Commits a command, and notes what came of that."""
    key = _id_of(contract)
    message = message_of(
        contract,
        event_id=f"{key}:event",
        source="/clients",
        time=datetime.now(UTC),
        subject=key,
        tenant=key if isinstance(contract, TenantChanged) else ledger.tenant_id,
    )
    try:
        async with store.transaction() as tx:
            tx.emit(message)
    except StoreError:
        # The commit itself may have been what failed.
        ledger.note(kind, key, "unknown")
    else:
        ledger.note(kind, key, "ok")


def _job(job_id: str, kind: str) -> SubmitJob:
    return SubmitJob(job_id=job_id, kind=kind, unique_key=job_id, job_class="critical", payload={})


def _id_of(contract: Contract) -> str:
    match contract:
        case SendSms():
            return contract.message_id
        case SendEmail():
            return contract.email_id
        case SubmitJob():
            return contract.job_id
        case TenantChanged():
            return contract.settings.tenant_id
        case _:
            raise TypeError(contract.TYPE)


def _signed_up(tenant_id: str) -> TenantChanged:
    return TenantChanged(
        version=1,
        settings=TenantSettings(
            tenant_id=tenant_id,
            business_name="Another",
            trade="plumbing",
            phone_numbers=(),
            time_zone="America/Chicago",
            contacts=(Contact(name="Dana", phone="+15125550191"),),
            hours=WeekHours(),
        ),
    )
