"""What every service that obeys `data.purge.v1` keeps to: no purge may take what nobody can have wanted to lose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Literal

from common.contracts.codec import Envelope
from common.contracts.jobs import PurgeData, ReportPurge
from common.contracts.tenants import MIN_CONVERSATIONS_DAYS, MIN_DELIVERIES_DAYS, MIN_RECORDS_DAYS
from common.errors import SuiteError

ROWS_A_ROUND: Final = 1_000
"""At most so many rows of a kind go at one command. A count that reaches it says that there may be more, and to ask again."""
_CLOCKS_APART: Final = timedelta(hours=1)
"""By how much the clocks of two services may differ."""


class PurgeRefused(SuiteError):
    """This purge would delete what no business may have deleted so soon."""

    slug: ClassVar[str] = "purge-refused"
    status = 422


@dataclass(frozen=True, kw_only=True)
class Cutoffs:
    """What is older may go."""

    conversations: datetime
    records: datetime
    deliveries: datetime
    asked_at: datetime
    """The earlier of the sender's time and ours: what is reckoned from it doesn't hang on one clock."""


def cutoffs_of(command: PurgeData, envelope: Envelope, *, now: datetime) -> Cutoffs:
    """What a command asks for. Raises `PurgeRefused` where it asks for what is younger than the shortest retention there is.

    A sender whose clock is fast, or ours being slow, must not delete everything.
    """
    wanted = (
        ("conversations_before", command.conversations_before, MIN_CONVERSATIONS_DAYS),
        ("records_before", command.records_before, MIN_RECORDS_DAYS),
        ("deliveries_before", command.deliveries_before, MIN_DELIVERIES_DAYS),
    )
    for name, before, days in wanted:
        if before > now - timedelta(days=days) + _CLOCKS_APART:
            raise PurgeRefused(f"{name} is {before.isoformat()}: at least {days} days are kept")
    return Cutoffs(
        conversations=command.conversations_before.astimezone(UTC),
        records=command.records_before.astimezone(UTC),
        deliveries=command.deliveries_before.astimezone(UTC),
        asked_at=min(envelope.time, now),
    )


def report_of(
    command: PurgeData, service: Literal["gateway", "chat", "billing"], deleted: Mapping[str, int], *, now: datetime
) -> ReportPurge:
    """What the service answers."""
    return ReportPurge(purge_id=command.purge_id, service=service, deleted=dict(deleted), finished_at=now)


def report_id(command_id: str, service: str) -> str:
    """The event id of the answer: the same for each time that the command is applied."""
    return f"{command_id}:{service}"


def left_over(deleted: Mapping[str, int]) -> bool:
    """Whether there may be more to delete."""
    return any(count >= ROWS_A_ROUND for count in deleted.values())
