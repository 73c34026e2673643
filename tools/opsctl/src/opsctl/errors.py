"""What goes wrong at the command line, each in one line."""

from __future__ import annotations

from typing import ClassVar

from common.errors import SuiteError


class OpsError(SuiteError):
    """The command could not be carried out."""

    slug: ClassVar[str] = "opsctl"
    exit_code: ClassVar[int] = 1


class Unreachable(OpsError):
    """A part of the suite can't be reached."""

    slug: ClassVar[str] = "unreachable"
    retryable: ClassVar[bool] = True


class Refused(OpsError):
    """A service refused it."""

    slug: ClassVar[str] = "refused"

    def __init__(self, detail: str, *, status: int, slug: str) -> None:
        super().__init__(detail)
        self.answered = status
        """The HTTP status."""
        self.problem = slug
        """The service's own slug (`unknown-job`); empty where it gave none."""


class NotTaken(Refused):
    """A service could not make anything of what it was asked: a value that is misspelt, or that can't be."""

    slug: ClassVar[str] = "not-taken"
    exit_code: ClassVar[int] = 2


class NotUnderstood(OpsError):
    """A service answered something that this opsctl does not understand."""

    slug: ClassVar[str] = "not-understood"


class WrongUse(OpsError):
    """The command does not fit together."""

    slug: ClassVar[str] = "usage"
    exit_code: ClassVar[int] = 2
