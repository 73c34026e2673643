"""The command line, wired."""

from __future__ import annotations

import logging
from typing import Final

import typer

from common.observability.logs import configure_logs
from opsctl.commands import jobs, parking, switch, token
from opsctl.commands.status import status

app: Final = typer.Typer(name="opsctl", no_args_is_help=True, help="What the person on call does to the suite.")


@app.callback()
def _root() -> None:
    """What the person on call does to the suite."""


app.add_typer(jobs.app, name="jobs")
app.add_typer(parking.app, name="parking")
app.command("status")(status)
app.add_typer(switch.app)
app.add_typer(token.app, name="token")


def main() -> None:
    """Runs the command that the arguments name."""
    # On standard error, and only what somebody should know: the result alone goes to a pipe.
    configure_logs("console", keep_pii=False, level=logging.WARNING)
    app()
