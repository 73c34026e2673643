"""Finds the servers' programs; installs Debian's where that is possible; says in one line what to do where it isn't."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

_APT: Final = "/usr/bin/apt-get"
_APT_TIMEOUT_S: Final = 600.0


class MissingProgram(RuntimeError):
    """A program that a test needs is not installed."""


@cache
def postgres_folder() -> Path:
    """The folder of `initdb` and `postgres`, the newest version. Raises `MissingProgram`."""
    return _found("postgresql", _postgres_folders)


@cache
def rabbitmq_server() -> Path:
    """The start script itself: Debian's wrapper in /usr/sbin switches the user. Raises `MissingProgram`."""
    return _found("rabbitmq-server", _rabbitmq_servers)


@cache
def epmd() -> Path:
    """Erlang's port mapper. Raises `MissingProgram`."""
    return _found("erlang-base", lambda: _programs("epmd"))


@cache
def erl_call() -> Path:
    """Calls functions of an Erlang node without starting another. Raises `MissingProgram`."""
    return _found("erlang-base", lambda: _programs("erl_call"))


def _found(package: str, find: Callable[[], list[Path]]) -> Path:
    if not (places := find()) and os.geteuid() == 0 and Path(_APT).exists():
        _install(package)
        places = find()
    if not places:
        raise MissingProgram(f"{package} is missing: run 'sudo apt-get install {package}' and try again")
    return places[0]


def _install(package: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A package's server must not be started by its installation.
    policy = Path("/usr/sbin/policy-rc.d")
    made_policy = not policy.exists()
    if made_policy:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
            subprocess.run([_APT, *command], env=environment, check=False, capture_output=True, timeout=_APT_TIMEOUT_S)
    finally:
        if made_policy:
            policy.unlink()


def _postgres_folders() -> list[Path]:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: -int(path.parts[-3]))
    return [path.parent for path in versions] + [path.resolve().parent for path in _programs("initdb")]


def _rabbitmq_servers() -> list[Path]:
    fixed = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return [fixed] if fixed.exists() else _programs("rabbitmq-server")


def _programs(name: str) -> list[Path]:
    place = shutil.which(name)
    return [] if place is None else [Path(place)]
