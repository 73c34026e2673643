"""A tenant's settings as they travel: chat owns them, the gateway keeps a copy, TENANTS_FILE seeds both."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Literal

import msgspec

Phone = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}$")]
"""E.164."""
Sender = Annotated[str, msgspec.Meta(pattern=r"^(\+[1-9][0-9]{6,14}|[A-Za-z0-9]{0,32})$")]
"""Who sends or gets a text: E.164, a short code or a sender's name; empty where there is none."""
ShortText = Annotated[str, msgspec.Meta(max_length=200)]
LongText = Annotated[str, msgspec.Meta(max_length=2_000)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment: a time without an offset is refused."""
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Trade = Literal["plumbing", "hvac", "electrical"]
Language = Literal["en", "es"]
LocalTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Wall time of the business, HH:MM."""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of opening hours, local wall time; `closes` after `opens`, same day."""

    opens: LocalTime
    closes: LocalTime


class WeekHours(msgspec.Struct, frozen=True, kw_only=True):
    """Opening hours by weekday; a day without any is closed."""

    mon: tuple[Opening, ...] = ()
    tue: tuple[Opening, ...] = ()
    wed: tuple[Opening, ...] = ()
    thu: tuple[Opening, ...] = ()
    fri: tuple[Opening, ...] = ()
    sat: tuple[Opening, ...] = ()
    sun: tuple[Opening, ...] = ()

    @property
    def days(self) -> tuple[tuple[Opening, ...], ...]:
        """Seven entries, Monday first."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


class PriceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What callers may be told of a price. `to_cents` belongs to kind `range` alone; `note` is spoken as it is."""

    kind: Literal["fixed", "from", "hourly", "range"] = "fixed"
    amount_cents: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
    to_cents: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 0
    note: ShortText = ""


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of visit. `keywords` are words or short phrases of any of the tenant's languages; an unset price is never guessed."""

    slug: Slug
    name_en: ShortText
    name_es: ShortText = ""
    duration_minutes: Annotated[int, msgspec.Meta(ge=15, le=720)] = 60
    keywords: tuple[ShortText, ...] = ()
    price: PriceSettings | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is alerted in an emergency, in the order of the list."""

    name: ShortText
    phone: Phone
    email: ShortText = ""
    language: Language = "en"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A question that callers ask, by its words, and the owner's answer."""

    keywords: tuple[ShortText, ...]
    answer_en: LongText
    answer_es: LongText = ""


class Automation(msgspec.Struct, frozen=True, kw_only=True):
    """What is done for the business without being asked each time. Times are local."""

    appointment_reminders: bool = True
    reminder_hours_before: Annotated[int, msgspec.Meta(ge=1, le=168)] = 24
    lead_follow_ups: bool = True
    follow_up_hours_after: Annotated[int, msgspec.Meta(ge=1, le=168)] = 20
    morning_summary: bool = True
    summary_at: LocalTime = "07:00"
    retention_texts: bool = False
    """Texts to customers who have not been seen for long: advertising, so the owner must switch it on."""
    retention_after_days: Annotated[int, msgspec.Meta(ge=30, le=1_095)] = 330


MIN_CONVERSATIONS_DAYS: Final = 30
MIN_RECORDS_DAYS: Final = 90
MIN_DELIVERIES_DAYS: Final = 45


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How many days what is kept."""

    conversations_days: Annotated[int, msgspec.Meta(ge=MIN_CONVERSATIONS_DAYS, le=3_650)] = 400
    records_days: Annotated[int, msgspec.Meta(ge=MIN_RECORDS_DAYS, le=3_650)] = 1_100
    deliveries_days: Annotated[int, msgspec.Meta(ge=MIN_DELIVERIES_DAYS, le=400)] = 90


class TenantSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a receptionist must know of one business."""

    tenant_id: Slug
    business_name: ShortText
    trade: Trade
    phone_numbers: tuple[Phone, ...]
    """The numbers that callers dial: they alone choose the tenant."""
    time_zone: ShortText
    """IANA name."""
    contacts: tuple[Contact, ...]
    """Who is alerted, first to last; the first one is the owner that callers hear of."""
    hours: WeekHours
    services: tuple[ServiceSettings, ...] = ()
    """Empty: the trade's usual services, without prices."""
    languages: tuple[Language, ...] = ("en", "es")
    closed_dates: tuple[date, ...] = ()
    capacity: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    """Visits at the same time: how many crews there are."""
    travel_buffer_minutes: Annotated[int, msgspec.Meta(ge=0, le=240)] = 30
    slot_step_minutes: Annotated[int, msgspec.Meta(ge=5, le=240)] = 30
    minimum_notice_minutes: Annotated[int, msgspec.Meta(ge=0, le=10_080)] = 120
    booking_horizon_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 30
    recording_notice: bool = False
    record_voicemail: bool = True
    callback_promise_minutes: Annotated[int, msgspec.Meta(ge=5, le=2_880)] = 120
    """How soon the owner promises to call back during opening hours."""
    emergency_promise_minutes: Annotated[int, msgspec.Meta(ge=1, le=240)] = 15
    quiet_from: LocalTime = "21:00"
    quiet_until: LocalTime = "08:00"
    """Between these local times no text goes out that nobody waits for."""
    served_zips: tuple[Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}$")], ...] = ()
    served_cities: tuple[ShortText, ...] = ()
    """Both empty: whether a place is served is a question for the owner."""
    answers: tuple[Answer, ...] = ()
    api_key_sha256: tuple[Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    """Hashes of the keys that open this tenant's APIs."""
    daily_text_limit: Annotated[int, msgspec.Meta(ge=1)] = 500
    """Fraud guard: outbound texts a day."""
    allowed_countries: tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")], ...] = ("US", "CA")
    """Where texts and calls may go, ISO 3166."""
    automation: Automation = Automation()
    retention: Retention = Retention()
