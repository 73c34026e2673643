"""A business that the receptionist answers for, and what its owner may change of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from functools import cached_property
from typing import ClassVar, Final, NewType

import msgspec

from common.contracts.tenants import TenantSettings
from common.errors import SuiteError
from common.tenant_profiles import cached_profile_of
from common.tenants_file import faults_of
from receptionist.tenant import Capabilities, Service, TenantProfile
from receptionist.trades import services_of

TenantId = NewType("TenantId", str)

MAX_SETTINGS_BYTES: Final = 128 * 1024
"""Settings travel whole in one event: well under what the bus carries."""

OPERATORS_FIELDS: Final = frozenset(
    {"tenant_id", "phone_numbers", "api_key_sha256", "daily_text_limit", "allowed_countries"}
)
"""What decides whose calls are answered, who may look in, and how much may be sent: not the owner's to change by API."""

_TRIES_AT_ONCE: Final = 150_000
"""To look at a start costs as much as to try 40 crews at it (measured)."""

_CAPABILITIES: Final = Capabilities(reschedule=True)


class SettingsRefused(SuiteError):
    """These settings can't be used."""

    slug: ClassVar[str] = "settings-refused"
    status = 422


class VersionConflict(SuiteError):
    """Somebody else changed it in the meantime."""

    slug = "version-conflict"
    status = 409


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A tenant's settings, whole. `version` counts its changes from 1."""

    settings: TenantSettings
    version: int

    @property
    def id(self) -> TenantId:
        """The tenant's id; it never changes."""
        return TenantId(self.settings.tenant_id)

    @cached_property
    def profile(self) -> TenantProfile:
        """The engine's view of it."""
        return cached_profile_of(self.settings, _CAPABILITIES)

    @cached_property
    def decisive_profile(self) -> TenantProfile:
        """The profile without the notice: that rules what is offered. A caller may take a minute to accept an offer."""
        return replace(self.profile, min_notice_minutes=0)

    @cached_property
    def days_at_once(self) -> int:
        """How many days may be searched for slots without keeping others waiting (some 15 ms): fewer, the more there is to try."""
        minutes = max(
            sum(_minutes(opening.opens, opening.closes) for opening in openings) for openings in self.profile.hours
        )
        starts = max(1, minutes // self.profile.slot_step_minutes)
        return max(1, _TRIES_AT_ONCE // (starts * (40 + self.profile.capacity)))

    def service(self, slug: str) -> Service | None:
        """What is booked under this name, or None: a guess would be a visit of the wrong length."""
        return next((service for service in services_of(self.profile) if service.id == slug), None)


def _minutes(opens: time, closes: time) -> int:
    return closes.hour * 60 + closes.minute - opens.hour * 60 - opens.minute


def check_settings(settings: TenantSettings) -> None:
    """Raises `SettingsRefused` that names every fault."""
    faults = list(faults_of(settings))
    encoded = msgspec.json.encode(settings)
    if b"\\u0000" in encoded:
        faults.append("U+0000 can't be stored")
    if len(encoded) > MAX_SETTINGS_BYTES:
        faults.append(f"larger than {MAX_SETTINGS_BYTES} bytes")
    if not faults:
        try:
            cached_profile_of(settings, _CAPABILITIES)
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise SettingsRefused("; ".join(faults))


def changed(tenant: Tenant, changes: Mapping[str, object], *, version: int) -> Tenant:
    """The tenant with `changes` (settings by name, each one whole) and the next version.

    `version` is the one that the changes were made on. Raises `VersionConflict` or `SettingsRefused`.
    """
    if version != tenant.version:
        raise VersionConflict(f"it is at version {tenant.version} now")
    known = {field.encode_name for field in msgspec.structs.fields(TenantSettings)}
    if unknown := sorted(changes.keys() - known):
        raise SettingsRefused(f"unknown: {', '.join(name[:50] for name in unknown[:10])}")
    if not_theirs := sorted(changes.keys() & OPERATORS_FIELDS):
        raise SettingsRefused(f"only an operator changes {', '.join(not_theirs)}")
    try:
        settings = msgspec.convert({**msgspec.to_builtins(tenant.settings), **changes}, TenantSettings)
    except msgspec.ValidationError as error:
        raise SettingsRefused(str(error)) from error
    check_settings(settings)
    return Tenant(settings=settings, version=tenant.version + 1)
