"""What a person sees in the terminal: who speaks, what happens, how far we are."""

from __future__ import annotations

import os
import sys
import textwrap
from dataclasses import dataclass, field
from typing import Final, Literal, TextIO

Role = Literal["caller", "receptionist", "owner", "note", "good", "bad", "title"]

_COLOURS: Final = {
    "caller": "\x1b[36m",
    "receptionist": "\x1b[32m",
    "owner": "\x1b[1;31m",
    "note": "\x1b[2m",
    "good": "\x1b[1;32m",
    "bad": "\x1b[1;31m",
    "title": "\x1b[1m",
}
_LABELS: Final = {
    "caller": "caller",
    "receptionist": "receptionist",
    "owner": "→ owner",
    "note": "",
    "good": "✓",
    "bad": "✗",
    "title": "",
}
_END: Final = "\x1b[0m"
_WIDTH: Final = 100


@dataclass(kw_only=True)
class Terminal:
    """Prints turns as they happen. Colours only where the stream is a terminal and NO_COLOR is unset (https://no-color.org)."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)

    def show(self, role: Role, text: str) -> None:
        """One line, or several where the text is long."""
        label = _LABELS[role]
        indent = "" if role == "title" else " " * 15
        first = "" if role == "title" else f"{label:>13}  "
        for line in textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=indent) or [first]:
            self.stream.write(f"{_COLOURS[role]}{line}{_END}\n" if self._colours else f"{line}\n")
        self.stream.flush()

    @property
    def _colours(self) -> bool:
        return self.stream.isatty() and "NO_COLOR" not in os.environ
