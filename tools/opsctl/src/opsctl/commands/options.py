"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

_SHORTEST_REASON = 3
"""Characters; the services demand as many."""


def _said(reason: str) -> str:
    if len(reason.strip()) < _SHORTEST_REASON:
        raise typer.BadParameter("say why, in a few words.")
    return reason


Reason = Annotated[
    str,
    typer.Option(
        "--reason",
        help="Why, in one line without personal data; it is written down.",
        show_default=False,
        callback=_said,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without, it is a dry run that changes nothing.")]
Lasting = Annotated[str, typer.Option("--for", help="For how long: 30m, 2h, 7d.", show_default=False)]
Until = Annotated[str, typer.Option("--until", help="Until when: 2026-03-10T12:00Z.", show_default=False)]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many at most.")]
DRY = "That was a dry run: nothing is changed. Add --yes to do it."
