"""TENANTS_FILE: businesses as YAML, checked like any other input from outside."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from common.contracts.tenants import TenantSettings
from common.errors import SuiteError

MAX_FILE_BYTES: Final = 5 * 1024 * 1024


class TenantsFileError(SuiteError):
    """The tenants' file can't be used."""

    slug: ClassVar[str] = "tenants-file"


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tenants: tuple[TenantSettings, ...]


def load_tenants(path: Path) -> tuple[TenantSettings, ...]:
    """Every tenant of the file. Raises `TenantsFileError` with the place and the reason."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TenantsFileError(f"{path}: larger than {MAX_FILE_BYTES} bytes")
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TenantsFileError(f"{path}: {error}") from error
    try:
        tenants = msgspec.convert(raw, _File, builtin_types=(date,)).tenants
    except msgspec.ValidationError as error:
        raise TenantsFileError(f"{path}: {error}") from error
    _check(tenants, path)
    return tenants


def faults_of(settings: TenantSettings) -> tuple[str, ...]:
    """What a schema can't say of one business: the zone exists, hours are in order, services are unique, somebody can be alerted."""
    faults: list[str] = []
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(f"unknown time zone {settings.time_zone!r}")
    if not settings.phone_numbers:
        faults.append("needs a number that callers dial")
    if not settings.contacts:
        faults.append("needs at least one contact for emergencies")
    if not settings.languages:
        faults.append("needs at least one language")
    if len({service.slug for service in settings.services}) != len(settings.services):
        faults.append("two services have the same slug")
    for openings in settings.hours.days:
        ends = ""
        for opening in openings:
            # HH:MM sorts as text.
            if not ends <= opening.opens < opening.closes:
                faults.append("opening hours must be in order and end after they begin")
            ends = opening.closes
    return tuple(dict.fromkeys(faults))


def _check(tenants: tuple[TenantSettings, ...], path: Path) -> None:
    """Each business by itself, and that no two share an id or a number."""
    ids: set[str] = set()
    numbers: set[str] = set()
    for tenant in tenants:
        where = f"{path}: {tenant.tenant_id}"
        if tenant.tenant_id in ids:
            raise TenantsFileError(f"{where}: this id is there twice")
        ids.add(tenant.tenant_id)
        for number in tenant.phone_numbers:
            if number in numbers:
                raise TenantsFileError(f"{where}: the number {number} belongs to two tenants")
            numbers.add(number)
        if faults := faults_of(tenant):
            raise TenantsFileError(f"{where}: {'; '.join(faults)}")
