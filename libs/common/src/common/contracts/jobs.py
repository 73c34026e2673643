"""The commands that jobs obeys."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from common.contracts.base import Command
from common.contracts.tenants import Instant, Language, LongText, ShortText


class SubmitJob(Command, frozen=True, kw_only=True):
    """Do something later or at length. `unique_key` makes a second submission of the same work a duplicate."""

    TYPE: ClassVar[str] = "job.submit.v1"
    job_id: str
    kind: ShortText
    unique_key: ShortText
    job_class: Literal["critical", "bulk"]
    not_before: Instant | None = None
    payload: Annotated[dict[str, str], msgspec.Meta(max_length=50)]


class SendEmail(Command, frozen=True, kw_only=True):
    """Mail somebody. `email_id` makes it happen once."""

    TYPE: ClassVar[str] = "email.send.v1"
    email_id: str
    recipient: ShortText
    subject: ShortText
    body: LongText
    purpose: ShortText
    language: Language = "en"
