from __future__ import annotations

import asyncio
import os
import re
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import aiohttp
import asyncpg
import msgspec
import pytest
from gateway_samples import ORIGIN, TOKEN, sign, tenant, voice_form
from yarl import URL

from common.testing.patience import PATIENCE_S
from harness import processes
from harness.databases import Database
from harness.postgres_server import PostgresServer

NO_DATABASE = "postgresql://gateway:x@127.0.0.1:1/none"
_ACTION = re.compile(rb'<Gather[^>]* action="([^"]+)"')


@dataclass(kw_only=True)
class Instance:
    """A gateway in a process of its own."""

    folder: Path
    database_url: str
    port: int = field(default_factory=processes.free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        tenants = self.folder / "tenants.yaml"
        tenants.write_bytes(msgspec.yaml.encode({"tenants": [tenant()]}))
        environment = {
            **os.environ,
            "PORT": str(self.port),
            "PUBLIC_BASE_URL": ORIGIN,
            "DATABASE_URL": self.database_url,
            # No broker: its absence must hold up nobody.
            "AMQP_URL": "amqp://127.0.0.1:1",
            "TENANTS_FILE": str(tenants),
            "TWILIO_AUTH_TOKEN": TOKEN,
            "JOURNAL_DIR": str(self.folder / "journal"),
        }
        log = self.folder / "gateway.log"
        self.process = processes.start([sys.executable, "-m", "telephony_gateway"], log=log, environment=environment)
        processes.wait_until(self._serves, self.process, timeout_s=PATIENCE_S, name="gateway", log=log)

    def _serves(self) -> bool:
        """It listens, and uses its database where it can have one."""
        if not processes.accepts(self.port):
            return False
        with urlopen(f"http://127.0.0.1:{self.port}/metrics/prometheus", timeout=5) as response:
            return self.database_url == NO_DATABASE or b"ai_telephony_store_connected 1.0" in response.read()

    def kill(self) -> None:
        assert self.process is not None
        processes.kill(self.process)

    def stop(self) -> int:
        assert self.process is not None
        processes.end(self.process)
        return self.process.returncode


@pytest.fixture
def instances(tmp_path: Path, database: Database) -> Iterator[list[Instance]]:
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        made.append(Instance(folder=folder, database_url=database.urls["gateway"]))
    for instance in made:
        instance.start()
    yield made
    for instance in made:
        if instance.process is not None and instance.process.poll() is None:
            instance.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@dataclass(kw_only=True)
class PhoneCall:
    """A call that a load balancer may send to any instance at each turn."""

    session: aiohttp.ClientSession
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    action: str = "/twilio/voice"
    body: bytes = b""

    async def turn(self, to: Instance, words: str = "", *, advance: bool = True) -> bytes:
        form = voice_form(self.sid, **({"SpeechResult": words, "Confidence": "0.9"} if words else {}))
        url = URL(f"http://127.0.0.1:{to.port}{self.action}", encoded=True)
        headers = {
            "X-Twilio-Signature": sign(ORIGIN + self.action, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with self.session.post(url, data=urlencode(form), headers=headers) as response:
            assert response.status == 200
            body = await response.read()
        if advance:
            found = _ACTION.search(body)
            self.action = unescape(found.group(1).decode()) if found else ""
        return body


async def rows(database: Database, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute("SET search_path TO gateway")
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def stored(database: Database, turns: int) -> list[asyncpg.Record]:
    """The timeline, once it has so many lines."""
    found: list[asyncpg.Record] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < turns:
            await asyncio.sleep(0.1)
            found = await rows(database, "SELECT turn, heard, tier, degraded_by FROM call_turns ORDER BY turn")
    assert len(found) == turns
    return found


async def test_a_call_outlives_the_instance_that_answered_it(
    instances: list[Instance], database: Database, session: aiohttp.ClientSession
) -> None:
    one, two = instances
    call = PhoneCall(session=session)
    await call.turn(one)
    await call.turn(one, "I need a drain cleaning please")
    one.kill()
    body = await call.turn(two, "my name is Maria Gonzalez")
    assert b"<Gather" in body
    await call.turn(two, "1420 Barton Springs Road, Austin")
    lines = await stored(database, 4)
    assert [line["turn"] for line in lines] == [0, 1, 2, 3]
    assert {line["tier"] for line in lines} == {"full"}
    (kept,) = await rows(database, "SELECT convert_from(state, 'UTF8') AS state FROM call_sessions")
    assert "Maria Gonzalez" in kept["state"]
    assert '"service_id":"drain"' in kept["state"]


async def test_instances_take_turns_and_answer_each_other_s_repetitions(
    instances: list[Instance], database: Database, session: aiohttp.ClientSession
) -> None:
    one, two = instances
    call = PhoneCall(session=session)
    assert await call.turn(one, advance=False) == await call.turn(two)
    for number, words in enumerate(("I need a drain cleaning please", "my name is Maria Gonzalez", "I smell gas here")):
        first, second = (one, two) if number % 2 else (two, one)
        answers = await asyncio.gather(
            *(call.turn(to, words, advance=False) for to in (first, second, first, second, first))
        )
        assert len(set(answers)) == 1
        assert await call.turn(second, words) == answers[0]
    assert len(await stored(database, 4)) == 4
    events = await rows(database, "SELECT event_id FROM outbox WHERE routing_key = 'emergency.detected.v1'")
    assert len(events) == 1
    assert len(await rows(database, "SELECT * FROM alerts")) == 1


async def test_a_call_outlives_database_and_instance_together(
    instances: list[Instance], database: Database, session: aiohttp.ClientSession, postgres_server: PostgresServer
) -> None:
    one, two = instances
    call = PhoneCall(session=session)
    await call.turn(one)
    await call.turn(one, "I need a drain cleaning please")
    postgres_server.crash()
    try:
        await call.turn(one, "my name is Maria Gonzalez")
        one.kill()
        loop = asyncio.get_running_loop()
        started = loop.time()
        assert b"<Gather" in await call.turn(two, "1420 Barton Springs Road, Austin")
        assert loop.time() - started < 4
    finally:
        postgres_server.start()
    await call.turn(two, "hello")
    # The instance that died has one turn on its disk: it brings it when it is started again.
    one.start()
    lines = await stored(database, 5)
    assert [line["turn"] for line in lines] == [0, 1, 2, 3, 4]
    assert [line["degraded_by"] for line in lines[2:4]] == ["postgres", "postgres"]


async def test_the_first_words_come_within_50_ms_without_database_and_broker(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    alone = Instance(folder=tmp_path, database_url=NO_DATABASE)
    alone.start()
    try:
        loop = asyncio.get_running_loop()
        seconds = []
        for _ in range(60):
            started = loop.time()
            body = await PhoneCall(session=session).turn(alone)
            seconds.append(loop.time() - started)
            assert b"<Gather" in body
        # The machine is shared with other tests: the benchmark holds p99 to it.
        assert sorted(seconds)[len(seconds) // 2] < 0.05
    finally:
        assert alone.stop() == 0


def test_it_drains_and_ends_on_sigterm(instances: list[Instance]) -> None:
    assert [instance.stop() for instance in instances] == [0, 0]
