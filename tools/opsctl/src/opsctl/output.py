"""What a command shows: tables for people, JSON for scripts, and both from the same values."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, TextIO

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]
"""The option of every command that shows something."""
_WIDE = 240
Tone = Literal["plain", "good", "warn", "bad", "dim"]
_STYLES = {"plain": "", "good": "green", "warn": "yellow", "bad": "bold red", "dim": "dim"}


class Output:
    """Where a command writes to. Errors and remarks go to standard error, so that a pipe gets the result alone."""

    def __init__(self, *, as_json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.as_json = as_json
        self._out = out or sys.stdout
        # A file or a pipe is as wide as it takes: who greps wants a row on one line.
        narrow = self._out.isatty() or "COLUMNS" in os.environ
        self._console = Console(file=self._out, highlight=False, soft_wrap=False, width=None if narrow else _WIDE)
        self._remarks = Console(file=err or sys.stderr, highlight=False, soft_wrap=True)

    def data(self, value: object) -> None:
        """One JSON document, when scripts ask; nothing otherwise."""
        if self.as_json:
            self._out.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str | Text]],
        *,
        title: str = "",
        empty: str = "",
        whole: int = 0,
    ) -> None:
        """A table for people; `empty` is said when there are no rows. What it shows came from others, and is no markup.

        The first `whole` columns are never folded: they are there to be copied.
        """
        if self.as_json:
            return
        if not rows and empty:
            self._console.print(Text(empty, style="dim"))
            return
        table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for position, column in enumerate(columns):
            table.add_column(column, overflow="fold", no_wrap=position < whole)
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
        self._console.print(table)

    def say(self, words: str, tone: Tone = "plain") -> None:
        """A line of the result, for people."""
        if not self.as_json:
            self._console.print(Text(plain(words), style=_STYLES[tone]))

    def verbatim(self, words: str) -> None:
        """A line of the result that is there to be copied: it is not folded."""
        if not self.as_json:
            self._console.print(Text(plain(words)), soft_wrap=True)

    def remark(self, words: str, tone: Tone = "plain") -> None:
        """A line beside the result, for people; on standard error, with `--json` too."""
        self._remarks.print(Text(plain(words), style=_STYLES[tone]))


def toned(words: str, tone: Tone) -> Text:
    """A cell in a colour."""
    return Text(plain(words), style=_STYLES[tone])


def plain(words: str) -> str:
    """Without control characters: what a service or a caller wrote must not move the cursor."""
    return "".join(sign if sign.isprintable() else " " for sign in words)


def ago(moment: datetime | None, now: datetime) -> str:
    """`3 min ago`, `in 2 h`, `-` for none."""
    if moment is None:
        return "-"
    delta = now - moment.astimezone(UTC)
    return f"in {span(-delta)}" if delta < timedelta() else f"{span(delta)} ago"


def span(length: timedelta) -> str:
    """A length in its largest unit and the next: `45 s`, `12 min`, `2 h 5 min`, `3 d 4 h`."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
