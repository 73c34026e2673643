"""What every service is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypedDict

from common.control.initial import read_initial
from common.control.setting import Key
from common.observability.logs import LogFormat
from common.operations.operators import load_operators
from common.settings import ConfigurationError, Environment

MEMORY: Final = "memory://"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True)
class ServiceConfig:
    """Where a service listens, where its records and its bus are, and how it logs. Durations are in seconds."""

    port: int
    host: str = "127.0.0.1"
    database_url: str = MEMORY
    amqp_url: str = MEMORY
    use_db: bool = True
    """False: the playbook's switch, USE_DB_<SERVICE>."""
    log_format: LogFormat = "json"
    keep_pii: bool = False
    drain_s: float = 20.0
    operator_tokens_file: Path | None = None
    """Who may operate it over HTTP; None: nobody."""
    outbox_lease_s: float = 30.0
    """How long what a killed relay had claimed waits for another one. Longer than a confirm window takes at worst."""
    initial_switches: Mapping[Key, Any] = field(default_factory=dict)
    """What the environment says of switches."""
    switches_dir: Path | None = None
    """Where the last settings of switches are kept; None: nowhere."""

    @property
    def stored(self) -> bool:
        """True when the records are in Postgres."""
        return self.use_db and not self.database_url.startswith(MEMORY)

    @property
    def embedded(self) -> bool:
        """Everything is in memory by choice, on loopback: nothing to protect and nobody to lose."""
        return self.database_url.startswith(MEMORY) and self.amqp_url.startswith(MEMORY) and self.on_loopback

    @property
    def forgetful(self) -> bool:
        """In memory while others rely on it: what is taken from a real broker would be forgotten at the next restart."""
        return not self.stored and not self.amqp_url.startswith(MEMORY)

    @property
    def on_loopback(self) -> bool:
        """True when nobody but this machine can connect."""
        return self.host in _LOOPBACK


class ServiceValues(TypedDict):
    """The fields of `ServiceConfig`."""

    port: int
    host: str
    database_url: str
    amqp_url: str
    use_db: bool
    log_format: LogFormat
    keep_pii: bool
    drain_s: float
    operator_tokens_file: Path | None
    outbox_lease_s: float
    initial_switches: Mapping[Key, Any]
    switches_dir: Path | None


def read_service(env: Environment, *, port: int, use_db: str) -> ServiceValues:
    """Reads what is common; `port` is the default, `use_db` the service's word in USE_DB_<WORD>. Faults stay with `env`."""
    values = ServiceValues(
        port=env.integer("PORT", port, minimum=0, maximum=65_535),
        host=env.text("HOST", "127.0.0.1"),
        database_url=env.url("DATABASE_URL", MEMORY, schemes=("memory", "postgresql", "postgres")),
        amqp_url=env.url("AMQP_URL", MEMORY, schemes=("memory", "amqp", "amqps")),
        use_db=env.flag(f"USE_DB_{use_db}", default=True),
        log_format=env.choice("LOG_FORMAT", "json", among=("json", "console")),
        keep_pii=env.flag("LOG_PII", default=False),
        drain_s=env.seconds("DRAIN_S", 20.0, minimum=0.0, maximum=300.0),
        operator_tokens_file=_operator_tokens_file(env),
        outbox_lease_s=env.seconds("OUTBOX_LEASE_S", 30.0, minimum=0.5, maximum=600.0),
        initial_switches=read_initial(env),
        switches_dir=_switches_dir(env, port),
    )
    if values["database_url"].startswith(MEMORY) and values["use_db"] and values["host"] not in _LOOPBACK:
        env.fault(
            f"DATABASE_URL must be postgresql:// where others can connect (HOST), or USE_DB_{use_db}=false for a while"
        )
    return values


def _switches_dir(env: Environment, default_port: int) -> Path | None:
    """CONTROL_DIR, else beside the journal, else of this user and port; nowhere for a port that is another one each time."""
    if told := env.text("CONTROL_DIR"):
        return Path(told)
    if journal := env.text("JOURNAL_DIR"):
        return Path(journal) / "control"
    port = env.text("PORT", str(default_port))
    if port == "0":
        return None
    state = env.text("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "suite-switches" / port


def _operator_tokens_file(env: Environment) -> Path | None:
    """OPERATOR_TOKENS_FILE, read once so that its faults are told with the others."""
    name = env.text("OPERATOR_TOKENS_FILE")
    if not name:
        return None
    try:
        load_operators(Path(name))
    except ConfigurationError as error:
        for fault in error.faults:
            env.fault(fault)
    return Path(name)
