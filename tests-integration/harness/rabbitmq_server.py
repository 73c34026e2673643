"""A RabbitMQ of one's own: 10 to 16 seconds from nothing, so once for a test run, with a virtual host for each test."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from harness import binaries, processes

_USER: Final = "suite"
_PASSWORD: Final = "suite"
_START_S: Final = 120.0
_CALL_S: Final = 60.0
_STOP_S: Final = 60.0

_CONFIG: Final = """\
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users = none
default_user = {user}
default_pass = {password}
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
vm_memory_high_watermark.absolute = 1500MB
disk_free_limit.absolute = 50MB
log.console = true
log.console.level = warning
log.file = false
raft.wal_max_size_bytes = 64000000
"""
_QUEUE_DEPTH: Final = re.compile(r'\{"([^"]+)",\s*(\d+),\s*(\d+)\}')
_ADVANCED: Final = """\
[{ra, [{wal_sync_method, none}]}].
"""


@dataclass(frozen=True, kw_only=True)
class QueueDepth:
    """How many messages a queue holds, delivered ones included, and how many consumers it has."""

    messages: int
    consumers: int


class RabbitMQServer:
    """A private broker; a context manager. Unless `durable`, it doesn't wait for the disk: a killed process loses nothing by
    that, a power cut would."""

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._folder: Path | None = None
        self._cookie = secrets.token_hex(10)
        self._epmd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd_port = processes.free_port()
        self._dist_port = processes.free_port()
        self.port = processes.free_port()
        self._node = f"suite{self.port}@localhost"

    @property
    def log(self) -> Path:
        """What the broker wrote."""
        assert self._folder is not None
        return self._folder / "rabbitmq.log"

    def url(self, vhost: str = "/") -> str:
        """The URL of a virtual host."""
        return f"amqp://{_USER}:{_PASSWORD}@127.0.0.1:{self.port}/{'%2F' if vhost == '/' else vhost}"

    @property
    def pid(self) -> int:
        """The Erlang machine's."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Starts the broker, on the data of the last time if there are any. Raises `MissingProgram` or `ServerFailed`."""
        again = self._folder is not None
        if self._folder is None:
            self._folder = processes.private_folder("rabbitmq")
            self._write_settings(self._folder)
        if self._epmd is None:
            # Started by us, in the foreground: the one that a broker starts outlives it, and nobody would know its id.
            self._epmd = processes.start(
                [binaries.epmd(), "-address", "127.0.0.1", "-port", str(self._epmd_port)],
                log=self._folder / "epmd.log",
                environment=self._environment(self._folder),
            )
            processes.wait_until(
                lambda: processes.accepts(self._epmd_port),
                self._epmd,
                timeout_s=_CALL_S,
                name="epmd",
                log=self._folder / "epmd.log",
            )
        self._process = processes.start(
            [binaries.rabbitmq_server()], log=self.log, environment=self._environment(self._folder)
        )
        processes.wait_until(
            lambda: processes.accepts(self.port), self._process, timeout_s=_START_S, name="rabbitmq", log=self.log
        )
        # It listens a moment before it has finished to boot.
        self.evaluate(f"ok = rabbit:await_startup({int(_START_S * 1000)}).")
        if again:
            # Alone, a quorum queue of 3.10 may wait for ever for a vote that only it can cast (rabbitmq-server issue 10070).
            self.evaluate(
                "[ra:trigger_election(amqqueue:get_pid(Q)) || "
                "Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue]."
            )
        return self

    def add_vhost(self, name: str) -> str:
        """Makes an empty virtual host and returns its URL."""
        self.evaluate(
            f'ok = rabbit_vhost:add(<<"{name}">>, <<"suite">>), '
            f"rabbit_auth_backend_internal:set_permissions("
            f'<<"{_USER}">>, <<"{name}">>, <<".*">>, <<".*">>, <<".*">>, <<"suite">>).'
        )
        return self.url(name)

    def remove_vhost(self, name: str) -> None:
        """Deletes a virtual host with everything in it; its connections are closed."""
        self.evaluate(f'rabbit_vhost:delete(<<"{name}">>, <<"suite">>).')

    def queue_depths(self, vhost: str) -> dict[str, QueueDepth]:
        """Every quorum queue of a virtual host as its leader knows it: what waits, and what is delivered but not acknowledged.

        Raises `ServerFailed` while a queue has no leader.
        """
        answer = self.evaluate(
            "[begin {resource, _, queue, Name} = amqqueue:get_name(Q), "
            "{ok, {_, Messages}, _} = ra:leader_query(amqqueue:get_pid(Q), fun rabbit_fifo:query_messages_total/1), "
            "{ok, _, Consumers} = rabbit_amqqueue:stat(Q), {binary_to_list(Name), Messages, Consumers} end "
            f'|| Q <- rabbit_amqqueue:list(<<"{vhost}">>), amqqueue:get_type(Q) =:= rabbit_quorum_queue].'
        )
        return {
            name: QueueDepth(messages=int(messages), consumers=int(consumers))
            for name, messages, consumers in _QUEUE_DEPTH.findall(answer)
        }

    def evaluate(self, expressions: str) -> str:
        """Evaluates Erlang inside the broker (some ms, where rabbitmqctl takes a second). Raises `ServerFailed`."""
        assert self._folder is not None
        done = subprocess.run(
            [
                str(binaries.erl_call()),
                *("-c", self._cookie, "-n", self._node, "-timeout", str(int(_CALL_S)), "-e"),
            ],
            env=self._environment(self._folder),
            input=f"{expressions}\n",
            capture_output=True,
            text=True,
            timeout=_CALL_S + 5,
            check=False,
        )
        if done.returncode != 0 or not done.stdout.startswith("{ok,"):
            raise processes.ServerFailed(f"{expressions}: {done.stdout} {done.stderr}")
        return done.stdout

    def crash(self) -> None:
        """Kills the Erlang machine. `start` brings the same data back.

        Up to three minutes pass until 3.10 has written down which folder belongs to a new quorum queue; killed before, it comes
        back with the queue empty. Tests have no minutes to wait, so the registers are written first.
        """
        assert self._process is not None
        self.evaluate("[dets:sync(T) || T <- dets:all()].")
        processes.kill(self._process)

    def stop(self) -> None:
        """Ends the broker in good order. `start` brings it back."""
        assert self._process is not None
        processes.end(self._process, timeout_s=_STOP_S)

    def pause(self) -> None:
        """The broker stands still with its connections open, as behind a network that swallows packets."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Ends a pause."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """Ends the broker and its port mapper, and deletes the data."""
        if self._process is not None:
            # The data go: nothing is worth the seconds of an orderly end.
            processes.kill(self._process)
        if self._epmd is not None:
            processes.end(self._epmd)
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

    def _write_settings(self, folder: Path) -> None:
        (folder / "rabbitmq.conf").write_text(_CONFIG.format(port=self.port, user=_USER, password=_PASSWORD))
        (folder / "enabled_plugins").write_text("[].\n")
        if not self._durable:
            (folder / "advanced.config").write_text(_ADVANCED)
        cookie = folder / ".erlang.cookie"
        cookie.write_text(self._cookie)
        cookie.chmod(0o400)
        for name in ("data", "log", "generated"):
            (folder / name).mkdir()

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_BASE": str(folder),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            # The Erlang machine takes the script's place: its process id is the child's, and a signal reaches it.
            "RUNNING_UNDER_SYSTEMD": "true",
            # No busy waiting: the machine's cores are shared with what is being tested.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
            ),
        }
