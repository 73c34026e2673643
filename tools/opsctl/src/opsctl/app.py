"""The command line, wired."""

from __future__ import annotations

from typing import Final

import typer

app: Final = typer.Typer(name="opsctl", no_args_is_help=True, help="What the person on call does to the suite.")


@app.callback()
def _root() -> None:
    """What the person on call does to the suite."""


def main() -> None:
    """Runs the command that the arguments name."""
    app()
