"""A wish of another service to hear every fact again, and how far we have come with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, assert_never

Stage = Literal["tenants", "appointments", "customers", "done"]

PAGE: Final = 100
"""Facts in one transaction: bounds the memory, the outbox rows of a commit, and what a crash repeats."""


CUSTOMERS_PAGE: Final = 500
"""They travel many in one event."""


@dataclass(frozen=True, kw_only=True)
class Resync:
    """One round. `after_tenant` and `after_id` are the key of the last fact that was published in this stage."""

    id: str
    requested_by: str
    requested_at: datetime
    stage: Stage = "tenants"
    after_tenant: str = ""
    after_id: str = ""
    published: int = 0
    done_at: datetime | None = None


def page_of(stage: Stage) -> int:
    """How many facts of a stage are told in one transaction."""
    return CUSTOMERS_PAGE if stage == "customers" else PAGE


def advanced(resync: Resync, last: tuple[str, str] | None, count: int, *, now: datetime) -> Resync:
    """The round after a page of `count` facts that ended at the key `last`; a page that isn't full ends the stage."""
    published = resync.published + count
    if last is not None and count >= page_of(resync.stage):
        return replace(resync, after_tenant=last[0], after_id=last[1], published=published)
    match resync.stage:
        case "tenants":
            following: Stage = "appointments"
        case "appointments":
            following = "customers"
        case "customers" | "done":
            following = "done"
        case _:
            assert_never(resync.stage)
    return replace(
        resync,
        stage=following,
        after_tenant="",
        after_id="",
        published=published,
        done_at=now if following == "done" else None,
    )
