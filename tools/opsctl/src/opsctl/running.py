"""How a command runs: its configuration is read, its errors are one line each, its exit code says how it went.

@app.command("list")
def show(as_json: AsJson = False) -> None:
    async def work(session: Session) -> None:
        listed = await session.client.ask("jobs", "/v1/jobs", reply=JobList)
        session.output.data(listed)
        session.output.table(...)

    carry_out(work, as_json=as_json)
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from common.clock import Clock, SystemClock
from common.control.catalogue import SwitchRefused, UnknownSwitch
from common.errors import SuiteError
from common.settings import ConfigurationError
from opsctl.client import Client, one_line, open_client
from opsctl.config import Config, read_config
from opsctl.errors import OpsError
from opsctl.output import Output


@dataclass(frozen=True, kw_only=True)
class Session:
    """What a command works with."""

    config: Config
    client: Client
    output: Output
    clock: Clock


def carry_out(work: Callable[[Session], Awaitable[None]], *, as_json: bool) -> None:
    """Runs a command's work. Exit codes: 0 done, 1 not done, 2 wrong use or configuration, 130 interrupted."""
    output = Output(as_json=as_json)

    async def run() -> None:
        config = read_config(os.environ, home=Path.home())
        async with open_client(config) as client:
            await work(Session(config=config, client=client, output=output, clock=SystemClock()))

    try:
        asyncio.run(run())
    except ConfigurationError as error:
        for fault in error.faults:
            output.remark(fault, "bad")
        raise typer.Exit(2) from None
    except OpsError as error:
        output.remark(one_line(error.detail or error.title), "bad")
        raise typer.Exit(error.exit_code) from None
    except (SwitchRefused, UnknownSwitch) as error:
        output.remark(one_line(str(error)), "bad")
        raise typer.Exit(2) from None
    except SuiteError as error:
        output.remark(one_line(str(error)), "bad")
        raise typer.Exit(1) from None
    except BrokenPipeError:
        # Whoever read the output has seen enough (`opsctl jobs list | head`); nothing is left to be flushed to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
