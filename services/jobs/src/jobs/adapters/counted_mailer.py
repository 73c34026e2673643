"""A mailer whose outcomes are counted."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from common.clock import Clock
from common.errors import SuiteError
from common.observability.metrics import LATENCY_BUCKETS_S, Metrics
from jobs.domain.mail import Outgoing
from jobs.ports.mailer import MailDeferred, Mailer, MailOutcomeUnknown, MailRefused, MailServerUnavailable, Taken

_OUTCOMES: Final = (
    "sent",
    "stubbed",
    MailDeferred.slug,
    MailServerUnavailable.slug,
    MailOutcomeUnknown.slug,
    MailRefused.slug,
)


class CountedMailer:
    """A `Mailer` in front of another. What the stub took is never among what was sent."""

    def __init__(self, mailer: Mailer, *, metrics: Metrics, clock: Clock, stub: bool = False) -> None:
        self._mailer = mailer
        self._clock = clock
        attempts = Counter(
            "ai_telephony_email_attempts",
            "Mails handed to the mail server, or to the stub, by what became of it.",
            ["outcome"],
            registry=metrics.registry,
        )
        Gauge("ai_telephony_email_provider_stub", "1 while mails go nowhere.", registry=metrics.registry).set(stub)
        self._attempts = {outcome: attempts.labels(outcome) for outcome in _OUTCOMES}
        self._seconds = Histogram(
            "ai_telephony_email_attempt_seconds",
            "Seconds until the mail server had taken a mail, or had not.",
            buckets=LATENCY_BUCKETS_S,
            registry=metrics.registry,
        )

    async def send(self, mail: Outgoing) -> Taken:
        """See `Mailer`."""
        started = self._clock.monotonic()
        try:
            taken = await self._mailer.send(mail)
        except SuiteError as error:
            if error.slug in self._attempts:
                self._attempts[error.slug].inc()
            raise
        finally:
            self._seconds.observe(self._clock.monotonic() - started)
        self._attempts[taken].inc()
        return taken
