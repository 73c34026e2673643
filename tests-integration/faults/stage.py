"""The suite on a stage: services as processes that can be told to die, servers, and a faulty wire on every way between them."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias, get_args
from urllib.parse import urlsplit, urlunsplit

import billing.adapters.postgres_store
import chat.adapters.postgres_queries
import jobs.adapters.postgres_store
import telephony_gateway.adapters.schema
from harness import failpoints, processes
from harness.databases import Database, Databases
from harness.fault_proxy import PASS, FaultProxy, Mode
from harness.mutations import Mutation
from harness.postgres_server import PostgresServer
from harness.rabbitmq_server import RabbitMQServer
from harness.service_processes import Deployment, ServiceProcess
from harness.witness import call_witnesses

Schema: TypeAlias = Literal["gateway", "chat", "billing", "jobs"]
SCHEMAS: Final[tuple[Schema, ...]] = get_args(Schema)
Mutations: TypeAlias = Mapping[Schema, Mutation]
MIGRATIONS: Final = {
    "gateway": (telephony_gateway.adapters.schema.MIGRATIONS,),
    "chat": (chat.adapters.postgres_queries.MIGRATIONS,),
    "billing": (billing.adapters.postgres_store.MIGRATIONS,),
    "jobs": (jobs.adapters.postgres_store.MIGRATIONS,),
}
BUSINESSES: Final = 40
"""One for each scenario that is played on a stage: what callers of one do is not in the way of the others'."""
OPERATOR_TOKEN: Final = "operator-token-of-the-clients-0123456789"
_VARIABLES: Final = {"OUTBOX_LEASE_S": "3", "CALL_SWEEP_S": "1", "DRAIN_S": "5"}
_TENANT: Final = """\
  - tenant_id: {tenant_id}
    business_name: Business {number}
    trade: plumbing
    phone_numbers: ["{line}"]
    time_zone: {zone}
    contacts: [{{name: Dana, phone: "{contact}"}}]
    hours: {{{hours}}}
    capacity: 20
    minimum_notice_minutes: 0
    daily_text_limit: 10000
    travel_buffer_minutes: 0
    api_key_sha256: [{api_key_sha256}]
    services: [{{slug: faucet, name_en: faucet repair, duration_minutes: 60, keywords: [faucet]}}]
"""
_serials = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Servers:
    """What stages have in common: nothing of it is started or ended by them, but scenarios kill it and start it again."""

    postgres: PostgresServer
    rabbitmq: RabbitMQServer
    databases: Databases
    """With every service's tables and the witnesses."""


def prepared_databases(server: PostgresServer) -> Databases:
    """Databases for stages."""

    async def finish(admin_url: str) -> None:
        await call_witnesses(admin_url, {schema: schema for schema in SCHEMAS})

    return Databases(server, name="stage", sets=MIGRATIONS, finish=finish)


@dataclass(frozen=True, kw_only=True)
class Business:
    """A tenant."""

    tenant_id: str
    line: str
    """The number that callers dial."""
    contact: str
    """Who is alerted in an emergency."""
    api_key: str


class Node:
    """One process of a service, with its wires to the database, the broker and its callers. Kept over its deaths."""

    def __init__(self, schema: Schema, deployment: Deployment, *, folder: Path, mutation: Mutation | None) -> None:
        self.schema: Schema = schema
        self.folder = folder
        folder.mkdir()
        self.database = FaultProxy(_port_of(deployment.database_urls[schema])).start()
        self.bus = FaultProxy(_port_of(deployment.amqp_url)).start()
        self.journal = folder / "journal" / "journal.sqlite3"
        """What a gateway accepted while its database was away; there is no such file before."""
        variables = {
            "FAULTS_FOLDER": str(folder),
            "FAULTS_MUTATION": mutation or "",
            "JOURNAL_DIR": str(self.journal.parent),
        }
        own = Deployment(
            database_urls={schema: _through(self.database, deployment.database_urls[schema])},
            amqp_url=_through(self.bus, deployment.amqp_url),
            tenants_file=deployment.tenants_file,
            variables={**deployment.variables, **variables},
        )
        command = [sys.executable, "-m", "harness.failing_service", schema]
        self.process = ServiceProcess(own, schema, command=command)
        self.front = FaultProxy(self.process.port).start()

    @property
    def url(self) -> str:
        """Where callers reach it."""
        return f"http://127.0.0.1:{self.front.port}"

    @property
    def wires(self) -> tuple[FaultProxy, ...]:
        """All of its connections."""
        return (self.front, self.database, self.bus)

    def order(self, moment: str, *, hit: int, act: failpoints.Act) -> int:
        """Tells it to fail; the order's number."""
        serial = next(_serials)
        failpoints.give_order(self.folder, failpoints.Order(serial=serial, moment=moment, hit=hit, act=act))
        return serial

    def fulfilled(self, serial: int) -> bool:
        """True when it has failed as ordered."""
        return any(mark.serial == serial for mark in failpoints.read_marks(self.folder))

    def moments_met(self) -> frozenset[str]:
        """The moments that came by, over all starts."""
        return frozenset(mark.moment for mark in failpoints.read_marks(self.folder))

    async def start(self) -> None:
        """Starts it, without any order, and waits for its readiness. Raises `ServerFailed`."""
        failpoints.withdraw_order(self.folder)
        await asyncio.to_thread(self.process.start)

    async def restart(self) -> None:
        """SIGTERM, as an operator does it, and a start. Raises `AssertionError` when it doesn't end well."""
        code, _ = await asyncio.to_thread(self.process.terminate, timeout_s=15.0)
        assert code == 0, f"{self.schema} ended with {code}"
        await self.start()

    def close(self) -> None:
        """Ends it and its wires."""
        self.process.close()
        for wire in self.wires:
            wire.close()


class Stage:
    """The services `schemas`, each with one process (and more where `add` is called); a context manager."""

    def __init__(
        self,
        servers: Servers,
        *,
        schemas: tuple[Schema, ...] = SCHEMAS,
        mutations: Mutations | None = None,
    ) -> None:
        self.servers = servers
        self.schemas = schemas
        self._mutations = mutations or {}
        self._numbers = itertools.count()
        self.folder = processes.private_folder("stage")
        self.texts = self.folder / "texts.jsonl"
        self.mails = self.folder / "mails"
        self.businesses = iter(_businesses())
        tenants_file = self.folder / "tenants.yaml"
        tenants_file.write_text(_tenants_yaml())
        operators_file = self.folder / "operators.json"
        operators_file.write_text(_operators_json())
        self.database: Database = servers.databases.create()
        self.vhost = self.database.name
        self.deployment = Deployment(
            database_urls=self.database.urls,
            amqp_url=servers.rabbitmq.add_vhost(self.vhost),
            tenants_file=tenants_file,
            # The services are imported from where the stage is: the tests' harness is around them.
            variables={
                **_VARIABLES,
                "FAULTS_TEXTS": str(self.texts),
                "FAULTS_MAILS": str(self.mails),
                "OPERATOR_TOKENS_FILE": str(operators_file),
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
        )
        self.nodes: dict[Schema, list[Node]] = {schema: [] for schema in SCHEMAS}

    def add(self, schema: Schema) -> Node:
        """Another process of a service, not started yet."""
        folder = self.folder / f"{schema}-{next(self._numbers)}"
        node = Node(schema, self.deployment, folder=folder, mutation=self._mutations.get(schema))
        self.nodes[schema].append(node)
        return node

    async def remove(self, node: Node) -> None:
        """One process fewer, ended in good order."""
        self.nodes[node.schema].remove(node)
        await asyncio.to_thread(node.close)

    async def start(self) -> Self:
        """Starts the services side by side. Raises `ServerFailed`."""
        await asyncio.gather(*(self.add(schema).start() for schema in self.schemas))
        return self

    def node(self, schema: Schema) -> Node:
        """The first process of a service."""
        return self.nodes[schema][0]

    def all_nodes(self) -> Iterator[Node]:
        """Every process."""
        return itertools.chain.from_iterable(self.nodes.values())

    def moments_met(self, schema: Schema) -> frozenset[str]:
        """The moments that came by in any process of a service."""
        return frozenset().union(*(node.moments_met() for node in self.nodes[schema]))

    def set_wires(self, wires: Iterator[FaultProxy] | tuple[FaultProxy, ...], mode: Mode) -> None:
        """The same fault on several wires."""
        for wire in wires:
            wire.set(mode)

    def heal(self) -> None:
        """No wire has a fault any more."""
        for node in self.all_nodes():
            self.set_wires(node.wires, PASS)

    def keep_logs(self, folder: Path) -> None:
        """Copies what all processes wrote to where a person will look for it."""
        for node in self.all_nodes():
            processes.keep(node.process.log, folder)

    def close(self) -> None:
        """Ends the processes; the database and the virtual host go."""
        for node in self.all_nodes():
            node.process.ask_to_end()
        for node in self.all_nodes():
            node.close()
        self.servers.rabbitmq.remove_vhost(self.vhost)
        self.servers.databases.drop(self.database)
        processes.remove(self.folder)

    async def __aenter__(self) -> Self:
        try:
            return await self.start()
        except BaseException:
            await asyncio.to_thread(self.close)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)


def _businesses() -> Iterator[Business]:
    for number in range(BUSINESSES):
        yield Business(
            tenant_id=f"business-{number}",
            line=f"+1512556{number:04}",
            contact=f"+1512557{number:04}",
            api_key=f"key-of-business-{number}",
        )


def _tenants_yaml() -> str:
    """Businesses where it is about noon: no text waits for the end of a night."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours = ", ".join(f'{day}: [{{opens: "07:00", closes: "21:00"}}]' for day in days)
    behind = datetime.now(UTC).hour - 12
    zone = f"Etc/GMT{behind:+}" if behind else "Etc/GMT"
    return "tenants:\n" + "".join(
        _TENANT.format(
            tenant_id=business.tenant_id,
            number=number,
            line=business.line,
            contact=business.contact,
            api_key_sha256=hashlib.sha256(business.api_key.encode()).hexdigest(),
            zone=zone,
            hours=hours,
        )
        for number, business in enumerate(_businesses())
    )


def _operators_json() -> str:
    digest = hashlib.sha256(OPERATOR_TOKEN.encode()).hexdigest()
    return json.dumps([{"name": "client", "token_sha256": digest, "roles": ["operator"]}])


def _port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def _through(proxy: FaultProxy, url: str) -> str:
    """The URL by way of a proxy."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{place}:{proxy.port}"))
