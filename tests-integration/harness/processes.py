"""Child processes on private ports, with their own folder and log, ended by id."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

_POLL_S: Final = 0.02
_END_S: Final = 15.0
_given: set[int] = set()


class ServerFailed(RuntimeError):
    """A private server did not come up."""


def free_port() -> int:
    """A loopback port that nobody uses just now, from below those that the system gives to outgoing connections: a broker takes
    seconds until it listens, and its port must not be one of those by then. None is given twice."""
    while True:
        port = random.randrange(15_000, 30_000)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port


def private_folder(name: str, *, owner: str | None = None) -> Path:
    """A new folder in the temporary directory; others may enter it, so that a server under another user finds its own."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    folder.chmod(0o755)
    if owner is not None:
        shutil.chown(folder, owner, owner)
    return folder


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a child in its own process group, so that Ctrl-C in the terminal is for us to pass on."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            cwd="/",
            start_new_session=True,
        )


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], *, timeout_s: float, name: str, log: Path
) -> None:
    """Polls. Raises `ServerFailed` with the log's end when the process ends or the time is over."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if process.poll() is not None:
            raise ServerFailed(f"{name} ended with {process.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise ServerFailed(f"{name} was not ready after {timeout_s:.0f} s:\n{tail(log)}")
        time.sleep(_POLL_S)


def accepts(port: int) -> bool:
    """True when something listens on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(process: subprocess.Popen[bytes], *, first: signal.Signals = signal.SIGTERM, timeout_s: float = _END_S) -> None:
    """Asks a child to end, and kills it when it doesn't in time."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL: the process gets no chance to write anything."""
    process.kill()
    process.wait()


def tail(log: Path, lines: int = 30) -> str:
    """The end of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return f"no log: {error}"


def remove(folder: Path, *, keep_log: Path | None = None) -> None:
    """Deletes a private folder. `SUITE_KEEP_LOGS` names a folder into which `keep_log` is copied first."""
    target = os.environ.get("SUITE_KEEP_LOGS")
    if target and keep_log is not None:
        keep(keep_log, Path(target))
    shutil.rmtree(folder, ignore_errors=True)


def keep(log: Path, target: Path) -> None:
    """Copies a log to where a person will look for it."""
    if log.exists():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(log, target / f"{log.parent.name}-{log.name}")
