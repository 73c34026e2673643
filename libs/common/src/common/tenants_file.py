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


def _check(tenants: tuple[TenantSettings, ...], path: Path) -> None:
    """What a schema can't say: zones exist, hours are in order, ids, numbers and services are unique, somebody can be alerted."""
    ids: set[str] = set()
    numbers: set[str] = set()
    for tenant in tenants:
        where = f"{path}: {tenant.tenant_id}"
        if tenant.tenant_id in ids:
            raise TenantsFileError(f"{where}: this id is there twice")
        ids.add(tenant.tenant_id)
        try:
            ZoneInfo(tenant.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise TenantsFileError(f"{where}: unknown time zone {tenant.time_zone!r}") from error
        for number in tenant.phone_numbers:
            if number in numbers:
                raise TenantsFileError(f"{where}: the number {number} belongs to two tenants")
            numbers.add(number)
        if not tenant.contacts:
            raise TenantsFileError(f"{where}: needs at least one contact for emergencies")
        if len({service.slug for service in tenant.services}) != len(tenant.services):
            raise TenantsFileError(f"{where}: two services have the same slug")
        for openings in tenant.hours.days:
            ends = ""
            for opening in openings:
                # HH:MM sorts as text.
                if not ends <= opening.opens < opening.closes:
                    raise TenantsFileError(f"{where}: opening hours must be in order and end after they begin")
                ends = opening.closes
