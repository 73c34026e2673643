"""What the parking API takes and answers, as it travels: `opsctl` reads the same structs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from common.operations.reasons import Reason

MAX_LISTED = 500
MAX_MOVED = 1_000


class CauseCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many of those that were looked at wait for one cause, and since when."""

    cause: str
    count: int
    oldest_at: datetime | None


class LedgerView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of everything that the queue's consumer accepted: accepted = applied + pending + parked + discarded."""

    accepted: int
    applied: int
    pending: int
    parked: int
    discarded: int
    balanced: bool


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """One queue's parking. `parked` counts all that wait; `causes` those that were looked at (`looked_at`), the oldest ones."""

    queue: str
    parked: int
    looked_at: int
    causes: tuple[CauseCount, ...]
    ledger: LedgerView | None


class ParkingView(msgspec.Struct, frozen=True, kw_only=True):
    """All queues of a service. `ledger_missing`: why there is no ledger (a slug), empty when there is."""

    service: str
    as_of: datetime
    ledger_since: datetime | None
    ledger_missing: str
    queues: tuple[QueueView, ...]


class ParkedView(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `event_id` is the one that logs, ledger and the other calls know it by."""

    event_id: str
    contract: str
    cause: str
    detail: str
    parked_at: datetime | None
    attempts: int
    """0: not known."""
    size_bytes: int


class ParkedListView(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest first. `parked` counts all that wait in the queue, whatever their cause."""

    queue: str
    as_of: datetime
    parked: int
    looked_at: int
    items: tuple[ParkedView, ...]


class ParkedBodyView(msgspec.Struct, frozen=True, kw_only=True):
    """One message whole. `body` is text; where it is none, `body_base64` has it."""

    parked: ParkedView
    headers: dict[str, str]
    body: str
    body_base64: str


class MoveRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which to move and why. Neither a cause nor ids: all. A dry run, unless it says otherwise."""

    reason: Reason
    cause: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    event_ids: (
        Annotated[
            tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...],
            msgspec.Meta(min_length=1, max_length=MAX_MOVED),
        ]
        | None
    ) = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_MOVED)] = 100
    dry_run: bool = True


class MoveView(msgspec.Struct, frozen=True, kw_only=True):
    """What was moved, or would be in a dry run. `parked` counts what waits afterwards."""

    queue: str
    dry_run: bool
    moved: int
    causes: tuple[CauseCount, ...]
    event_ids: tuple[str, ...]
    """The first 100."""
    missing_ids: tuple[str, ...]
    """Asked for and not found: moved already, or further back than was looked."""
    looked_at: int
    parked: int
