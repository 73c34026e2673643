"""Switches as operators turn them in an outage: real services, a real broker, and a Postgres that is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import asyncpg
import pytest

from common.postgres.provision import SWITCHES_SCHEMA
from common.testing.operators import bearer, minted, write_operators
from common.testing.patience import PATIENCE_S
from harness.databases import Database, Databases, in_thread
from harness.postgres_server import PostgresServer
from harness.service_processes import Deployment, ServiceProcess, SuiteProcesses

ROOT = Path(__file__).parents[2]
SOON_S = 8.0
"""Services look by themselves every fifteen seconds."""
BULK = ("--scope", "class:bulk")


def opsctl(environment: Mapping[str, str], *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs the command, which ends with this code."""
    done = subprocess.run(
        [sys.executable, "-m", "opsctl", *arguments],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@dataclass
class Stage:
    """Jobs and billing on a Postgres that can be killed."""

    postgres: PostgresServer
    services: SuiteProcesses
    environment: dict[str, str]

    def opsctl(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return opsctl(self.environment, *arguments, code=code)

    def paused(self, schema: str) -> bool:
        """Whether a service goes by a pause of bulk work, by its own word."""
        switches = json.loads(self._get(schema, "/v1/ops/switches"))["switches"]
        return any(view["value"] is True for view in switches if view["scope"] == "class:bulk")

    def metrics(self, schema: str) -> str:
        return self._get(schema, "/metrics/prometheus")

    def _get(self, schema: str, path: str) -> str:
        request = Request(f"{self.services[schema].url}{path}", headers=bearer("vera"))  # noqa: S310 - our own port
        with urlopen(request, timeout=5) as response:  # noqa: S310
            text: str = response.read().decode()
            return text


def within(seconds: float, check: Callable[[], bool]) -> None:
    """Waits until it is so."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < seconds, "it never came to that"
        time.sleep(0.02)


@pytest.fixture
def stage(amqp_url: str, tmp_path: Path) -> Iterator[Stage]:
    with PostgresServer() as postgres:
        database: Database = Databases(postgres).create()
        token = tmp_path / "token"
        token.write_text(minted("olaf")[0])
        deployment = Deployment(
            database_urls=database.urls,
            amqp_url=amqp_url,
            tenants_file=ROOT / "tenants.example.yaml",
            variables={"OPERATOR_TOKENS_FILE": str(write_operators(tmp_path / "operators.yaml"))},
        )
        with SuiteProcesses(deployment).start("jobs", "billing") as services:
            yield Stage(
                postgres=postgres,
                services=services,
                environment={
                    "PATH": os.environ["PATH"],
                    "HOME": str(tmp_path),
                    "COLUMNS": "200",
                    "OPSCTL_JOBS_URL": services["jobs"].url,
                    "OPSCTL_BILLING_URL": services["billing"].url,
                    "OPSCTL_TELEPHONY_GATEWAY_URL": "http://127.0.0.1:9",
                    "OPSCTL_CHAT_URL": "http://127.0.0.1:9",
                    "OPSCTL_TOKEN_FILE": str(token),
                    "OPSCTL_ACTOR": "dana",
                    "OPSCTL_CONTROL_DATABASE_URL": database.urls[SWITCHES_SCHEMA],
                    "OPSCTL_AMQP_URL": amqp_url,
                },
            )


def restart(service: ServiceProcess) -> None:
    """Killed and started again; it need not become ready."""
    service.kill()
    service.launch()


def answers(stage: Stage, schema: str) -> bool:
    try:
        return bool(stage.metrics(schema))
    except OSError:
        return False


def test_switches_are_turned_while_postgres_is_down_and_outlive_restarts(stage: Stage) -> None:
    # With everything up: services hear of it over the bus, long before their next look.
    stage.opsctl("switch", "set", "jobs.pause", "on", *BULK, "--reason", "the backlog grows", "--for", "2h")
    within(SOON_S, lambda: stage.paused("jobs") and stage.paused("billing"))
    assert 'ai_telephony_switch_on{lasting="false",scope="class:bulk",switch="jobs.pause"} 1.0' in stage.metrics("jobs")

    # Postgres is gone: the bus alone carries it, and opsctl keeps it for later.
    stage.postgres.crash()
    done = stage.opsctl("switch", "clear", "jobs.pause", *BULK, "--reason", "over the bus", code=0)
    assert "Postgres is away" in done.stderr
    within(SOON_S, lambda: not stage.paused("jobs") and not stage.paused("billing"))
    status = stage.opsctl("status", code=1)
    assert "not written down yet" in status.stdout
    assert "jobs.pause class:bulk" in status.stdout
    stage.opsctl("switch", "set", "jobs.pause", "on", *BULK, "--reason", "still too much")
    within(SOON_S, lambda: stage.paused("jobs"))

    # A service that is killed meanwhile remembers it from its disk.
    restart(stage.services["jobs"])
    within(PATIENCE_S, lambda: answers(stage, "jobs"))
    assert stage.paused("jobs")

    # Postgres is back, with what it knew before: what came over the bus holds until something newer is written down.
    stage.postgres.start()
    within(PATIENCE_S, lambda: "ai_telephony_store_connected 1.0" in stage.metrics("billing"))
    assert stage.paused("billing")
    listed = stage.opsctl("switch", "list")
    assert "wrote down what was set while Postgres was away: jobs.pause class:bulk" in listed.stderr
    assert "still too much" in listed.stdout
    history = json.loads(stage.opsctl("switch", "history", "jobs.pause", "--json").stdout)["items"]
    assert [line["reason"] for line in history] == ["still too much", "the backlog grows"]
    assert {line["actor"] for line in history} == {"dana"}
    assert "not written down" not in stage.opsctl("status", code=1).stdout

    # And it is cleared for good.
    stage.opsctl("switch", "clear", "jobs.pause", *BULK, "--reason", "all done")
    within(SOON_S, lambda: not stage.paused("jobs") and not stage.paused("billing"))
    restart(stage.services["billing"])
    stage.services["billing"].until_ready()
    assert not stage.paused("billing")


def test_the_tables_are_made_by_opsctl_where_nobody_made_them(database: Database, tmp_path: Path) -> None:
    url = database.urls[SWITCHES_SCHEMA]

    async def drop() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(
            "DROP TABLE control.settings; DROP TABLE control.schema_migrations; DROP FUNCTION control.refuse_change"
        )
        await connection.close()

    in_thread(drop())
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OPSCTL_CONTROL_DATABASE_URL": url}
    assert "no switch is set" not in opsctl(environment, "switch", "list").stdout
    assert json.loads(opsctl(environment, "switch", "history", "--json").stdout)["items"] == []
    done = opsctl(environment, "switch", "set", "jobs.pause", "on", *BULK, "--reason", "the backlog grows")
    assert "made the tables of the switches" in done.stderr
    assert "names no broker: services take it at their next look" in done.stderr
    listed = json.loads(opsctl(environment, "switch", "list", "--json").stdout)["switches"]
    assert [view["reason"] for view in listed if view["on"]] == ["the backlog grows"]
