"""Chat's configuration, from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from common.observability.logs import LogFormat
from common.settings import Environment

Records = Literal["stored", "embedded", "off"]
"""Kept in Postgres; kept in memory, which is all there is in the embedded mode; or not kept at all for now."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
MEMORY: Final = "memory://"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that may differ between two deployments. Durations are in seconds."""

    host: str = "127.0.0.1"
    port: int = 8082
    database_url: str = MEMORY
    amqp_url: str = MEMORY
    use_db: bool = True
    tenants_file: Path | None = None
    log_format: LogFormat = "json"
    keep_pii: bool = False
    drain_s: float = 20.0
    pool_size: int = 12

    @property
    def records(self) -> Records:
        """Where the records are.

        Switched off (USE_DB_CHAT=false) where others rely on them, nothing is booked or taken from the queues: what memory
        would promise, a restart would forget.
        """
        alone = self.database_url.startswith(MEMORY) and self.amqp_url.startswith(MEMORY) and self.on_loopback
        if not self.use_db and not alone:
            return "off"
        return "embedded" if self.database_url.startswith(MEMORY) else "stored"

    @property
    def on_loopback(self) -> bool:
        """True when nobody but this machine can connect."""
        return self.host in _LOOPBACK


def from_env(variables: Mapping[str, str]) -> Config:
    """Reads the configuration. Raises `ConfigurationError` that names every fault."""
    env = Environment(variables)
    tenants_file = env.text("TENANTS_FILE")
    config = Config(
        host=env.text("HOST", "127.0.0.1"),
        port=env.integer("PORT", 8082, minimum=0, maximum=65_535),
        database_url=env.url("DATABASE_URL", MEMORY, schemes=("memory", "postgresql", "postgres")),
        amqp_url=env.url("AMQP_URL", MEMORY, schemes=("memory", "amqp", "amqps")),
        use_db=env.flag("USE_DB_CHAT", default=True),
        tenants_file=Path(tenants_file) if tenants_file else None,
        log_format=env.choice("LOG_FORMAT", "json", among=("json", "console")),
        keep_pii=env.flag("LOG_PII", default=False),
        drain_s=env.seconds("DRAIN_S", 20.0, minimum=0.0, maximum=300.0),
        pool_size=env.integer("DATABASE_POOL_SIZE", 12, minimum=1, maximum=100),
    )
    if config.records == "embedded" and not config.on_loopback:
        env.fault(
            "DATABASE_URL must be postgresql:// where others can connect (HOST), or USE_DB_CHAT=false for a while"
        )
    env.finish()
    return config
