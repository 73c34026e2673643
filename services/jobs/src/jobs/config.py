"""The configuration of jobs, from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.observability.logs import LogFormat
from common.settings import Environment


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that may differ between two deployments. Durations are in seconds."""

    host: str = "127.0.0.1"
    port: int = 8084
    database_url: str = "memory://"
    amqp_url: str = "memory://"
    log_format: LogFormat = "json"
    keep_pii: bool = False
    drain_s: float = 20.0


def from_env(variables: Mapping[str, str]) -> Config:
    """Reads the configuration. Raises `ConfigurationError` that names every fault."""
    env = Environment(variables)
    database_url = env.url("DATABASE_URL", "memory://", schemes=("memory", "postgresql", "postgres"))
    if not env.flag("USE_DB_JOBS", default=True):
        database_url = "memory://"
    config = Config(
        host=env.text("HOST", "127.0.0.1"),
        port=env.integer("PORT", 8084, minimum=0, maximum=65_535),
        database_url=database_url,
        amqp_url=env.url("AMQP_URL", "memory://", schemes=("memory", "amqp", "amqps")),
        log_format=env.choice("LOG_FORMAT", "json", among=("json", "console")),
        keep_pii=env.flag("LOG_PII", default=False),
        drain_s=env.seconds("DRAIN_S", 20.0, minimum=0.0, maximum=300.0),
    )
    env.finish()
    return config
