"""The configuration of jobs, from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.service_config import ServiceConfig, read_service
from common.settings import Environment


@dataclass(frozen=True, kw_only=True)
class Config(ServiceConfig):
    """It has nothing of its own."""

    port: int = 8084


def from_env(variables: Mapping[str, str]) -> Config:
    """Reads the configuration. Raises `ConfigurationError` that names every fault."""
    env = Environment(variables)
    config = Config(**read_service(env, port=8084, use_db="JOBS"))
    env.finish()
    return config
