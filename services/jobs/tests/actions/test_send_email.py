from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from jobs_emails_contract import kept
from jobs_samples import shown
from jobs_store_contract import email
from jobs_tenants_contract import copy
from jobs_work import StoredWork, claimed_work

from common.clock import ManualClock
from common.contracts.jobs import SendEmail as SendEmailCommand
from common.errors import SuiteError
from jobs.actions.accept_email import accept_email
from jobs.actions.mend_emails import Mended, mend_emails
from jobs.actions.send_email import SendEmail
from jobs.adapters.memory_store import MemoryStore
from jobs.domain.email import AddressRefused, EmailId
from jobs.domain.job import JobId
from jobs.domain.mail import Outgoing, Sender
from jobs.domain.run import LEASE_LOST, failed, hold_of
from jobs.domain.selection import JobFilter
from jobs.ports.kinds import Finished, JobRefused, Kinds, LeaseLost, Succeeded
from jobs.ports.mailer import MailDeferred, MailOutcomeUnknown, MailRefused, MailServerUnavailable, Taken

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SENDER = Sender(address="receptionist@mail.example.com")


@dataclass
class ScriptedMailer:
    """Takes mail, or fails as it is told."""

    faults: list[SuiteError] = field(default_factory=list)
    taken: Taken = "sent"
    mails: list[Outgoing] = field(default_factory=list)

    async def send(self, mail: Outgoing) -> Taken:
        self.mails.append(mail)
        if self.faults:
            raise self.faults.pop(0)
        return self.taken


class Rig:
    """A store, a kind, and a mail that was accepted."""

    def __init__(self, mailer: ScriptedMailer | None = None) -> None:
        self.clock = ManualClock(NOW)
        self.store = MemoryStore(clock=self.clock)
        self.mailer = mailer or ScriptedMailer()
        self.kind = SendEmail(mailer=self.mailer, sender=SENDER, clock=self.clock)
        self.kinds = Kinds([self.kind])

    async def accept(self, email_id: str = "m1", *, purpose: str = "alert") -> None:
        command = SendEmailCommand(
            email_id=email_id, recipient="dana@example.com", subject="Gas", body="12 Oak St", purpose=purpose
        )
        async with self.store.transaction() as tx:
            assert await accept_email(tx, self.kinds, command, tenant_id="bright", now=self.clock.now())

    async def work(self) -> StoredWork:
        (work,) = await claimed_work(self.store, "email.send")
        return work


async def test_a_mail_goes_out_once_and_is_noted_as_sent_with_the_completion() -> None:
    rig = Rig()
    await rig.accept()
    assert await rig.kind.run(await rig.work()) == Finished()
    (mail,) = rig.mailer.mails
    assert mail.recipient == "dana@example.com"
    assert ((await kept(rig.store, "m1")).state, (await kept(rig.store, "m1")).settled_at) == ("sent", NOW)
    job = await shown(rig.store, "email:m1")
    assert (job.state, job.result) == ("succeeded", {"state": "sent", "message_id": mail.message_id})
    assert (await rig.store.waiting()).emails == 0


async def test_a_stubbed_mail_is_never_said_to_be_sent() -> None:
    rig = Rig(ScriptedMailer(taken="stubbed"))
    await rig.accept()
    await rig.kind.run(await rig.work())
    assert (await kept(rig.store, "m1")).state == "stubbed"
    assert (await shown(rig.store, "email:m1")).result["state"] == "stubbed"


async def test_alerts_go_before_everything_else() -> None:
    rig = Rig()
    await rig.accept("m1", purpose="summary")
    await rig.accept("m2", purpose="alert")
    assert [(await shown(rig.store, f"email:{name}")).priority for name in ("m1", "m2")] == ["normal", "urgent"]


async def test_the_reader_learns_which_business_it_is_about() -> None:
    rig = Rig()
    async with rig.store.transaction() as tx:
        await tx.tenants.save(copy("bright", business_name="Bright & Sons"))
    await rig.accept()
    await rig.kind.run(await rig.work())
    assert b"Bright & Sons" in rig.mailer.mails[0].content
    assert b"Bright &amp; Sons" in rig.mailer.mails[0].content


@pytest.mark.parametrize("fault", [MailDeferred("451"), MailServerUnavailable("535"), MailOutcomeUnknown()])
async def test_what_may_go_better_later_is_tried_again_as_the_same_mail(fault: SuiteError) -> None:
    rig = Rig(ScriptedMailer(faults=[fault]))
    await rig.accept()
    work = await rig.work()
    with pytest.raises(type(fault)):
        await rig.kind.run(work)
    assert (await kept(rig.store, "m1")).state == "waiting"
    await rig.kind.run(work)
    first, second = rig.mailer.mails
    assert first == second
    assert (await kept(rig.store, "m1")).state == "sent"


async def test_what_was_refused_has_failed_for_good_with_its_cause() -> None:
    rig = Rig(ScriptedMailer(faults=[MailRefused("550 5.1.1")]))
    await rig.accept()
    with pytest.raises(MailRefused) as caught:
        await rig.kind.run(await rig.work())
    assert not caught.value.retryable
    mail = await kept(rig.store, "m1")
    assert (mail.state, mail.cause, mail.settled_at) == ("failed", "mail-refused", NOW)


async def test_the_last_attempt_leaves_no_mail_waiting() -> None:
    rig = Rig(ScriptedMailer(faults=[MailDeferred("451")]))
    await rig.accept()
    work = await rig.work()
    worn = StoredWork(rig.store, replace(work.job, attempts=work.job.max_attempts - 1))
    with pytest.raises(MailDeferred):
        await rig.kind.run(worn)
    assert ((await kept(rig.store, "m1")).state, (await kept(rig.store, "m1")).cause) == ("failed", "mail-deferred")


async def test_a_run_that_lost_its_job_sends_nothing() -> None:
    rig = Rig()
    await rig.accept()
    work = await rig.work()
    async with rig.store.transaction() as tx:
        await tx.jobs.finish(hold_of(work.job), result={}, progress=None, at=NOW)
    with pytest.raises(LeaseLost):
        await rig.kind.run(work)
    assert rig.mailer.mails == []


async def test_a_mail_that_was_sent_is_not_sent_again_and_one_that_is_gone_is_refused() -> None:
    rig = Rig()
    await rig.accept()
    work = await rig.work()
    async with rig.store.transaction() as tx:
        await tx.emails.settle(EmailId("m1"), "sent", at=NOW)
    assert await rig.kind.run(work) == Succeeded(result={"state": "sent"})
    gone = StoredWork(rig.store, replace(work.job, payload={"email_id": "nobody"}))
    with pytest.raises(JobRefused):
        await rig.kind.run(gone)
    assert rig.mailer.mails == []
    with pytest.raises(JobRefused):
        rig.kind.check({})


async def test_an_address_that_an_earlier_release_took_fails_with_a_cause() -> None:
    rig = Rig()
    early = email("m1")
    object.__setattr__(early, "recipient", "dañá@x.example")
    async with rig.store.transaction() as tx:
        await tx.emails.add(early)
    await mend_emails(rig.store, rig.kinds, after=EmailId(""), now=NOW)
    with pytest.raises(AddressRefused):
        await rig.kind.run(await rig.work())
    assert ((await kept(rig.store, "m1")).state, (await kept(rig.store, "m1")).cause) == ("failed", "address-refused")


async def test_mail_that_was_accepted_before_anything_could_send_it_goes_out() -> None:
    rig = Rig()
    async with rig.store.transaction() as tx:
        for number in range(1_100):
            await tx.emails.add(email(f"m{number:04}"))
        await tx.emails.settle(EmailId("m1099"), "stubbed", at=NOW)
    assert await mend_emails(rig.store, rig.kinds, after=EmailId(""), now=NOW) == Mended(
        without_job=1_000, given_up=0, seen_until=EmailId("m0999")
    )
    assert await mend_emails(rig.store, rig.kinds, after=EmailId("m0999"), now=NOW) == Mended(
        without_job=99, given_up=0, seen_until=EmailId("")
    )
    again = await mend_emails(rig.store, rig.kinds, after=EmailId(""), now=NOW)
    assert again.without_job == 0
    for work in await claimed_work(rig.store, "email.send"):
        await rig.kind.run(work)
    assert {mail.recipient for mail in rig.mailer.mails} == {"dana@example.com"}
    assert (await rig.store.waiting()).emails == 1_089


async def test_mail_whose_job_is_over_without_it_does_not_wait_for_ever() -> None:
    rig = Rig()
    for name in ("m1", "m2"):
        await rig.accept(name)
    (work, _) = await claimed_work(rig.store, "email.send")
    async with rig.store.transaction() as tx:
        worn = replace(work.job, attempts=200)
        await tx.jobs.end([failed(worn, LEASE_LOST, rig.kind.policy, at=NOW, random=lambda: 0.5)], at=NOW)
    mended = await mend_emails(rig.store, rig.kinds, after=EmailId(""), now=NOW + timedelta(minutes=1))
    assert mended.given_up == 1
    mail = await kept(rig.store, "m1")
    assert (mail.state, mail.cause) == ("failed", "lease-lost")
    # And when a person lets the job run again, it goes out.
    async with rig.store.transaction() as tx:
        assert await tx.jobs.run_again(JobFilter(states=("failed",)), now=NOW, limit=10) == [JobId("email:m1")]
    await rig.kind.run(await rig.work())
    assert (await kept(rig.store, "m1")).state == "sent"


async def test_a_cancelled_run_is_not_taken_for_a_failed_mail() -> None:
    class Hanging(ScriptedMailer):
        async def send(self, mail: Outgoing) -> Taken:
            await asyncio.sleep(30)
            return "sent"

    rig = Rig(Hanging())
    await rig.accept()
    running = asyncio.create_task(rig.kind.run(await rig.work()))
    await asyncio.sleep(0.02)
    running.cancel()
    assert isinstance((await asyncio.gather(running, return_exceptions=True))[0], asyncio.CancelledError)
    assert (await kept(rig.store, "m1")).state == "waiting"
