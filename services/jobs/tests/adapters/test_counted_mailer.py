from __future__ import annotations

import pytest
from jobs_store_contract import email

from common.clock import SystemClock
from common.errors import SuiteError
from common.observability.metrics import Metrics
from jobs.adapters.counted_mailer import CountedMailer
from jobs.adapters.stub_mailer import StubMailer
from jobs.domain.mail import Outgoing, Sender, compose
from jobs.ports.mailer import MailRefused, Taken

MAIL = compose(email("e1"), sender=Sender(address="r@mail.example.com"), business="")


class Answering:
    """Takes mail, or doesn't."""

    def __init__(self, answer: Taken | SuiteError) -> None:
        self._answer = answer

    async def send(self, mail: Outgoing) -> Taken:
        if isinstance(self._answer, SuiteError):
            raise self._answer
        return self._answer


async def test_each_outcome_is_counted_and_every_series_is_there_from_the_start() -> None:
    metrics = Metrics("jobs")
    mailer = CountedMailer(Answering("sent"), metrics=metrics, clock=SystemClock())

    def counted(outcome: str) -> float | None:
        return metrics.registry.get_sample_value("ai_telephony_email_attempts_total", {"outcome": outcome})

    assert [counted(outcome) for outcome in ("sent", "stubbed", "mail-refused", "mail-outcome-unknown")] == [0] * 4
    assert metrics.registry.get_sample_value("ai_telephony_email_provider_stub") == 0
    assert await mailer.send(MAIL) == "sent"
    assert counted("sent") == 1
    assert metrics.registry.get_sample_value("ai_telephony_email_attempt_seconds_count") == 1


async def test_a_stubbed_mail_is_not_among_what_was_sent() -> None:
    metrics = Metrics("jobs")
    await CountedMailer(StubMailer(), metrics=metrics, clock=SystemClock(), stub=True).send(MAIL)
    assert metrics.registry.get_sample_value("ai_telephony_email_provider_stub") == 1
    values = {
        sample.labels["outcome"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "ai_telephony_email_attempts_total"
    }
    assert {outcome for outcome, value in values.items() if value} == {"stubbed"}


async def test_a_refusal_is_counted_and_goes_on() -> None:
    metrics = Metrics("jobs")
    mailer = CountedMailer(Answering(MailRefused("550")), metrics=metrics, clock=SystemClock())
    with pytest.raises(MailRefused):
        await mailer.send(MAIL)
    assert metrics.registry.get_sample_value("ai_telephony_email_attempts_total", {"outcome": "mail-refused"}) == 1
