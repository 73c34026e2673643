"""Where tenants are, for windows that go by each tenant's clock."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.clock import Clock
from jobs.ports.store import Store

_FRESH_S: Final = 60.0
_PAGE: Final = 500


class ZoneBook:
    """A look into memory; read anew every minute while somebody asks."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._zones: dict[str, str] = {}
        self._read_at_s = float("-inf")

    async def refresh(self) -> None:
        """Reads the copies of tenants again if that is due. Raises `StoreError`."""
        now_s = self._clock.monotonic()
        if now_s - self._read_at_s < _FRESH_S:
            return
        zones: dict[str, str] = {}
        last = ""
        while True:
            async with self._store.transaction() as tx:
                page = await tx.tenants.lock_after(last, limit=_PAGE)
            zones.update((copy.tenant_id, _known(copy.settings.time_zone)) for copy in page)
            if len(page) < _PAGE:
                break
            last = page[-1].tenant_id
        self._zones, self._read_at_s = zones, now_s

    def time_zone_of(self, tenant_id: str) -> str:
        """An IANA name; empty where it isn't known."""
        return self._zones.get(tenant_id, "")


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""
    return name
