"""Mail that goes nowhere: for the embedded mode, and where no mail server is configured on purpose."""

from __future__ import annotations

from common.observability.logs import get_logger, pii
from jobs.domain.mail import Outgoing
from jobs.ports.mailer import Taken

_log = get_logger("jobs")


class StubMailer:
    """A `Mailer` that logs. What it took is never counted as sent."""

    async def send(self, mail: Outgoing) -> Taken:
        """See `Mailer`."""
        _log.info("email_stubbed", message_id=mail.message_id, **pii(to=mail.recipient))
        return "stubbed"
