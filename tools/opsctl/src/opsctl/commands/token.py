"""`opsctl token`: tokens for operators."""

from __future__ import annotations

import secrets
from typing import Annotated, Final

import msgspec
import typer

from common.operations.operators import ROLES, Role, mint
from common.settings import ConfigurationError
from opsctl.errors import WrongUse
from opsctl.output import AsJson
from opsctl.running import Session, carry_out

app: Final = typer.Typer(no_args_is_help=True, help="Tokens for operators.")


@app.callback()
def _group() -> None:
    """Tokens for operators."""


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Who will have it: a-z, 0-9, dot, dash, underscore.", show_default=False)],
    *,
    roles: Annotated[
        list[str] | None,
        typer.Option(
            "--role", help="viewer looks, operator also acts, admin also sees personal data.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Makes a token, shows it once, and the line for OPERATOR_TOKENS_FILE. Nothing is sent or kept anywhere."""

    async def work(session: Session) -> None:
        wanted = [_role(role) for role in roles or ()]
        if not wanted:
            raise WrongUse(f"which role? --role {' | '.join(ROLES)}")
        try:
            token, entry = mint(name, wanted, secret=lambda: secrets.token_urlsafe(32))
        except ConfigurationError as error:
            raise WrongUse("; ".join(error.faults)) from error
        session.output.data({"token": token, "entry": entry})
        session.output.say("The token, for OPSCTL_TOKEN_FILE (mode 600). It is not shown again:")
        session.output.verbatim(token)
        session.output.say("The line for the services' OPERATOR_TOKENS_FILE, which they read again within a second:")
        session.output.verbatim(f"- {msgspec.json.encode(entry).decode()}")

    carry_out(work, as_json=as_json)


def _role(word: str) -> Role:
    for role in ROLES:
        if word == role:
            return role
    raise WrongUse(f"--role {word}: one of {', '.join(ROLES)}")
