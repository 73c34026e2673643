"""Decide how a file is read: as it was guessed, with the owner's corrections."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final

from jobs.actions.file_walk import FileGone
from jobs.actions.stored_file import StoredFile
from jobs.domain.imports.contact_import import ContactImport, ImportNotReady
from jobs.domain.imports.files import HEAD_BYTES, Corrections, FileShape, look_at
from jobs.domain.imports.mappings import ColumnMapping, MappingRefused
from jobs.domain.imports.phone_numbers import is_region
from jobs.domain.imports.readings import Place, Plan
from jobs.domain.tenant import TenantCopy

_FALLBACK_REGION: Final = "US"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the owner says of a file; what is None is guessed."""

    mapping: ColumnMapping | None = None
    corrections: Corrections = field(default_factory=Corrections)
    region: str | None = None
    """The country of numbers without a country code, ISO 3166."""


def region_of(tenant: TenantCopy) -> str:
    """The country that a business's numbers are from when nothing else is said."""
    return next(iter(tenant.settings.allowed_countries), _FALLBACK_REGION)


async def plan_import(
    contact_import: ContactImport, file: StoredFile, tenant: TenantCopy, wishes: Wishes, threads: Executor
) -> tuple[FileShape, Plan]:
    """What the file looks like, and how it will be read.

    Raises `MappingRefused`, `FileRefused`, `ImportNotReady` while the file is still coming, `FileGone` or `StoreError`.
    """
    if contact_import.encoding is None:
        raise ImportNotReady(f"It is {contact_import.state}.")
    region = wishes.region or region_of(tenant)
    if not is_region(region):
        raise MappingRefused(f"no country is called {region[:10]!r}: two letters, such as US")
    head = (await file.block(0))[:HEAD_BYTES]
    if not head:
        raise FileGone
    encoding = contact_import.encoding
    shape = await asyncio.get_running_loop().run_in_executor(
        threads,
        lambda: look_at(
            head,
            whole=len(head) >= file.size,
            encoding=encoding,
            region=region,
            corrections=wishes.corrections,
        ),
    )
    columns = len(shape.headers)
    plan = Plan(
        dialect=shape.dialect,
        mapping=(wishes.mapping or shape.mapping).checked(columns),
        columns=columns,
        region=region,
        own_numbers=tenant.settings.phone_numbers,
        begin=Place(offset=shape.data_offset, line=shape.data_line),
    )
    return shape, plan
