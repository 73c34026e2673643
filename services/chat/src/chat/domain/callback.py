"""A promise to call somebody back by a certain time, and whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal, NewType, assert_never

from chat.domain.tenant import TenantId
from common.contracts.gateway import Channel
from common.contracts.tenants import Language
from common.errors import SuiteError

CallbackId = NewType("CallbackId", str)
Result = Literal["reached", "not_reached", "dropped"]
Status = Literal["open", "reached", "not_reached", "dropped"]


class CallbackSettled(SuiteError):
    """The promise is settled already."""

    slug: ClassVar[str] = "callback-settled"
    status = 409


@dataclass(frozen=True, kw_only=True)
class Callback:
    """One promise. `promised_at` is that of the newest wording; `kept_at` is when somebody last noted a result."""

    id: CallbackId
    tenant_id: TenantId
    call_id: str
    channel: Channel
    reason: str
    phone: str | None
    name: str
    message: str
    language: Language
    promised_at: datetime
    due_at: datetime
    recording_url: str
    status: Status = "open"
    kept_at: datetime | None = None

    def overdue(self, now: datetime) -> bool:
        """True when it is past due and nobody has even tried."""
        return self.status == "open" and self.due_at < now


def kept(callback: Callback, result: Result, *, now: datetime) -> Callback | None:
    """The promise with its result; None when it has that result already.

    Who was not reached can be tried again; a person who was reached, and a promise that was dropped, are final
    (`CallbackSettled`).
    """
    match callback.status:
        case "open":
            pass
        case "not_reached" | "reached" | "dropped" if callback.status == result:
            return None
        case "not_reached":
            pass
        case "reached" | "dropped":
            raise CallbackSettled(f"it was {callback.status.replace('_', ' ')}")
        case _:
            assert_never(callback.status)
    return replace(callback, status=result, kept_at=now)


def reworded(callback: Callback, other: Callback) -> Callback | None:
    """What a repeated promise makes of the stored one: the newer words, and the result that it has. None: nothing new.

    Where the newer one says nothing (a recording that was left has neither name nor words), the older one counts, also where it
    arrives later.
    """
    newer, older = (other, callback) if other.promised_at >= callback.promised_at else (callback, other)
    merged = replace(
        newer,
        phone=newer.phone or older.phone,
        name=newer.name or older.name,
        message=newer.message or older.message,
        recording_url=newer.recording_url or older.recording_url,
        status=callback.status,
        kept_at=callback.kept_at,
    )
    return None if merged == callback else merged
