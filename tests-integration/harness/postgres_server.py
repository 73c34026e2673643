"""A Postgres of one's own: about one second from nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from harness import binaries, processes

_PASSWORD: Final = "admin"
_START_S: Final = 120.0


class PostgresServer:
    """A private server; a context manager. Unless `durable`, it doesn't wait for the disk: a killed process loses nothing by that,
    a power cut would."""

    def __init__(self, *, durable: bool = False, max_connections: int = 300, shared_buffers: str = "128MB") -> None:
        self._durable = durable
        self._max_connections = max_connections
        self._shared_buffers = shared_buffers
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = processes.free_port()

    @property
    def log(self) -> Path:
        """What the server wrote."""
        assert self._folder is not None
        return self._folder / "postgres.log"

    def url(self, database: str = "postgres") -> str:
        """The administrator's URL of a database."""
        return f"postgresql://admin:{_PASSWORD}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The postmaster's."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Makes the cluster at the first call, and starts it. Raises `MissingProgram` or `ServerFailed`."""
        if self._folder is None:
            self._folder = processes.private_folder("postgres", owner=self._user)
            self._make_cluster(self._folder)
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "max_connections": str(self._max_connections),
            "shared_buffers": self._shared_buffers,
            "log_checkpoints": "off",
            **({} if self._durable else {"fsync": "off", "full_page_writes": "off"}),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = processes.start(
            [binaries.postgres_folder() / "postgres", "-D", self._folder / "data", *options],
            log=self.log,
            user=self._user,
        )
        processes.wait_until(self._ready, self._process, timeout_s=_START_S, name="postgres", log=self.log)
        return self

    def crash(self) -> None:
        """Kills the postmaster; its children notice and end. `start` brings the same data back."""
        assert self._process is not None
        processes.kill(self._process)

    def pause(self) -> None:
        """The postmaster stands still: it takes no new connections, while open ones live on."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Ends a pause."""
        os.kill(self.pid, signal.SIGCONT)

    def freeze(self) -> None:
        """All of its processes stand still, with their connections open."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """They go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        # The postmaster first: one that stands still starts no others.
        postmaster = psutil.Process(self.pid)
        for process in (postmaster, *postmaster.children()):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def stop(self) -> None:
        """Ends the server (SIGINT: its "fast" shutdown), keeps the data."""
        if self._process is not None:
            processes.end(self._process, first=signal.SIGINT)

    def close(self) -> None:
        """Ends the server and deletes the data."""
        self.stop()
        if self._folder is not None:
            processes.remove(self._folder, keep_log=self.log)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make_cluster(self, folder: Path) -> None:
        password = folder / "password"
        password.write_text(_PASSWORD)
        password.chmod(0o644)
        done = subprocess.run(
            [
                binaries.postgres_folder() / "initdb",
                f"--pgdata={folder / 'data'}",
                "--username=admin",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60.0,
            check=False,
        )
        if done.returncode != 0:
            raise processes.ServerFailed(f"initdb: {done.stderr}")

    def _ready(self) -> bool:
        # The socket is there before the server takes connections; "ready" in its pid file is not.
        assert self._folder is not None
        try:
            status = (self._folder / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(status) >= 8 and status[7].strip() == "ready" and int(status[0]) == self.pid
