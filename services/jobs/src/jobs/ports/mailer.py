"""What takes mail out of the house."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from common.errors import SuiteError
from jobs.domain.mail import Outgoing

Taken = Literal["sent", "stubbed"]
"""`sent`: a mail server answers for it now. `stubbed`: it was shown to nobody, and never will be."""


class MailServerUnavailable(SuiteError):
    """The mail server can't be reached, or doesn't let us in."""

    slug: ClassVar[str] = "mail-server-unavailable"
    status = 503
    retryable = True


class MailDeferred(SuiteError):
    """The mail server doesn't take this mail just now."""

    slug = "mail-deferred"
    status = 503
    retryable = True


class MailOutcomeUnknown(SuiteError):
    """Whether the mail server took this mail is not known."""

    slug = "mail-outcome-unknown"
    status = 503
    retryable = True


class MailRefused(SuiteError):
    """The mail server will never take this mail."""

    slug = "mail-refused"
    status = 422


class Mailer(Protocol):
    """Hands mail over."""

    async def send(self, mail: Outgoing) -> Taken:
        """Returns when somebody else answers for the mail, within a time limit of its own.

        Raises `MailServerUnavailable`, `MailDeferred`, `MailOutcomeUnknown` or `MailRefused`; their words are codes, without
        anything of the mail's.
        """
