"""`python -m suite` on a real Postgres and RabbitMQ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from common.testing.patience import PATIENCE_S
from harness.databases import in_thread
from harness.postgres_server import PostgresServer
from harness.processes import free_port


async def customers_of_visits(url: str) -> list[str]:
    connection = await asyncpg.connect(url, timeout=PATIENCE_S)
    rows = await connection.fetch("SELECT customer_name FROM chat.appointments ORDER BY customer_name")
    await connection.close()
    return [row["customer_name"] for row in rows]


def test_the_sample_callers_get_what_they_call_for_on_postgres_and_rabbitmq(tmp_path: Path, amqp_url: str) -> None:
    # A server of its own: the suite gives the roles passwords of its own.
    with PostgresServer() as postgres:
        command = [sys.executable, "-m", "suite", "--port", str(free_port()), "--exit-after-samples"]
        done = subprocess.run(
            [*command, "--database", postgres.url(), "--amqp", amqp_url],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("got what they called for") == 3
        assert in_thread(customers_of_visits(postgres.url())) == ["Guadalupe Torres", "Maria Delgado"]
