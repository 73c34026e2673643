"""The configuration of billing, from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.service_config import ServiceConfig, read_service
from common.settings import Environment


@dataclass(frozen=True, kw_only=True)
class Config(ServiceConfig):
    """It has nothing of its own."""

    port: int = 8083


def from_env(variables: Mapping[str, str]) -> Config:
    """Reads the configuration. Raises `ConfigurationError` that names every fault."""
    env = Environment(variables)
    config = Config(**read_service(env, port=8083, use_db="BILLING"))
    env.finish()
    return config
