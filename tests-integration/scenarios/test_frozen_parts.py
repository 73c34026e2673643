"""A database or a broker that stands still with its connections open: services and `opsctl status` say so, and nothing else gives way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from harness.callers import tenants_yaml
from harness.databases import Databases
from harness.postgres_server import PostgresServer
from harness.rabbitmq_server import RabbitMQServer
from harness.service_processes import Deployment, SuiteProcesses

TOLD_S = 15.0
"""Six and a half seconds, and what a busy machine adds."""
BACK_S = 30.0
NEED_THEIR_DATABASE = ("chat", "billing", "jobs")
ALL = ("gateway", *NEED_THEIR_DATABASE)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """All services, and who looks at them from outside."""

    postgres: PostgresServer
    services: SuiteProcesses
    environment: Mapping[str, str]

    def ready(self, schema: str) -> tuple[int, dict[str, Any]]:
        try:
            with urlopen(f"{self.services[schema].url}/readyz", timeout=3) as response:  # noqa: S310 - our own port
                return 200, json.loads(response.read())
        except HTTPError as error:
            return error.code, json.loads(error.read())

    def alive(self, schema: str) -> bool:
        with urlopen(f"{self.services[schema].url}/healthz", timeout=3) as response:  # noqa: S310 - our own port
            return bool(response.status == 200)

    def status(self) -> dict[str, dict[str, Any]]:
        """What `opsctl status` says of each service."""
        done = subprocess.run(
            [sys.executable, "-m", "opsctl", "status", "--json"],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        said = json.loads(done.stdout)
        assert done.returncode == (0 if said["well"] else 1), done.stderr
        return {service["service"]: service for service in said["services"]}


@pytest.fixture
def watched(amqp_url: str, tmp_path: Path) -> Iterator[Watched]:
    tenants_file = tmp_path / "tenants.yaml"
    tenants_file.write_text(tenants_yaml(capacity=1))
    with PostgresServer() as postgres:
        deployment = Deployment(
            database_urls=Databases(postgres).create().urls, amqp_url=amqp_url, tenants_file=tenants_file
        )
        with SuiteProcesses(deployment).start() as services:
            yield Watched(
                postgres=postgres,
                services=services,
                environment={
                    "PATH": os.environ["PATH"],
                    "HOME": str(tmp_path),
                    "OPSCTL_TELEPHONY_GATEWAY_URL": services["gateway"].url,
                    **{f"OPSCTL_{name.upper()}_URL": services[name].url for name in NEED_THEIR_DATABASE},
                },
            )


def within(seconds: float, check: Callable[[], bool], last: Callable[[], object]) -> float:
    """Waits until it is so; the seconds that it took."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < seconds, last()
        time.sleep(0.1)
    return time.monotonic() - started


def states(watched: Watched) -> list[tuple[str, int, dict[str, str]]]:
    answers = [(schema, *watched.ready(schema)) for schema in ALL]
    return [(schema, code, body["parts"]) for schema, code, body in answers]


def test_a_frozen_database_is_told_and_takes_nobody_off_who_can_do_without(watched: Watched) -> None:
    def all_well() -> bool:
        return all(parts == {"store": "ok", "bus": "ok"} for _, _, parts in states(watched))

    within(BACK_S, all_well, lambda: states(watched))
    watched.postgres.freeze()
    try:
        within(
            TOLD_S,
            lambda: all(parts["store"] != "ok" for _, _, parts in states(watched)),
            lambda: states(watched),
        )
        assert [(schema, code) for schema, code, _ in states(watched)] == [
            ("gateway", 200),
            ("chat", 503),
            ("billing", 503),
            ("jobs", 503),
        ]
        assert watched.ready("billing")[1]["reasons"]["store"].startswith("no answer for ")
        assert all(parts["bus"] == "ok" for _, _, parts in states(watched))
        assert all(watched.alive(schema) for schema in ALL)
        said = watched.status()
        assert {name: (service["ready"], service["database"], service["broker"]) for name, service in said.items()} == {
            "telephony-gateway": (True, False, True),
            "chat": (False, False, True),
            "billing": (False, False, True),
            "jobs": (False, False, True),
        }
    finally:
        watched.postgres.thaw()
    within(BACK_S, all_well, lambda: states(watched))
    assert {service["database"] for service in watched.status().values()} == {True}


def test_a_frozen_broker_is_told_before_its_heartbeats_are_missed_and_takes_nobody_off(
    watched: Watched, rabbitmq_server: RabbitMQServer
) -> None:
    within(BACK_S, lambda: all(parts["bus"] == "ok" for _, _, parts in states(watched)), lambda: states(watched))
    rabbitmq_server.pause()
    try:
        within(
            TOLD_S,
            lambda: all(parts["bus"] != "ok" for _, _, parts in states(watched)),
            lambda: states(watched),
        )
        assert [code for _, code, _ in states(watched)] == [200] * len(ALL)
        said = watched.status().values()
        assert {(service["ready"], service["database"], service["broker"]) for service in said} == {(True, True, False)}
    finally:
        rabbitmq_server.resume()
    within(BACK_S, lambda: all(parts["bus"] == "ok" for _, _, parts in states(watched)), lambda: states(watched))
    assert {service["broker"] for service in watched.status().values()} == {True}
