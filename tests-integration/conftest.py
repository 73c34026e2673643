"""Fixtures: private servers for the whole run, a database and a virtual host for each test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import processes
from harness.binaries import MissingProgram
from harness.databases import Database, Databases
from harness.postgres_server import PostgresServer
from harness.rabbitmq_server import RabbitMQServer

_BROKER = pytest.StashKey[Future[RabbitMQServer]]()
_FAILED = pytest.StashKey[bool]()
_LOGS = Path(__file__).parents[1] / ".run" / "test-logs"
"""Where the servers' logs are kept after a failure."""
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rabbitmq")


def pytest_collection_finish(session: pytest.Session) -> None:
    """The broker takes seconds to start: it does so while the tests that don't need it run."""
    names = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if "rabbitmq_server" in names and not session.config.option.collectonly:
        session.config.stash[_BROKER] = _STARTER.submit(RabbitMQServer().__enter__)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests without the broker first."""
    items.sort(key=lambda item: "rabbitmq_server" in getattr(item, "fixturenames", ()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the broker, also when no test got to use it."""
    started = config.stash.get(_BROKER, None)
    if started is not None and started.exception() is None:
        if config.stash.get(_FAILED, False):
            processes.keep(started.result().log, _LOGS)
        started.result().close()
    _STARTER.shutdown()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remembers whether the servers' logs will be wanted."""
    session.config.stash[_FAILED] = session.testsfailed > 0


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The run's Postgres."""
    server = PostgresServer()
    try:
        server.start()
    except MissingProgram as error:
        pytest.fail(str(error), pytrace=False)
    yield server
    if request.session.testsfailed:
        processes.keep(server.log, _LOGS)
    server.close()


@pytest.fixture(scope="session")
def databases(postgres_server: PostgresServer) -> Databases:
    """Where tests get their databases from."""
    return Databases(postgres_server)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A provisioned database with messaging's tables in each service's schema."""
    made = databases.create()
    yield made
    databases.drop(made)


@pytest.fixture(scope="session")
def rabbitmq_server(request: pytest.FixtureRequest) -> RabbitMQServer:
    """The run's RabbitMQ. A test that kills it starts it again."""
    try:
        return request.config.stash[_BROKER].result()
    except MissingProgram as error:
        pytest.fail(str(error), pytrace=False)


_vhosts = itertools.count(1)


@pytest.fixture
def amqp_url(rabbitmq_server: RabbitMQServer) -> Iterator[str]:
    """An empty virtual host."""
    name = f"test{next(_vhosts)}"
    yield rabbitmq_server.add_vhost(name)
    rabbitmq_server.remove_vhost(name)
