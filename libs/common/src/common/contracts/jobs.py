"""What jobs publishes, and the commands that it obeys."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from common.contracts.base import Command, Event
from common.contracts.tenants import Instant, Language, LongText, Phone, ShortText

JobClass = Literal["critical", "bulk"]
JobPriority = Literal["urgent", "normal", "low"]
Payload = Annotated[dict[ShortText, LongText], msgspec.Meta(max_length=50)]
"""What a job needs to know: identifiers, rather than facts that may have changed by the time it runs."""


class SubmitJob(Command, frozen=True, kw_only=True):
    """Do something later or at length. `unique_key` makes a second submission of the same work a duplicate."""

    TYPE: ClassVar[str] = "job.submit.v1"
    job_id: str
    kind: ShortText
    unique_key: ShortText
    job_class: JobClass
    not_before: Instant | None = None
    payload: Payload
    priority: JobPriority = "normal"


class SendEmail(Command, frozen=True, kw_only=True):
    """Mail somebody. `email_id` makes it happen once."""

    TYPE: ClassVar[str] = "email.send.v1"
    email_id: str
    recipient: ShortText
    subject: ShortText
    body: LongText
    purpose: ShortText
    language: Language = "en"


class JobDue(Event, frozen=True, kw_only=True):
    """The time has come for something that another service asked to be told of; it checks again what is true by now."""

    TYPE: ClassVar[str] = "job.due.v1"
    job_id: str
    kind: ShortText
    unique_key: ShortText
    due_at: Instant
    payload: Payload


class ContactRow(msgspec.Struct, frozen=True, kw_only=True):
    """One customer of a file, read and normalised. An empty text means that the file says nothing of it."""

    row: int
    """The line of the file on which the record begins, the header being line 1."""
    phone: Phone
    name: ShortText = ""
    address: ShortText = ""
    email: ShortText = ""
    language: Language | None = None


class ImportContacts(Command, frozen=True, kw_only=True):
    """Keep these customers. (`import_id`, `batch`) makes it happen once; chat answers with `contacts.applied.v1`."""

    TYPE: ClassVar[str] = "contacts.batch.v1"
    import_id: str
    batch: int
    rows: Annotated[tuple[ContactRow, ...], msgspec.Meta(max_length=500)]


class PurgeData(Command, frozen=True, kw_only=True):
    """Delete what the tenant's retention doesn't keep any more. Each service purges its own and answers with `purge.report.v1`."""

    TYPE: ClassVar[str] = "data.purge.v1"
    purge_id: str
    conversations_before: Instant
    """Transcripts, texts and recordings."""
    records_before: Instant
    """Visits and callbacks that are over."""
    deliveries_before: Instant
    """What was kept to prove and repeat deliveries: webhooks' bodies, mails, finished work."""


class ReportPurge(Command, frozen=True, kw_only=True):
    """A service has purged its own data."""

    TYPE: ClassVar[str] = "purge.report.v1"
    purge_id: str
    service: Literal["gateway", "chat", "billing"]
    deleted: Annotated[dict[ShortText, int], msgspec.Meta(max_length=50)]
    """Rows by kind of record."""
    finished_at: Instant
