"""`python -m suite`: the whole suite in one process, with sample callers."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

import aiohttp
import uvloop

from common.errors import SuiteError
from common.lifecycle import run_until_signal
from common.observability.logs import LogFormat, configure_logs
from common.settings import Environment
from suite.handoff import RUN_DIR, Handoff, publish
from suite.samples import play_all, until
from suite.services import RunningSuite, SuiteOptions, running_suite
from suite.terminal import Terminal
from suite.twilio_peer import Account

_LOG_FILE: Final = "suite.log"


def main() -> int:
    """The command line; 0 after Ctrl-C, 1 when something failed."""
    parser = argparse.ArgumentParser(prog="suite", description="The whole suite in one process, on one origin.")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--no-samples", action="store_true", help="place no sample calls")
    parser.add_argument("--exit-after-samples", action="store_true", help="stop when the sample callers are done")
    parser.add_argument(
        "--database", default="", metavar="URL", help="an administrator's postgresql:// URL of a database to try on"
    )
    parser.add_argument("--amqp", default="", metavar="URL", help="an amqp:// URL of a broker to try on")
    arguments = parser.parse_args()
    terminal = Terminal()
    log_path = _configure_logs(to_file=not arguments.no_samples)
    options = SuiteOptions(port=arguments.port, admin_database_url=arguments.database, amqp_url=arguments.amqp)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(options, arguments, terminal, log_path))
    except (SuiteError, OSError) as error:
        terminal.show("bad", str(error))
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0


def _configure_logs(*, to_file: bool) -> Path | None:
    """Logs go to a file where people watch the sample callers, else to standard error."""
    log_format: LogFormat = "json" if os.environ.get("LOG_FORMAT", "console") == "json" else "console"
    keep_pii = Environment(os.environ).flag("LOG_PII", default=True)
    if not to_file:
        configure_logs(log_format, keep_pii=keep_pii)
        return None
    RUN_DIR.mkdir(mode=0o700, exist_ok=True)
    path = RUN_DIR / _LOG_FILE
    stream = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", buffering=1)
    configure_logs(log_format, keep_pii=keep_pii, stream=stream)
    return path


async def _run(options: SuiteOptions, arguments: argparse.Namespace, terminal: Terminal, log_path: Path | None) -> int:
    unsatisfied = 0

    def show(kind: Literal["text", "call"], to: str, purpose: str, words: str) -> None:
        if kind == "call":
            terminal.show("owner", f"phone rings at {to}")
        else:
            terminal.show("owner" if purpose == "alert" else "note", f"text to {to} ({purpose}): {words}")

    @asynccontextmanager
    async def everything() -> AsyncIterator[None]:
        nonlocal unsatisfied
        terminal.show("title", "Starting the four services on embedded parts…" if not options.amqp_url else "Starting…")
        async with running_suite(options, os.environ, show=show) as suite:
            handoff_path = _publish(options, suite)
            try:
                await _until_ready(suite)
                if not arguments.no_samples:
                    business = suite.tenants[0]
                    account = Account(
                        public_base_url=suite.public_base_url, auth_token=suite.auth_token, connect_url=suite.url
                    )
                    unsatisfied = await play_all(account, business.phone_numbers[0], terminal)
                    await _show_books(suite, terminal)
                _show_where(suite, options, terminal, log_path)
                yield
            finally:
                handoff_path.unlink(missing_ok=True)

    if arguments.exit_after_samples:
        async with everything():
            return 1 if unsatisfied else 0
    await run_until_signal(everything())
    terminal.show("note", "stopped")
    return 0


def _publish(options: SuiteOptions, suite: RunningSuite) -> Path:
    business = suite.tenants[0]
    return publish(
        Handoff(
            process_id=os.getpid(),
            url=suite.url,
            public_base_url=suite.public_base_url,
            auth_token=suite.auth_token,
            business_name=business.business_name,
            business_phone=business.phone_numbers[0],
        ),
        options.port,
    )


async def _until_ready(suite: RunningSuite) -> None:
    async with aiohttp.ClientSession() as session:

        async def ready() -> bool:
            async with session.get(f"{suite.url}/suite/status") as response:
                return response.status == 200

        if not await until(ready, within_s=30):
            raise SuiteError("not all services became ready: see /suite/status")


async def _show_books(suite: RunningSuite, terminal: Terminal) -> None:
    """What chat has in its books now, read through the same API that an owner's app uses."""
    key = os.environ.get("DEMO_API_KEY", "demo-key-for-loopback-only")
    async with aiohttp.ClientSession(headers={"X-API-Key": key}) as session:
        terminal.show("title", "\nIn the books now")
        for path, name in (("/v1/appointments", "visits"), ("/v1/callbacks", "promised calls")):
            async with session.get(suite.url + path) as response:
                if response.status != 200:
                    terminal.show("note", f"{name}: not shown (this business has another API key)")
                    continue
                answer = await response.json()
            rows = next((value for value in answer.values() if isinstance(value, list)), [])
            terminal.show("note", f"{name}: {len(rows)}")
            for row in rows[:5]:
                shown = ("starts_at", "service", "customer_name", "address", "due_at", "reason", "name", "phone")
                terminal.show("note", " · ".join(str(row[field]) for field in shown if row.get(field)))


def _show_where(suite: RunningSuite, options: SuiteOptions, terminal: Terminal, log_path: Path | None) -> None:
    terminal.show("title", f"\nThe suite is up at http://localhost:{suite.url.rpartition(':')[2]}")
    terminal.show("note", f"play a caller: make call, or make text (PORT={options.port} where it is not 8080)")
    if suite.operator_token_file is not None:
        terminal.show("note", "operate it, in another terminal:")
        for line in (
            f"  export OPSCTL_URL={suite.url}",
            f"  export OPSCTL_TOKEN_FILE={suite.operator_token_file}",
            "  .venv/bin/opsctl --help",
        ):
            terminal.show("note", line)
        terminal.show("note", f"operator's token: {suite.operator_token_file.read_text().strip()}")
    if log_path is not None:
        terminal.show("note", f"logs: {log_path}")
    terminal.show("note", "Ctrl-C stops it")


if __name__ == "__main__":
    sys.exit(main())
