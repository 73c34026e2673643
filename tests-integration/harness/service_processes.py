"""The four services as processes of their own, configured by their environment alone, as they are deployed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from harness import processes

MODULES: Final = {"gateway": "telephony_gateway", "chat": "chat", "billing": "billing", "jobs": "jobs"}
"""Schema -> the module that is run."""
AUTH_TOKEN: Final = "integration-auth-token-0123456789"
PUBLIC_BASE_URL: Final = "https://receptionist.example"
_START_S: Final = 120.0
_PROBE_S: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What all services of one suite have in common."""

    database_urls: Mapping[str, str]
    """Schema -> URL with its role."""
    amqp_url: str
    tenants_file: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    """Given to every service, over what is set here."""


class ServiceProcess:
    """One service; a context manager that ends it. It may be killed and started again, on the same port and folder."""

    def __init__(self, deployment: Deployment, schema: str, *, command: Sequence[str] = ()) -> None:
        """`command` runs in place of `python -m <module>`."""
        self.schema = schema
        self.port = processes.free_port()
        self._folder = processes.private_folder(schema)
        self._command = list(command) or [sys.executable, "-m", MODULES[schema]]
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            # None of ours: a variable of whoever runs the tests must not reach the service.
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._folder),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATABASE_URL": deployment.database_urls[schema],
            "AMQP_URL": deployment.amqp_url,
            "TENANTS_FILE": str(deployment.tenants_file),
            "LOG_FORMAT": "json",
            "PUBLIC_BASE_URL": PUBLIC_BASE_URL,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "SMS_PROVIDER": "stub",
            "JOURNAL_DIR": str(self._folder / "journal"),
            **deployment.variables,
        }

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it wrote to its standard error."""
        return self._folder / f"{self.schema}.log"

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None
        return self._process.pid

    def launch(self) -> Self:
        """Starts it and doesn't wait."""
        self._process = processes.start(self._command, log=self.log, environment=self._environment)
        return self

    def until_ready(self) -> Self:
        """Waits for its readiness. Raises `ServerFailed`."""
        assert self._process is not None
        processes.wait_until(self._ready, self._process, timeout_s=_START_S, name=self.schema, log=self.log)
        return self

    def start(self) -> Self:
        """Starts it and waits for its readiness. Raises `ServerFailed`."""
        return self.launch().until_ready()

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        processes.kill(self._process)

    def terminate(self, *, timeout_s: float) -> tuple[int, float]:
        """SIGTERM; its exit code and how many seconds it took. Raises `TimeoutExpired`."""
        assert self._process is not None
        started = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout_s)
        return code, time.monotonic() - started

    def send(self, number: signal.Signals) -> None:
        """Sends it."""
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def alive(self) -> bool:
        """True when it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def ask_to_end(self) -> None:
        """SIGTERM, if it runs at all; one that was stopped goes on, to hear of it."""
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGTERM)
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Ends it and deletes its folder."""
        if self._process is not None:
            processes.end(self._process)
        processes.remove(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_PROBE_S)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (HTTPException, OSError):
            return False
        finally:
            connection.close()


class SuiteProcesses:
    """All four services, and as many further ones as a test wants; a context manager that ends them all."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._all: list[ServiceProcess] = []
        self._named: dict[str, ServiceProcess] = {}

    def add(self, schema: str) -> ServiceProcess:
        """Another process of a service, not started yet."""
        process = ServiceProcess(self._deployment, schema)
        self._all.append(process)
        return process

    def start(self, *schemas: str) -> Self:
        """Starts these services (all of them when none is named), side by side. Raises `ServerFailed`."""
        started = [(schema, self.add(schema).launch()) for schema in schemas or MODULES]
        for schema, process in started:
            self._named[schema] = process.until_ready()
        return self

    def keep_logs(self, folder: Path) -> None:
        """Copies what all of them wrote to where a person will look for it."""
        for process in self._all:
            processes.keep(process.log, folder)

    def __getitem__(self, schema: str) -> ServiceProcess:
        return self._named[schema]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._all:
            process.ask_to_end()
        for process in self._all:
            process.close()
