"""Operators for tests: one in each role, with tokens that are always the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
import yaml

from common.clock import Clock
from common.operations.gate import OperatorGate
from common.operations.operators import Entry, Operators, Role, mint

OPERATORS: Final[Mapping[str, Role]] = MappingProxyType({"vera": "viewer", "olaf": "operator", "ada": "admin"})


def minted(name: str) -> tuple[str, Entry]:
    """The token of one of them, and its line for the file."""
    return mint(name, [OPERATORS[name]], secret=lambda: f"{name}-in-tests")


def bearer(name: str) -> dict[str, str]:
    """The headers that show who it is."""
    return {"Authorization": f"Bearer {minted(name)[0]}"}


def write_operators(path: Path) -> Path:
    """A file with all of them."""
    path.write_text(yaml.safe_dump([msgspec.to_builtins(minted(name)[1]) for name in OPERATORS]), encoding="utf-8")
    return path


def open_gate(folder: Path, clock: Clock) -> OperatorGate:
    """A gate that lets them in."""
    return OperatorGate("test", Operators(write_operators(folder / "operators.yaml"), clock), clock=clock)
