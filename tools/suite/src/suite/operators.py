"""An operator for the suite's own run: a token that is new each time, in files that only its owner can read."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from common.operations.operators import mint
from suite.handoff import RUN_DIR


@dataclass(frozen=True, kw_only=True)
class RunOperator:
    """Who may operate this run. `token_file` is for OPSCTL_TOKEN_FILE, `tokens_file` is the services' OPERATOR_TOKENS_FILE."""

    token_file: Path
    tokens_file: Path


def admit_operator(port: int, stack: ExitStack) -> RunOperator:
    """Makes an operator in the role `admin`; the files go when `stack` closes."""
    RUN_DIR.mkdir(mode=0o700, exist_ok=True)
    token, entry = mint("suite", ["admin"], secret=lambda: secrets.token_urlsafe(32))
    made = RunOperator(
        token_file=RUN_DIR / f"operator-{port}.token", tokens_file=(RUN_DIR / f"operators-{port}.yaml").resolve()
    )
    for path, content in (
        (made.token_file, token),
        (made.tokens_file, yaml.safe_dump([msgspec.to_builtins(entry)])),
    ):
        _write(path, f"{content}\n")
        stack.callback(path.unlink, missing_ok=True)
    return made


def _write(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(content)
