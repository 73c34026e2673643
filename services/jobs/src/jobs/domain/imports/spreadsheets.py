"""What is written for spreadsheets: nothing in it is taken for a formula. The one guard of error files and exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULAS: Final = frozenset("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
"""What spreadsheets begin a formula with (OWASP, "CSV Injection"), their full-width forms, and what they skip before looking."""
_MARK: Final = "'"
BEGINNING: Final = "\ufeff"
"""Tells Excel that the file is UTF-8."""


def guarded(cell: str) -> str:
    """The cell as text for a spreadsheet: one that could be a formula gets an apostrophe before it. `unguarded` takes it off.

    Blanks before the sign don't help an attacker: some spreadsheets trim them. An apostrophe before what would be guarded is
    guarded again, so that every text comes back as it was.
    """
    return _MARK + cell if _is_risky(cell) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell[:1] == _MARK and _is_risky(cell[1:]) else cell


def _is_risky(cell: str) -> bool:
    bare = cell.lstrip(" '\u00a0")
    return bare[:1] in _FORMULAS if bare else False


def csv_lines(rows: Iterable[Sequence[str]], *, delimiter: str = ",") -> str:
    """The rows as CSV (RFC 4180, CRLF), every cell guarded."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow([guarded(cell.replace("\x00", "\ufffd")) for cell in row])
    return out.getvalue()
