"""One setting of one switch: what it is set to, by whom, why, until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from common.contracts.tenants import Instant

MAX_SETTING_BYTES: Final = 8 * 1024
MAX_SETTINGS: Final = 500
"""Of all switches and scopes together; each of them can be a series in the metrics."""
_AHEAD_US: Final = 24 * 3_600 * 1_000_000

Key: TypeAlias = tuple[str, str]
"""Name and scope."""
Edition: TypeAlias = tuple[str, str, int]
"""One setting: name, scope, version."""
Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\Z", max_length=64)]
Scope: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9:._-]*\Z", max_length=128)]
Reason: TypeAlias = Annotated[str, msgspec.Meta(min_length=3, max_length=300, pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]+\Z")]
Actor: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A switch as somebody set it; `value` None: as somebody cleared it, so that it is its initial value again.

    The setting with the highest `version` holds. A version is the microsecond since 1970 in which it was given, or one more than
    the last one's where that is later, so that it can be given while nobody knows the last one.
    """

    name: Name
    scope: Scope = ""
    value: Any = None
    reason: Reason
    actor: Actor
    set_at: Instant
    expires_at: Instant | None = None
    version: Annotated[int, msgspec.Meta(ge=1, le=2**62)]

    @property
    def key(self) -> Key:
        """Which switch it sets."""
        return (self.name, self.scope)

    @property
    def edition(self) -> Edition:
        """Which setting it is."""
        return (self.name, self.scope, self.version)

    def in_force(self, now: datetime) -> bool:
        """False when it was cleared, or its time is over."""
        return self.value is not None and (self.expires_at is None or now < self.expires_at)


class NewSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting before it has a version."""

    name: Name
    scope: Scope = ""
    value: Any = None
    reason: Reason
    actor: Actor
    set_at: Instant
    expires_at: Instant | None = None

    def with_version(self, version: int) -> Setting:
        """The setting."""
        return Setting(
            name=self.name,
            scope=self.scope,
            value=self.value,
            reason=self.reason,
            actor=self.actor,
            set_at=self.set_at,
            expires_at=self.expires_at,
            version=version,
        )


_DECODER: Final = msgspec.json.Decoder(Setting)
_ENCODER: Final = msgspec.json.Encoder()


def version_at(now: datetime, *, after: int = 0) -> int:
    """The version of what is set now, after a setting of version `after`."""
    epoch_us = (now - datetime(1970, 1, 1, tzinfo=now.tzinfo)) // timedelta(microseconds=1)
    return max(epoch_us, after + 1)


def is_from_the_future(version: int, now: datetime) -> bool:
    """True for a version that no clock near ours gives: it would keep everything later from being heard."""
    return version > version_at(now) + _AHEAD_US


def encode_setting(setting: Setting) -> bytes:
    """As it travels. Raises `ValueError` for one that nobody would take."""
    body = _ENCODER.encode(setting)
    if len(body) > MAX_SETTING_BYTES:
        raise ValueError(f"a setting has {MAX_SETTING_BYTES} bytes at most")
    return body


def decode_setting(body: bytes) -> Setting:
    """What travelled. Raises `ValueError` for what is none; whether the switch exists and has such values is another question."""
    if len(body) > MAX_SETTING_BYTES:
        raise ValueError("too large")
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
