"""Send a mail that was accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from common.backoff import Backoff
from common.clock import Clock
from common.errors import SuiteError
from common.observability.logs import get_logger
from jobs.domain.email import EmailId, KeptEmail
from jobs.domain.kind import SEND_EMAIL, KindPolicy
from jobs.domain.mail import Sender, compose
from jobs.domain.mail_words import template_of
from jobs.ports.kinds import Finished, JobRefused, RunResult, Succeeded, Work
from jobs.ports.mailer import Mailer

_log = get_logger("jobs")
_POLICY: Final = KindPolicy(
    kind=SEND_EMAIL,
    job_class="critical",
    # More than a mailer takes to give up by itself: a run that is cut off would leave the outcome open.
    timeout_s=60.0,
    # About ten hours. An outage of the mail server that is longer than that has been noticed otherwise.
    max_attempts=120,
    backoff=Backoff(base_s=2.0, maximum_s=600.0, minimum_s=1.0),
    # A mail server that doesn't answer shall not keep all workers waiting.
    concurrency=8,
)


class SendEmail:
    """A `Kind`: composes the mail, hands it over, and notes what became of it with the job's completion."""

    def __init__(self, *, mailer: Mailer, sender: Sender, clock: Clock) -> None:
        self._mailer = mailer
        self._sender = sender
        self._clock = clock

    @property
    def policy(self) -> KindPolicy:
        """See `Kind`."""
        return _POLICY

    def check(self, payload: Mapping[str, str]) -> None:
        """See `Kind`."""
        if not payload.get("email_id"):
            raise JobRefused("payload: email_id must be there")

    async def run(self, work: Work) -> RunResult:
        """See `Kind`.

        A mail whose outcome is unknown, because the connection went before the server's answer came or this process before it
        could be stored, is sent again with the same Message-ID: an alert that comes twice is a nuisance, one that is lost is not.
        """
        email_id = EmailId(work.job.payload["email_id"])
        # The step makes sure that the job is still this run's before anything leaves the house.
        async with work.step(checkpoint=work.job.checkpoint) as tx:
            email = await tx.emails.email(email_id)
            tenant = None if email is None else await tx.tenants.tenant(email.tenant_id)
        if email is None:
            raise JobRefused("there is no such mail")
        if email.state == "sent":
            return Succeeded(result={"state": "sent"})
        if email.purged_at is not None:
            raise JobRefused("the mail's words are gone")
        started = self._clock.monotonic()
        try:
            outgoing = compose(
                email, sender=self._sender, business="" if tenant is None else tenant.settings.business_name
            )
            taken = await self._mailer.send(outgoing)
        except SuiteError as error:
            self._report(work, email, error.slug, started, codes=error.detail)
            last = work.job.attempts + 1 >= work.job.max_attempts
            if last or not error.retryable:
                async with work.step(checkpoint=work.job.checkpoint) as tx:
                    await tx.emails.settle(email_id, "failed", at=self._clock.now(), cause=error.slug)
            raise
        async with work.finish(result={"state": taken, "message_id": outgoing.message_id}) as tx:
            await tx.emails.settle(email_id, taken, at=self._clock.now())
        self._report(work, email, taken, started)
        return Finished()

    def _report(self, work: Work, email: KeptEmail, outcome: str, started: float, *, codes: str = "") -> None:
        _log.info(
            "email_handled",
            email_id=email.email_id,
            tenant=email.tenant_id,
            template=template_of(email.purpose),
            language=email.language,
            outcome=outcome,
            codes=codes,
            attempt=work.job.attempts + 1,
            waited_s=round((self._clock.now() - email.accepted_at).total_seconds(), 3),
            duration_ms=round((self._clock.monotonic() - started) * 1000, 2),
        )
