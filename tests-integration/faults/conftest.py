"""Servers for the stages of fault tests."""

from __future__ import annotations

import pytest

from faults.stage import Servers, prepared_databases
from harness.postgres_server import PostgresServer
from harness.rabbitmq_server import RabbitMQServer


@pytest.fixture(scope="session")
def servers(postgres_server: PostgresServer, rabbitmq_server: RabbitMQServer) -> Servers:
    """The run's servers, and databases with every service's tables."""
    return Servers(postgres=postgres_server, rabbitmq=rabbitmq_server, databases=prepared_databases(postgres_server))
