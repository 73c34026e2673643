"""The business's records as rows of a table, for whoever wants them in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, assert_never

from chat.domain.appointment import Appointment
from chat.domain.callback import Callback
from chat.domain.conversation import Conversation
from chat.domain.customer import Customer
from chat.domain.received import EARLIEST

RecordKind: TypeAlias = Literal["customers", "appointments", "callbacks", "conversations"]
Record: TypeAlias = Customer | Appointment | Callback | Conversation
MAX_CELL: Final = 2_000
_TRANSCRIPT_CELLS: Final = 4
_TRANSCRIPT: Final = ("transcript", *(f"transcript_{number}" for number in range(2, _TRANSCRIPT_CELLS + 1)))
_MORE: Final = " …"

COLUMNS: Final[dict[RecordKind, tuple[str, ...]]] = {
    "customers": ("customer_id", "phone", "name", "address", "email", "language", "created_at", "last_heard_at"),
    "appointments": (
        "appointment_id", "status", "starts_at", "ends_at", "service", "customer_name", "customer_phone", "address",
        "language", "notes", "emergency", "channel", "call_id", "booked_at", "changed_at",
    ),
    "callbacks": (
        "callback_id", "status", "reason", "name", "phone", "message", "language", "promised_at", "due_at", "kept_at",
        "recording_url", "channel", "call_id",
    ),
    "conversations": (
        "conversation_id", "kind", "channel", "phone", "dialled_phone", "started_at", "ended_at", "duration_s", "outcome",
        "language", *_TRANSCRIPT,
    ),
}  # fmt: skip
"""Conversations are calls, and stretches of texts as the receptionist led them."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A record, by its key."""

    key: str
    cells: tuple[str, ...]


def row_of(record: Record) -> Row:
    """The record with as many cells as its kind has columns, each of `MAX_CELL` characters at most. Times are UTC."""
    match record:
        case Customer():
            cells = _customer(record)
        case Appointment():
            cells = _appointment(record)
        case Callback():
            cells = _callback(record)
        case Conversation():
            cells = _conversation(record)
        case _:
            assert_never(record)
    return Row(key=record.id, cells=tuple(cell[:MAX_CELL] for cell in cells))


def _customer(customer: Customer) -> Sequence[str]:
    return (
        customer.id,
        customer.phone,
        customer.name,
        customer.address,
        customer.email,
        customer.language,
        _moment(customer.created_at),
        # Of whoever is known from a file alone nothing was heard.
        _moment(customer.said_at if customer.said_at > EARLIEST else None),
    )


def _appointment(visit: Appointment) -> Sequence[str]:
    return (
        visit.id,
        visit.status,
        _moment(visit.starts_at),
        _moment(visit.ends_at),
        visit.service,
        visit.customer_name,
        visit.customer_phone,
        visit.address,
        visit.language,
        visit.notes,
        "yes" if visit.emergency else "no",
        visit.channel,
        visit.call_id,
        _moment(visit.booked_at),
        _moment(visit.changed_at),
    )


def _callback(callback: Callback) -> Sequence[str]:
    return (
        callback.id,
        callback.status,
        callback.reason,
        callback.name,
        callback.phone or "",
        callback.message,
        callback.language,
        _moment(callback.promised_at),
        _moment(callback.due_at),
        _moment(callback.kept_at),
        callback.recording_url,
        callback.channel,
        callback.call_id,
    )


def _conversation(conversation: Conversation) -> Sequence[str]:
    ending = conversation.ending
    return (
        conversation.id,
        conversation.kind,
        conversation.channel,
        conversation.phone or "",
        conversation.dialled_phone,
        _moment(conversation.started_at),
        _moment(None if ending is None else ending.ended_at),
        "" if ending is None else str(ending.duration_s),
        "" if ending is None else ending.outcome,
        "" if ending is None else ending.language,
        *_transcript_cells(conversation),
    )


def _transcript_cells(conversation: Conversation) -> Sequence[str]:
    """The words, cut into cells; the last one says where there were more."""
    lines = []
    for line in conversation.transcript:
        lines += [f"< {line.heard}"] if line.heard else []
        lines += [f"> {line.said}"] if line.said else []
    words = "\n".join(lines)
    room = _TRANSCRIPT_CELLS * MAX_CELL
    if len(words) > room:
        words = words[: room - len(_MORE)] + _MORE
    return [words[start : start + MAX_CELL] for start in range(0, room, MAX_CELL)]


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
