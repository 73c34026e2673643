"""How a second terminal finds the running suite: a file that only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Final

import msgspec

from common.errors import SuiteError

RUN_DIR: Final = Path(".run")


class SuiteNotRunning(SuiteError):
    """The suite is not running here: start it with `make run`."""

    slug: ClassVar[str] = "suite-not-running"


class Handoff(msgspec.Struct, frozen=True, kw_only=True):
    """Where the suite is and what a Twilio look-alike must know."""

    process_id: int
    url: str
    public_base_url: str
    auth_token: str
    business_name: str
    business_phone: str


def publish(handoff: Handoff, port: int) -> Path:
    """Writes the file (mode 600) and returns its path."""
    RUN_DIR.mkdir(mode=0o700, exist_ok=True)
    path = _path(port)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(handoff))
    return path


def find(port: int) -> Handoff:
    """Reads the file. Raises `SuiteNotRunning`."""
    try:
        handoff = msgspec.json.decode(_path(port).read_bytes(), type=Handoff)
        os.kill(handoff.process_id, 0)
    except (OSError, msgspec.DecodeError) as error:
        raise SuiteNotRunning from error
    return handoff


def _path(port: int) -> Path:
    return RUN_DIR / f"suite-{port}.json"
