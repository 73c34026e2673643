"""An outbound text: what it is, when it may go, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from receptionist.scheduling import quiet
from telephony_gateway.domain.ids import CallId, TenantId, TextId

Basis = Literal["service", "marketing"]
"""Whether a text is part of what somebody asked for, or advertising."""
TextPurpose = Literal[
    "booking_requested", "cut_off", "confirmation", "rejection", "cancellation", "alert", "command",
    "reminder", "follow_up", "retention", "summary",
]  # fmt: skip
AUTOMATED: Final[frozenset[str]] = frozenset({"reminder", "follow_up", "retention", "summary"})
"""What goes out by the calendar, without anybody having asked for it just now."""

TextStatus = Literal[
    "queued", "sending", "unknown", "sent", "delivered", "undelivered", "failed", "opted_out", "blocked", "expired", "parked", "not_needed"
]  # fmt: skip
"""queued -> sending -> sent -> delivered | undelivered. `sending` is committed before the provider is asked: found there after a
crash, or after an answer that never came, it is `unknown`, and is looked up before it is sent again. The others are final."""

FINAL: Final[frozenset[TextStatus]] = frozenset(
    {"delivered", "undelivered", "failed", "opted_out", "blocked", "expired", "parked", "not_needed"}
)
MAX_BODY: Final = 1_600
"""Twilio's limit for one message, in characters."""
TWIN_WITHIN: Final = timedelta(hours=1)
"""The same automated words to the same person within this time are one text too many, whoever wanted them sent."""
MARKETING_EVERY: Final = timedelta(hours=24)
"""At most one text of advertising to one person by one business within this time."""
_GSM_7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_TWICE: Final = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """A text that shall go out. Consent, quiet hours, countries and caps decide at the moment of sending."""

    text_id: TextId
    tenant_id: TenantId
    call_id: CallId | None
    from_phone: str
    """The business's number that sends it, E.164."""
    to_phone: str
    body: str
    purpose: str
    lang: Literal["en", "es"]
    created_at: datetime
    not_before: datetime | None = None
    not_after: datetime | None = None
    """Of no use any more after this."""
    wait_for_quiet_hours: bool = True
    """False where somebody is waiting for it just now."""
    basis: Basis = "service"

    @property
    def automated(self) -> bool:
        """Whether nobody asked for it just now, so that one too many is worse than none."""
        return self.purpose in AUTOMATED or self.basis == "marketing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text on its way."""

    new: NewText
    status: TextStatus = "queued"
    attempts: int = 0
    lookups: int = 0
    provider_id: str = ""
    error: str = ""
    due_at: datetime
    """Queued or unknown: not to be touched before."""

    @property
    def urgent(self) -> bool:
        """An emergency is repeated rather than lost."""
        return self.new.purpose == "alert"

    @property
    def progress(self) -> tuple[int, int, int, int]:
        """Orders what is known of one text: of two reports the higher one is the later. `keep_text` says the same in SQL."""
        level = 2 if self.status in FINAL else 1 if self.status == "sent" else 0
        return (
            level,
            self.attempts,
            self.lookups,
            ("sending", "queued", "unknown").index(self.status) if not level else 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRules:
    """A business's rules for texts."""

    zone: ZoneInfo
    quiet_from: time
    quiet_until: time
    allowed_countries: frozenset[str]
    daily_limit: int


def segments_of(body: str) -> int:
    """How many SMS segments Twilio bills for a body (GSM 03.38: 160 or 153 septets; UCS-2: 70 or 67 UTF-16 units)."""
    if all(sign in _GSM_7 or sign in _GSM_7_TWICE for sign in body):
        units, single, several = sum(2 if sign in _GSM_7_TWICE else 1 for sign in body), 160, 153
    else:
        units, single, several = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= single else -(-units // several)


def end_of_quiet(now: datetime, rules: SendingRules, basis: Basis = "service") -> datetime | None:
    """When a text of this basis may go again (UTC), or None where it may go now.

    The business's own quiet hours; for advertising also those of the law, in the business's time zone. Equal bounds mean: none.
    """
    nights = quiet.nights_of(rules.quiet_from, rules.quiet_until, rules.zone, advertising=basis == "marketing")
    return quiet.end_of_quiet(nights, now)


def start_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """Midnight of the business's today, UTC: caps are counted from there."""
    return datetime.combine(now.astimezone(zone).date(), time(0, 0), tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Send it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Not before `until`."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """It must not be sent, now or later."""

    status: TextStatus
    error: str


Verdict = Go | Wait | Drop


def decide(
    text: NewText,
    now: datetime,
    rules: SendingRules,
    *,
    opted_out: bool,
    country: str | None,
    sent_today: int,
    dealt_with: bool,
) -> Verdict:
    """Whether a text may go now. `country` is the recipient's (ISO 3166), None where the number belongs to none; `dealt_with`
    says whether the recipient has ever dealt with the business, which advertising needs.

    Alerts go to the owner's own contacts: they pass quiet hours and caps. STOP is above everything.
    """
    if opted_out:
        return Drop(status="opted_out", error="stop")
    if text.basis == "marketing" and not dealt_with:
        return Drop(status="blocked", error="stranger")
    if country is None or country not in rules.allowed_countries:
        return Drop(status="blocked", error="country")
    if text.not_after is not None and now >= text.not_after:
        return Drop(status="expired", error="too-late")
    if text.purpose == "alert":
        return Go()
    if text.wait_for_quiet_hours or text.basis == "marketing":
        until = end_of_quiet(now, rules, text.basis)
        if until is not None:
            return _held(text, until, "quiet-hours")
    if sent_today >= rules.daily_limit:
        return _held(text, start_of_day(now + timedelta(days=1), rules.zone), "daily-limit")
    return Go()


def _held(text: NewText, until: datetime, why: str) -> Verdict:
    """It waits, unless it is of no use any more by then."""
    if text.not_after is not None and until >= text.not_after:
        return Drop(status="expired", error=why)
    return Wait(until=until)
