"""The whole matrix of faults, on private servers, in a quarter of an hour or so.

    python -m faults.matrix [--only PATTERN ...] [--seed N] [--report FILE] [--list]

Every row says how to play it again: the same seed and `--only NAME`. Exit 1 when a row is not as it must be.
"""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import random
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from faults.mutants import MUTANTS, Mutant
from faults.report import Row, complaints, table_of, write_report
from faults.scenarios import Scenario, matrix
from faults.stage import Servers, prepared_databases
from faults.theatre import LOGS, Theatre
from harness.failpoints import FAILPOINTS
from harness.postgres_server import PostgresServer
from harness.rabbitmq_server import RabbitMQServer

_REPORT: Final = LOGS.parent / "faults.json"
_MUTANT_TRIES: Final = 3


def chosen(patterns: Sequence[str]) -> tuple[list[Scenario], list[Mutant]]:
    """The scenarios and mutants whose names fit one of the patterns; all when there is none."""
    fits = [*patterns] or ["*"]
    scenarios = [one for one in matrix() if any(fnmatch.fnmatchcase(one.name, pattern) for pattern in fits)]
    mutants = [one for one in MUTANTS if any(fnmatch.fnmatchcase(one.name, pattern) for pattern in fits)]
    return scenarios, mutants


async def play_scenarios(servers: Servers, scenarios: Sequence[Scenario], seed: int, show: Show) -> list[Row]:
    """One row each."""
    rows = []
    async with Theatre(servers) as theatre:
        for scenario in scenarios:
            show.begins(scenario.name)
            rows.append(Row(result=await theatre.play(scenario, seed)))
            show.ended(rows[-1])
    return rows


async def play_mutant(servers: Servers, mutant: Mutant, seed: int) -> Row:
    """The first try that shows the fault, or the last one."""
    row: Row | None = None
    for again in range(_MUTANT_TRIES):
        theatre = Theatre(servers, schemas=(mutant.with_, mutant.schema), mutations={mutant.schema: mutant.mutation})
        async with theatre:
            result = await theatre.play(mutant.exposed_by, seed + again, drain_s=mutant.drain_s, impatient=False)
        row = Row(result=result, expected=mutant.fault, tries=again + 1)
        if row.good:
            break
    assert row is not None
    return row


class Show:
    """Progress in the terminal."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        )
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> Show:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begins(self, name: str) -> None:
        """This is played now."""
        self._progress.update(self._task, description=name)

    def ended(self, row: Row, name: str = "") -> None:
        """It has been."""
        self._progress.advance(self._task)
        if row.good:
            if not self._console.is_terminal:
                self._console.print(f"{row.verdict}: {name or row.result.scenario}, {row.result.took_s:.1f} s")
            return
        self._console.print(f"[bold red]{row.verdict}[/] {name or row.result.scenario} (seed {row.result.seed})")
        for complaint in complaints(row):
            self._console.print(f"    {complaint}", markup=False)


async def run(servers: Servers, options: argparse.Namespace, console: Console) -> list[Row]:
    """All rows."""
    scenarios, mutants = chosen(options.only)
    with Show(console, len(scenarios) + len(mutants)) as show:
        rows = await play_scenarios(servers, scenarios, options.seed, show)
        for mutant in mutants:
            show.begins(mutant.name)
            rows.append(await play_mutant(servers, mutant, options.seed))
            show.ended(rows[-1], mutant.name)
    return rows


def main(arguments: Sequence[str]) -> int:
    """The process's exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m faults.matrix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", default=[], help="a scenario's name, or a pattern with * and ?")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--report", type=Path, default=_REPORT)
    parser.add_argument("--list", action="store_true", help="say what there is, and play nothing")
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 180)
    if options.list:
        scenarios, mutants = chosen(options.only)
        names = [one.name for one in scenarios] + [one.name for one in mutants]
        console.print("\n".join(names), markup=False)
        return 0
    # Ended from outside, it must still end the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console.print(f"seed {options.seed}")
    with PostgresServer() as postgres, RabbitMQServer() as rabbitmq:
        servers = Servers(postgres=postgres, rabbitmq=rabbitmq, databases=prepared_databases(postgres))
        rows = asyncio.run(run(servers, options, console))
    console.print(table_of(rows))
    moments = {schema: {one.name: one.when for one in moments} for schema, moments in FAILPOINTS.items()}
    write_report(options.report, rows, seed=options.seed, moments=moments)
    red = [row for row in rows if not row.good]
    operations = sum(sum(row.result.outcomes.values()) for row in rows)
    console.print(
        f"{len(rows)} scenarios, {operations} operations, {len(red)} not as they must be; seed {options.seed}"
    )
    console.print(f"report: {options.report}", markup=False, soft_wrap=True)
    return 1 if red or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
