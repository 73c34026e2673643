"""The configuration of jobs, from environment variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from common.service_config import ServiceConfig, read_service
from common.settings import Environment

EmailProvider = Literal["stub", "smtp"]
SmtpTls = Literal["none", "starttls", "implicit"]
_SCHEMES: Final[Mapping[str, tuple[SmtpTls, int]]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("implicit", 465),
}
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+"
_FROM: Final = re.compile(rf"(?:(?P<name>[^<>@\"\\\x00-\x1f\x7f]{{0,80}})<)?(?P<address>{_ADDRESS})(?(name)>)")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True)
class SmtpConfig:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    tls: SmtpTls
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    """Whom to trust besides the system's authorities."""
    timeout_s: float = 15.0
    """Each answer of the server's."""
    connections: int = 4


@dataclass(frozen=True, kw_only=True)
class Config(ServiceConfig):
    """Everything that may differ between two deployments. Durations are in seconds."""

    port: int = 8084
    email_provider: EmailProvider = "stub"
    """`stub`: mail is accepted, noted as stubbed, and goes nowhere."""
    smtp: SmtpConfig | None = None
    """There with provider `smtp`."""
    email_from: str = "receptionist@localhost.invalid"
    email_from_name: str = ""
    critical_slots: int = 16
    """Jobs at a time in this process, of each class."""
    bulk_slots: int = 8
    job_lease_s: float = 30.0
    """A job whose worker was not heard of for so long is done by another."""
    import_max_mb: int = 256
    """The largest file of customers that is taken in."""
    import_keep_days: int = 7
    """After so long without anything being done with it a file is deleted, its faulty rows with it."""


def from_env(variables: Mapping[str, str]) -> Config:
    """Reads the configuration. Raises `ConfigurationError` that names every fault."""
    env = Environment(variables)
    service = read_service(env, port=8084, use_db="JOBS")
    provider: EmailProvider = env.choice("EMAIL_PROVIDER", "stub", among=("stub", "smtp"))
    name, address = _sender(env, required=provider == "smtp")
    config = Config(
        **service,
        email_provider=provider,
        smtp=_smtp(env) if provider == "smtp" else None,
        email_from=address,
        email_from_name=name,
        critical_slots=env.integer("JOBS_CRITICAL_SLOTS", 16, minimum=1, maximum=500),
        bulk_slots=env.integer("JOBS_BULK_SLOTS", 8, minimum=1, maximum=500),
        job_lease_s=env.seconds("JOBS_LEASE_S", 30.0, minimum=3.0, maximum=600.0),
        import_max_mb=env.integer("IMPORT_MAX_MB", 256, minimum=1, maximum=4_096),
        import_keep_days=env.integer("IMPORT_KEEP_DAYS", 7, minimum=1, maximum=90),
    )
    env.finish()
    return config


def _sender(env: Environment, *, required: bool) -> tuple[str, str]:
    """`name@host` or `Name <name@host>`."""
    raw = env.text("EMAIL_FROM", required=required)
    match = _FROM.fullmatch(raw)
    if raw and match is None:
        env.fault("EMAIL_FROM must be an address, or a name and an address in angle brackets")
    return ((match["name"] or "").strip(), match["address"]) if match else ("", Config.email_from)


def _smtp(env: Environment) -> SmtpConfig:
    url = urlsplit(env.url("SMTP_URL", schemes=tuple(_SCHEMES), required=True))
    tls, port = _SCHEMES.get(url.scheme, ("none", 25))
    user, password = env.text("SMTP_USER"), env.secret("SMTP_PASSWORD", required=False, minimum_length=1)
    ca_file = env.text("SMTP_CA_FILE")
    if url.scheme and (not url.hostname or url.path or url.query or url.fragment):
        env.fault("SMTP_URL is a scheme, a host and perhaps a port")
    if "@" in url.netloc:
        env.fault("SMTP_URL has no user and no password: SMTP_USER and SMTP_PASSWORD (or SMTP_PASSWORD_FILE) have them")
    if bool(user) != bool(password):
        env.fault("SMTP_USER and SMTP_PASSWORD (or SMTP_PASSWORD_FILE) belong together")
    if password and url.scheme == "smtp" and url.hostname not in _LOOPBACK:
        env.fault("SMTP_URL=smtp:// would send SMTP_PASSWORD in the clear: use smtp+starttls:// or smtps://")
    if ca_file and not Path(ca_file).is_file():
        env.fault("SMTP_CA_FILE is no file")
    return SmtpConfig(
        host=url.hostname or "",
        port=url.port or port,
        tls=tls,
        user=user,
        password=password,
        ca_file=Path(ca_file) if ca_file else None,
        timeout_s=env.seconds("SMTP_TIMEOUT_S", 15.0, minimum=1.0, maximum=60.0),
        connections=env.integer("SMTP_CONNECTIONS", 4, minimum=1, maximum=50),
    )
