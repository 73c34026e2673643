"""The matrix as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from faults.play import Result

_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line: a scenario's result. `expected` is empty, or the fault that a broken promise must show."""

    result: Result
    expected: str = ""
    tries: int = 1
    """How often it was played until it showed that."""

    @property
    def good(self) -> bool:
        """Green where all promises are kept, and red, with the right fault, where one is broken."""
        return self.result.count(self.expected) > 0 if self.expected else self.result.green

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.expected:
            return f"red at try {self.tries}, as it must be" if self.good else "NOT NOTICED"
        return "green" if self.good else "RED"

    @property
    def lost(self) -> int:
        """Operations and messages that were promised and are not there, whole."""
        return sum(self.result.count(fault) for fault in ("lost", "half", "parked", "unbalanced"))


def table_of(rows: Sequence[Row]) -> Table:
    """One line each."""
    table = Table(title="Fault matrix", title_justify="left", header_style="bold")
    for name in ("scenario", "what happened"):
        table.add_column(name, overflow="fold")
    for name in ("ok", "fail", "unknown", "messages", "lost", "doubled", "drained s", "took s"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for row in rows:
        result = row.result
        table.add_row(
            result.scenario,
            result.happened,
            *(str(result.outcomes.get(outcome, 0)) for outcome in ("ok", "fail", "unknown")),
            str(result.messages),
            str(row.lost),
            str(result.count("doubled")),
            f"{result.drained_s:.1f}",
            f"{result.took_s:.1f}",
            f"[{'green' if row.good else 'bold red'}]{row.verdict}",
        )
    return table


def complaints(row: Row) -> list[str]:
    """What is wrong with a row, shortened."""
    found = [f"{finding.fault}: {finding.what}" for finding in row.result.findings]
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return [*row.result.trouble, *found[:_SHOWN], *more]


def write_report(path: Path, rows: Sequence[Row], *, seed: int, moments: dict[str, Any]) -> None:
    """Everything, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "green": all(row.good for row in rows),
        "scenarios": len(rows),
        "operations": sum(sum(row.result.outcomes.values()) for row in rows),
        "lost": sum(row.lost for row in rows if not row.expected),
        "doubled": sum(row.result.count("doubled") for row in rows if not row.expected),
        "moments": moments,
        "rows": [
            {"verdict": row.verdict, "expected": row.expected, "tries": row.tries, **_plain(row.result)} for row in rows
        ],
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))


def _plain(result: Result) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(result)
    return plain
