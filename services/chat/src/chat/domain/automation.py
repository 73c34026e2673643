"""What is done for a business by the calendar: when it is due, and whether it is still right when its time has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal

from chat.domain.appointment import Appointment, AppointmentId
from chat.domain.callback import Status
from chat.domain.conversation import Conversation
from chat.domain.tenant import Tenant
from common.contracts.gateway import CallOutcome
from receptionist.scheduling.quiet import QuietHours, end_of_quiet, nights_of

REMINDER: Final = "appointment.reminder"
FOLLOW_UP: Final = "lead.follow_up"
RETENTION: Final = "retention.text"
SUMMARY: Final = "owner.summary"

NEWS_KEEPS: Final = timedelta(hours=2)
"""Who has just booked needs no reminder for so long."""
REMINDER_NOTICE: Final = timedelta(minutes=30)
"""Later than this before a visit nobody is reminded of it: the crew is on its way."""
MORNING_NOTICE: Final = timedelta(hours=2)
"""A reminder that waits for the morning must leave so much of it."""
_EVENING_BEFORE: Final = timedelta(hours=1)
_FOLLOW_UP_KEEPS: Final = timedelta(days=3)
"""A follow-up that is later than this reminds nobody of anything."""
_SUMMARY_KEEPS: Final = timedelta(hours=6)
RETENTION_KEEPS: Final = timedelta(days=3)

_UNBOOKED: Final[frozenset[CallOutcome]] = frozenset({"abandoned", "answered", "failed"})
"""Ends that leave a caller who wanted a visit with nothing: no visit, no request, no promise, no emergency; and no spam."""
_LEFT_ALONE: Final[frozenset[Status]] = frozenset({"open", "reached", "dropped"})
"""A person will call them back, has, or has decided not to: no machine meddles. Who wasn't reached may be texted."""

DueOutcome = Literal[
    "sent", "postponed", "stale", "switched_off", "too_late", "nothing_to_say", "unknown_kind"
]  # fmt: skip
"""What became of a job whose time had come."""


@dataclass(frozen=True, kw_only=True)
class Dealings:
    """What a number has had to do with a business so far."""

    last_visit_ended_at: datetime | None = None
    next_visit_at: datetime | None = None
    """Of a visit that isn't over."""
    last_booked_at: datetime | None = None
    last_called_at: datetime | None = None
    last_texted_at: datetime | None = None
    """When the number last texted the business, not the other way round."""
    promises: frozenset[Status] = frozenset()
    """How the promises to call back stand that were asked for."""


def awake(tenant: Tenant, moment: datetime, *, advertising: bool = False) -> datetime:
    """`moment`, or the next one at which the business's texts may go out."""
    nights = _nights(tenant, advertising=advertising)
    for _ in range(2 * len(nights)):
        end = end_of_quiet(nights, moment)
        if end is None:
            break
        moment = end
    return moment


def reminder_at(tenant: Tenant, starts_at: datetime, *, now: datetime) -> datetime | None:
    """When to remind of a visit that was booked or moved at `now`; None where there is no time for it, or none is wanted.

    In the quiet hours it waits for the morning where that leaves time before the visit; else it goes out the evening before.
    """
    automation = tenant.settings.automation
    if not automation.appointment_reminders:
        return None
    wanted = starts_at - timedelta(hours=automation.reminder_hours_before)
    due = awake(tenant, wanted)
    if due > starts_at - MORNING_NOTICE and due != wanted:
        due = _evening_before(tenant, wanted)
    return due if due - now >= NEWS_KEEPS else None


def _evening_before(tenant: Tenant, moment: datetime) -> datetime:
    (night,) = _nights(tenant)
    span = night.around(moment)
    return moment if span is None else span[0] - _EVENING_BEFORE


def _nights(tenant: Tenant, *, advertising: bool = False) -> tuple[QuietHours, ...]:
    begins, ends = tenant.settings.quiet_from, tenant.settings.quiet_until
    return nights_of(time.fromisoformat(begins), time.fromisoformat(ends), tenant.profile.zone, advertising=advertising)


def reminder_verdict(
    tenant: Tenant, visit: Appointment | None, starts_at: datetime, *, now: datetime
) -> Literal["send", "stale", "switched_off", "too_late"]:
    """Whether to remind now of a visit that was to begin at `starts_at` when the reminder was planned."""
    if not tenant.settings.automation.appointment_reminders:
        return "switched_off"
    if visit is None or visit.status != "booked" or visit.starts_at != starts_at:
        return "stale"
    return "send" if now < starts_at - REMINDER_NOTICE else "too_late"


def follow_up_at(
    tenant: Tenant, *, phone: str | None, outcome: CallOutcome, wants_visit: bool, ended_at: datetime
) -> datetime | None:
    """When to ask a caller again who wanted a visit and left without anything; None where they aren't asked.

    What else there was between them (promises, other calls, texts) is looked at when the time has come: it may not be known yet.
    """
    settings = tenant.settings
    ours = {*settings.phone_numbers, *(contact.phone for contact in settings.contacts)}
    if not settings.automation.lead_follow_ups or not wants_visit or outcome not in _UNBOOKED:
        return None
    if phone is None or phone in ours:
        return None
    return awake(tenant, ended_at + timedelta(hours=settings.automation.follow_up_hours_after), advertising=True)


def follow_up_verdict(
    tenant: Tenant, call: Conversation | None, dealings: Dealings, *, now: datetime
) -> Literal["send", "stale", "switched_off", "too_late"]:
    """Whether to ask the caller now. `dealings` has the promises since the call began."""
    if not tenant.settings.automation.lead_follow_ups:
        return "switched_off"
    if call is None or call.ending is None or call.phone is None:
        return "stale"
    ended_at = call.ending.ended_at
    heard_since = any(
        at is not None and at > ended_at for at in (dealings.last_called_at, dealings.last_texted_at)
    ) or _since(dealings.last_booked_at, call.started_at)
    if heard_since or dealings.next_visit_at is not None or dealings.promises & _LEFT_ALONE:
        return "stale"
    return "send" if now < follow_up_until(tenant, ended_at) else "too_late"


def follow_up_until(tenant: Tenant, ended_at: datetime) -> datetime:
    """From when on a follow-up is of no use."""
    return ended_at + timedelta(hours=tenant.settings.automation.follow_up_hours_after) + _FOLLOW_UP_KEEPS


def retention_at(tenant: Tenant, last_seen: datetime) -> datetime | None:
    """When a customer who was last visited then has not been seen for long; None where the owner doesn't want to know."""
    automation = tenant.settings.automation
    if not automation.retention_texts:
        return None
    return awake(tenant, last_seen + timedelta(days=automation.retention_after_days), advertising=True)


def retention_verdict(
    tenant: Tenant, dealings: Dealings, *, now: datetime
) -> Literal["stale", "switched_off"] | datetime:
    """When to text a customer who has not been seen for long: now, or later, at night or where the owner wants it later by now.

    `dealings` has the promises of all time: one that is open is enough to leave them alone.
    """
    if not tenant.settings.automation.retention_texts:
        return "switched_off"
    seen = dealings.last_visit_ended_at
    if seen is None or dealings.next_visit_at is not None or "open" in dealings.promises:
        return "stale"
    if _since(dealings.last_called_at, seen) or _since(dealings.last_texted_at, seen):
        return "stale"
    due = seen + timedelta(days=tenant.settings.automation.retention_after_days)
    return awake(tenant, max(due, now), advertising=True)


def _since(moment: datetime | None, since: datetime) -> bool:
    return moment is not None and moment >= since


def summary_until(summary_at: datetime) -> datetime:
    """From when on a morning's summary is of no use."""
    return summary_at + _SUMMARY_KEEPS


def reminder_key(appointment_id: AppointmentId, starts_at: datetime) -> str:
    """What makes a reminder one: the visit and its time. A move makes another one."""
    return f"{appointment_id}:{stamp(starts_at)}"


def stamp(moment: datetime) -> str:
    """A moment in a key."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}Z"
