"""The four services in one process, each wired as it is alone, but for what they share: a bus, a terminal, loopback."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import billing.app
import billing.config
import chat.app
import chat.config
import jobs.app
import jobs.config
import telephony_gateway.app
import telephony_gateway.config
from common.contracts.tenants import TenantSettings
from common.control.memory_store import MemorySwitchStore
from common.control.postgres_store import SCHEMA as SWITCHES_SCHEMA
from common.control.postgres_store import PostgresSwitchStore, migrate_switches, open_switch_pool
from common.control.store import SwitchStore
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.messaging.parking import BusWithParking
from common.postgres.provision import provision
from common.tenants_file import load_tenants
from suite.edge import edge
from suite.handoff import RUN_DIR
from suite.operators import admit_operator
from telephony_gateway.adapters.stub_client import Shown, StubClient

EXAMPLE_TENANTS: Final = Path(__file__).parents[4] / "tenants.example.yaml"
_SCHEMAS: Final = {"telephony-gateway": "gateway", "chat": "chat", "billing": "billing", "jobs": "jobs"}


@dataclass(frozen=True, kw_only=True)
class SuiteOptions:
    """What the command line says. Empty URLs mean memory."""

    port: int
    admin_database_url: str = ""
    amqp_url: str = ""
    drain_s: float = 1.0


@dataclass(frozen=True, kw_only=True)
class RunningSuite:
    """Where it is, and what a caller needs to know."""

    url: str
    public_base_url: str
    auth_token: str
    tenants: tuple[TenantSettings, ...]
    operator_token_file: Path | None
    """Opens what operators use; None where OPERATOR_TOKENS_FILE says who they are."""


@asynccontextmanager
async def running_suite(
    options: SuiteOptions, variables: Mapping[str, str], *, show: Shown | None = None
) -> AsyncIterator[RunningSuite]:
    """Starts everything behind one origin. `variables` are the services' own (TWILIO_AUTH_TOKEN, TENANTS_FILE, ...)."""
    async with AsyncExitStack() as stack:
        operator = None
        if not variables.get("OPERATOR_TOKENS_FILE", "").strip():
            operator = admit_operator(options.port, stack.enter_context(ExitStack()))
            variables = {**variables, "OPERATOR_TOKENS_FILE": str(operator.tokens_file)}
        base = _variables(options, variables, _journal_dir(options, stack))
        tenants = load_tenants(Path(base["TENANTS_FILE"]))
        database_urls = await _provisioned(options)
        configs = _configs(base, database_urls, options.drain_s)
        bus = _buses(options, stack)
        switches = await _switches(database_urls, stack)
        # Who answers queries comes first, so that the first call finds everyone there.
        ports = {
            "billing": (
                await stack.enter_async_context(
                    billing.app.running(configs.billing, billing.app.Overrides(bus=bus(), switches=switches))
                )
            ).port,
            "jobs": (
                await stack.enter_async_context(
                    jobs.app.running(configs.jobs, jobs.app.Overrides(bus=bus(), switches=switches))
                )
            ).port,
            "chat": (
                await stack.enter_async_context(
                    chat.app.running(configs.chat, chat.app.Overrides(bus=bus(), switches=switches))
                )
            ).port,
        }
        provider = StubClient(lambda: secrets.token_hex(16), show) if configs.gateway.sms_provider == "stub" else None
        gateway = await stack.enter_async_context(
            telephony_gateway.app.running(
                configs.gateway, telephony_gateway.app.Overrides(bus=bus(), provider=provider, switches=switches)
            )
        )
        ports["telephony-gateway"] = gateway.port
        port = await stack.enter_async_context(edge(ports, host="127.0.0.1", port=options.port))
        yield RunningSuite(
            url=f"http://127.0.0.1:{port}",
            public_base_url=configs.gateway.public_base_url,
            auth_token=configs.gateway.twilio_auth_token,
            tenants=tenants,
            operator_token_file=operator.token_file if operator is not None else None,
        )


@dataclass(frozen=True, kw_only=True)
class _Configs:
    gateway: telephony_gateway.config.Config
    chat: chat.config.Config
    billing: billing.config.Config
    jobs: jobs.config.Config


def _journal_dir(options: SuiteOptions, stack: AsyncExitStack) -> Path:
    """Beside a database it is kept; what was remembered beside a memory that is gone would be of another world."""
    if options.admin_database_url:
        return RUN_DIR / "journal"
    RUN_DIR.mkdir(mode=0o700, exist_ok=True)
    return Path(stack.enter_context(TemporaryDirectory(prefix="journal-", dir=RUN_DIR)))


def _variables(options: SuiteOptions, variables: Mapping[str, str], journal_dir: Path) -> dict[str, str]:
    given = {name: value for name, value in variables.items() if value.strip()}
    return {
        "TENANTS_FILE": str(EXAMPLE_TENANTS),
        "PUBLIC_BASE_URL": f"http://localhost:{options.port}",
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "JOURNAL_DIR": str(journal_dir),
        **given,
        "HOST": "127.0.0.1",
        "PORT": "0",
        "AMQP_URL": options.amqp_url or "memory://",
    }


def _configs(base: Mapping[str, str], database_urls: Mapping[str, str], drain_s: float) -> _Configs:
    def variables(service: str) -> dict[str, str]:
        return {**base, "DATABASE_URL": database_urls.get(_SCHEMAS[service], "memory://")}

    return _Configs(
        gateway=replace(telephony_gateway.config.from_env(variables("telephony-gateway")), drain_s=drain_s),
        chat=replace(chat.config.from_env(variables("chat")), drain_s=drain_s),
        billing=replace(billing.config.from_env(variables("billing")), drain_s=drain_s),
        jobs=replace(jobs.config.from_env(variables("jobs")), drain_s=drain_s),
    )


async def _provisioned(options: SuiteOptions) -> dict[str, str]:
    """Roles and schemas in the administrator's database, with passwords of this run."""
    if not options.admin_database_url:
        return {}
    names = (*_SCHEMAS.values(), SWITCHES_SCHEMA)
    urls = await provision(options.admin_database_url, {name: secrets.token_hex(16) for name in names})
    await migrate_switches(urls[SWITCHES_SCHEMA])
    return urls


async def _switches(database_urls: Mapping[str, str], stack: AsyncExitStack) -> SwitchStore:
    """One place for all four: whoever operates the suite sets every switch at any of them."""
    if not database_urls:
        return MemorySwitchStore()
    pool = await open_switch_pool(database_urls[SWITCHES_SCHEMA], application_name="suite switches")
    stack.push_async_callback(pool.close)
    return PostgresSwitchStore(pool)


def _buses(options: SuiteOptions, stack: AsyncExitStack) -> Callable[[], BusWithParking | None]:
    """One bus a service: of one broker in memory, or each service's own connection to RabbitMQ."""
    if options.amqp_url:
        return lambda: None
    broker = MemoryBroker()

    def bus() -> BusWithParking:
        made = MemoryBus(broker)
        stack.push_async_callback(made.close)
        return made

    return bus
