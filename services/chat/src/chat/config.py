"""Chat's configuration, from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from common.service_config import ServiceConfig, read_service
from common.settings import Environment

Records = Literal["stored", "embedded", "off"]
"""Kept in Postgres; kept in memory, which is all there is in the embedded mode; or not kept at all for now."""


@dataclass(frozen=True, kw_only=True)
class Config(ServiceConfig):
    """Everything that may differ between two deployments."""

    port: int = 8082
    tenants_file: Path | None = None
    pool_size: int = 12

    @property
    def records(self) -> Records:
        """Where the records are.

        Switched off (USE_DB_CHAT=false) where others rely on them, nothing is booked or taken from the queues: what memory
        would promise, a restart would forget.
        """
        if not self.use_db and not self.embedded:
            return "off"
        return "stored" if self.stored else "embedded"


def from_env(variables: Mapping[str, str]) -> Config:
    """Reads the configuration. Raises `ConfigurationError` that names every fault."""
    env = Environment(variables)
    tenants_file = env.text("TENANTS_FILE")
    config = Config(
        **read_service(env, port=8082, use_db="CHAT"),
        tenants_file=Path(tenants_file) if tenants_file else None,
        pool_size=env.integer("DATABASE_POOL_SIZE", 12, minimum=1, maximum=100),
    )
    env.finish()
    return config
