"""Copies of the businesses that chat owns, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jobs.domain.tenant import TenantCopy


class TenantRecords(Protocol):
    """The part of a transaction that concerns them."""

    async def save(self, copy: TenantCopy) -> bool:
        """False when as new a version is known."""

    async def tenant(self, tenant_id: str) -> TenantCopy | None:
        """The copy; None where nothing was heard of it. A business that is gone is a copy too."""

    async def of_key(self, sha256: str) -> TenantCopy | None:
        """The business that an API key with this hash opens."""

    async def lock_after(self, tenant_id: str, *, limit: int) -> Sequence[TenantCopy]:
        """The next ones in the order of their ids, held until the transaction ends: no newer version is saved meanwhile."""

    async def told(self) -> bool:
        """False while nothing was heard of any."""
