"""A tenant as billing knows it: a copy of chat's fact, for its calendar and its API keys."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Account:
    """`version` is the settings' version that this was read from."""

    tenant_id: str
    version: int
    time_zone: str
    api_key_sha256: tuple[str, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The tenant's calendar."""
        return ZoneInfo(self.time_zone)


def key_hash(api_key: str) -> str:
    """What is kept of an API key."""
    return hashlib.sha256(api_key.encode()).hexdigest()


def owner_of_key(accounts: tuple[Account, ...], api_key: str) -> Account | None:
    """The account that a key opens. Compares in constant time and looks at every account, so timing tells nothing."""
    presented = key_hash(api_key)
    found: Account | None = None
    for account in accounts:
        for known in account.api_key_sha256:
            if hmac.compare_digest(known, presented):
                found = account
    return found
