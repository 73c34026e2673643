"""Where the suite is and who the operator is: OPSCTL_* variables before a file, `~/.config/opsctl/config.toml`.

    url = "http://127.0.0.1:8080"            # the one-process suite: http://host:port
    timeout_s = 5.0
    token_file = "~/.config/opsctl/token"    # an operator's token; never on the command line
    control_database_url_file = "..."        # schema `control`, as the role `control`: sets switches
    amqp_url_file = "..."                    # as the broker's user `control`: sets switches while Postgres is down
    actor = "dana"                           # who sets them; the login name unless told

    [services]                               # each service's own port, instead of `url`
    telephony-gateway = "http://10.0.0.4:8081"
    chat = "http://10.0.0.5:8082"

Each has a variable: OPSCTL_URL, OPSCTL_TOKEN_FILE, OPSCTL_CONTROL_DATABASE_URL_FILE, OPSCTL_TELEPHONY_GATEWAY_URL and so on. What has
a password in it may be given without `_FILE` in the environment, not in the file.
"""

from __future__ import annotations

import getpass
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from common.settings import ConfigurationError, Environment

SERVICES: Final = ("telephony-gateway", "chat", "billing", "jobs")
"""The services by the names of their folders."""
DEFAULT_URL: Final = "http://127.0.0.1:8080"
MAX_TOKEN_BYTES: Final = 4_096
_KEYS: Final = ("url", "timeout_s", "token_file", "control_database_url_file", "amqp_url_file", "actor")
_ACTOR: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a command needs to know. Nothing in it prints a secret."""

    folder: Path
    """Where opsctl keeps what is its own."""
    services: Mapping[str, str]
    """Service -> where its `/healthz` and `/v1/...` begin, without a slash at the end."""
    token_file: Path | None = None
    control_database_url: str = field(default="", repr=False)
    amqp_url: str = field(default="", repr=False)
    actor: str
    timeout_s: float = 5.0

    def token(self) -> str:
        """The operator's token; empty without a file. Raises `ConfigurationError`."""
        if self.token_file is None:
            return ""
        try:
            with self.token_file.expanduser().open(encoding="ascii") as file:
                token = file.read(MAX_TOKEN_BYTES + 1).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError([f"the token file {self.token_file}: {type(error).__name__}"]) from error
        if not token or len(token) > MAX_TOKEN_BYTES or not token.isprintable() or " " in token:
            raise ConfigurationError([f"the token file {self.token_file} has no token in it"])
        return token


def read_config(variables: Mapping[str, str], *, home: Path) -> Config:
    """Variables, then the file, then what is usual. Raises `ConfigurationError` with every fault."""
    folder = _folder(variables, home)
    path = Path(variables.get("OPSCTL_CONFIG") or folder / "config.toml").expanduser()
    told = _read_file(path, needed=bool(variables.get("OPSCTL_CONFIG")))
    env = Environment({**_as_variables(told), **{name: value for name, value in variables.items() if value.strip()}})
    base = env.url("OPSCTL_URL", DEFAULT_URL, schemes=("http", "https"))
    token_file = env.text("OPSCTL_TOKEN_FILE")
    usual = folder / "token"
    actor = env.text("OPSCTL_ACTOR", _login_name(variables))
    if not _ACTOR.match(actor):
        env.fault("OPSCTL_ACTOR must be 1 to 64 letters, digits, dots, dashes and underscores")
    config = Config(
        folder=folder,
        services={
            service: env.url(
                f"OPSCTL_{service.upper().replace('-', '_')}_URL", f"{base}/{service}", schemes=("http", "https")
            )
            for service in SERVICES
        },
        token_file=Path(token_file).expanduser() if token_file else (usual if usual.is_file() else None),
        control_database_url=_secret_url(env, "OPSCTL_CONTROL_DATABASE_URL", schemes=("postgresql", "postgres")),
        amqp_url=_secret_url(env, "OPSCTL_AMQP_URL", schemes=("amqp", "amqps")),
        actor=actor,
        timeout_s=env.seconds("OPSCTL_TIMEOUT_S", 5.0, minimum=0.1, maximum=120.0),
    )
    env.finish()
    return config


def _folder(variables: Mapping[str, str], home: Path) -> Path:
    base = variables.get("XDG_CONFIG_HOME", "").strip()
    return (Path(base) if base else home / ".config") / "opsctl"


def _read_file(path: Path, *, needed: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if not needed:
            return {}
        raise ConfigurationError([f"{path} is not there"]) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError([f"{path}: {error}"]) from error


def _as_variables(told: Mapping[str, Any]) -> dict[str, str]:
    """The file's keys under their variables' names. Raises `ConfigurationError` for what is no setting of ours."""
    services = told.get("services", {})
    unknown = [key for key in told if key not in {*_KEYS, "services"}]
    if isinstance(services, dict):
        unknown += [f"services.{name}" for name in services if name not in SERVICES]
    if unknown or not isinstance(services, dict):
        raise ConfigurationError([f"unknown in the configuration: {', '.join(unknown) or 'services'}"])
    variables = {f"OPSCTL_{key.upper()}": str(told[key]) for key in _KEYS if key in told}
    for name, url in services.items():
        variables[f"OPSCTL_{name.upper().replace('-', '_')}_URL"] = str(url)
    return variables


def _secret_url(env: Environment, name: str, *, schemes: tuple[str, ...]) -> str:
    value = env.secret(name, required=False, minimum_length=1)
    if value and value.partition("://")[0] not in schemes:
        env.fault(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return value


def _login_name(variables: Mapping[str, str]) -> str:
    """Of who is logged in; a container may have a user without a name."""
    try:
        return variables.get("USER") or getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
