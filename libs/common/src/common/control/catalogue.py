"""Every switch there is: what it holds, what it is without anybody's doing, and which services go by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from common.contracts.tenants import LocalTime
from common.errors import SuiteError

T = TypeVar("T")


class UnknownSwitch(SuiteError):
    """No switch has this name."""

    slug: ClassVar[str] = "unknown-switch"
    status = 404


class SwitchRefused(SuiteError):
    """A switch can't be set to this."""

    slug: ClassVar[str] = "switch-refused"
    status = 422


class BatchHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When bulk jobs are let out, and how many at a time. A stretch that ends before it begins goes past midnight; equal ends
    are the whole day."""

    hours: Annotated[tuple[tuple[LocalTime, LocalTime], ...], msgspec.Meta(min_length=1, max_length=8)]
    whose: Literal["suite", "tenant"] = "suite"
    """`tenant`: each tenant's own wall clock."""
    time_zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "UTC"
    at_a_time: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None
    """None: as many as there are slots."""


class Banner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What owners read at the top of their dashboard."""

    en: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    es: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    level: Literal["info", "warning"] = "warning"


ProviderName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}\Z")]
AlertChannel = Literal["all", "call", "text", "mail"]


@dataclass(frozen=True, kw_only=True)
class Switch(Generic[T]):
    """One switch. Its name's first word says whose it is; None as a value means that nobody has set it."""

    name: str
    about: str
    """For people, one sentence: what happens when it is set."""
    kind: Any
    """What msgspec converts a value to."""
    default: T
    """Where neither an operator nor the environment says anything."""
    variable: str
    """The environment variable that gives its initial value."""
    scopes: re.Pattern[str] | None = None
    """What a setting may be limited to; without it a switch has the one scope that is empty."""
    scopes_about: str = ""
    lasting: bool = False
    """Made to stay set: no alert tells that it was left on."""
    read_by: tuple[str, ...] = ()
    """Services that go by it. What nobody reads is not offered to operators: turning it would do nothing."""
    check: Callable[[T], None] | None = None
    """Raises `ValueError` for what the type can't say."""

    def convert(self, raw: object) -> T:
        """The value that JSON's `raw` stands for. Raises `SwitchRefused`."""
        try:
            value: T = msgspec.convert(raw, self.kind)
            if self.check is not None:
                self.check(value)
        except (msgspec.ValidationError, ValueError) as error:
            raise SwitchRefused(f"{self.name}: {error}") from error
        return value

    def check_scope(self, scope: str) -> None:
        """Raises `SwitchRefused` for a scope that it doesn't have."""
        if self.scopes is None:
            if scope:
                raise SwitchRefused(f"{self.name} has no scopes")
        elif not self.scopes.match(scope):
            raise SwitchRefused(f"{self.name} needs a scope: {self.scopes_about}")


def _zone_exists(hours: BatchHours) -> None:
    try:
        ZoneInfo(hours.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {hours.time_zone!r}") from None


TELEPHONY_FAIL_SOFT: Final = Switch[bool](
    name="telephony.fail_soft",
    about="Callers and senders get the short promise of a call back at once, which is stored; no conversation is begun.",
    kind=bool,
    default=False,
    variable="TELEPHONY_FAIL_SOFT",
)
TELEPHONY_OUTBOUND_RETRIES: Final = Switch[bool](
    name="telephony.outbound_retries",
    about="false: what Twilio did not take waits instead of being sent again; what is urgent goes on.",
    kind=bool,
    default=True,
    variable="TELEPHONY_OUTBOUND_RETRIES",
    read_by=("telephony-gateway",),
)
SPEECH_PROVIDER: Final = Switch[str](
    name="speech.provider",
    about="Which provider hears and speaks; stub moves calls on media streams to gather.",
    kind=ProviderName,
    default="default",
    variable="SPEECH_PROVIDER",
)
ASSISTANT_PROVIDER: Final = Switch[str](
    name="assistant.provider",
    about="Which provider answers owners; stub answers by rules alone.",
    kind=ProviderName,
    default="default",
    variable="ASSISTANT_PROVIDER",
)
CHAT_MAX_CONCURRENCY: Final = Switch[int](
    name="chat.max_concurrency",
    about="How many chat answers are made at a time; the others wait.",
    kind=Annotated[int, msgspec.Meta(ge=1, le=10_000)],
    default=64,
    variable="CHAT_MAX_CONCURRENCY",
)
CHAT_CLIENT_TIMEOUT_MS: Final = Switch[int](
    name="chat.client_timeout_ms",
    about="How long chat's clients are told to wait for an answer.",
    kind=Annotated[int, msgspec.Meta(ge=1_000, le=120_000)],
    default=15_000,
    variable="CHAT_CLIENT_TIMEOUT_MS",
)
JOBS_PAUSE: Final = Switch[bool](
    name="jobs.pause",
    about="true: nothing of this class or kind is started; what runs goes on, what is submitted waits.",
    kind=bool,
    default=False,
    variable="JOBS_PAUSE",
    scopes=re.compile(r"^(class:(critical|bulk)|kind:[a-z][a-z0-9_]{0,30}(\.[a-z][a-z0-9_]{0,30}){0,3})\Z"),
    scopes_about="class:critical, class:bulk or kind:<name of a kind of job>",
    read_by=("jobs",),
)
JOBS_BATCH_WINDOW: Final = Switch[BatchHours | None](
    name="jobs.batch_window",
    about="Bulk jobs are started within these hours alone, so many at a time.",
    kind=BatchHours,
    default=None,
    variable="JOBS_BATCH_WINDOW",
    lasting=True,
    read_by=("jobs",),
    check=lambda hours: None if hours is None else _zone_exists(hours),
)
OWNER_BANNER: Final = Switch[Banner | None](
    name="owner.banner",
    about="Owners read this at the top of their dashboard.",
    kind=Banner,
    default=None,
    variable="OWNER_BANNER",
)
TWILIO_OWNER_ALERT_CHANNEL: Final = Switch[AlertChannel](
    name="twilio.owner_alert_channel",
    about="How owners hear of emergencies: by all means, or by calls, texts or mail alone.",
    kind=AlertChannel,
    default="all",
    variable="TWILIO_OWNER_ALERT_CHANNEL",
    lasting=True,
)

CATALOGUE: Final[Mapping[str, Switch[Any]]] = MappingProxyType(
    {
        switch.name: switch
        for switch in (
            TELEPHONY_FAIL_SOFT,
            TELEPHONY_OUTBOUND_RETRIES,
            SPEECH_PROVIDER,
            ASSISTANT_PROVIDER,
            CHAT_MAX_CONCURRENCY,
            CHAT_CLIENT_TIMEOUT_MS,
            JOBS_PAUSE,
            JOBS_BATCH_WINDOW,
            OWNER_BANNER,
            TWILIO_OWNER_ALERT_CHANNEL,
        )
    }
)


def switch_named(name: str) -> Switch[Any]:
    """The switch that operators may set under this name. Raises `UnknownSwitch`."""
    switch = CATALOGUE.get(name)
    if switch is None or not switch.read_by:
        offered = ", ".join(name for name, known in CATALOGUE.items() if known.read_by)
        raise UnknownSwitch(f"{name[:64]!r}. There are: {offered}.")
    return switch
