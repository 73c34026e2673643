"""The command line as typer runs it, in a thread, against what listens here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs
from typer.testing import CliRunner

from common.testing.operators import minted
from opsctl.app import app


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What was shown, in one line: tables fold."""
        return " ".join(self.out.split())


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Somebody who types commands. `urls`: service -> where it listens."""

    folder: Path
    urls: Mapping[str, str]
    who: str = "olaf"
    variables: Mapping[str, str] = field(default_factory=dict)

    async def __call__(self, *arguments: str, width: int = 160) -> Said:
        token_file = self.folder / f"{self.who}.token"
        if self.who:
            token_file.write_text(minted(self.who)[0])
        runner = CliRunner(
            env={
                "HOME": str(self.folder),
                "XDG_CONFIG_HOME": str(self.folder),
                "COLUMNS": str(width),
                "OPSCTL_URL": "http://127.0.0.1:1",
                "OPSCTL_TOKEN_FILE": str(token_file) if self.who else "",
                **{f"OPSCTL_{service.upper().replace('-', '_')}_URL": url for service, url in self.urls.items()},
                **self.variables,
            }
        )
        # The runner takes over standard output, and the services that listen here would write their logs to it.
        with capture_logs():
            result = await asyncio.to_thread(runner.invoke, app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(code=result.exit_code, out=result.stdout, err=result.stderr)
