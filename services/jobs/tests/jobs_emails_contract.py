"""What every implementation of the mails' records must do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs_store_contract import email

from jobs.domain.email import EmailId, EmailState, KeptEmail
from jobs.ports.store import Store

LATER = datetime(2026, 3, 10, 13, tzinfo=UTC)


async def kept(store: Store, email_id: str = "e1") -> KeptEmail:
    async with store.transaction() as tx:
        found = await tx.emails.email(EmailId(email_id))
    assert found is not None
    return found


class EmailsContract:
    """Subclasses provide the fixture `store`."""

    async def test_a_mail_is_kept_once_and_as_it_was_accepted(self, store: Store) -> None:
        for expected in (True, False):
            async with store.transaction() as tx:
                assert await tx.emails.add(email("e1")) is expected
                assert await tx.emails.email(EmailId("e2")) is None
        assert await kept(store) == KeptEmail(**vars(email("e1")))

    async def test_what_became_of_it_is_kept_beside_it(self, store: Store) -> None:
        states: tuple[tuple[EmailState, str], ...] = (("failed", "mail-refused"), ("stubbed", ""), ("sent", ""))
        async with store.transaction() as tx:
            await tx.emails.add(email("e1"))
        for number, (state, cause) in enumerate(states):
            at = LATER + timedelta(minutes=number)
            async with store.transaction() as tx:
                await tx.emails.settle(EmailId("e1"), state, at=at, cause=cause)  # type: ignore[arg-type]
            mail = await kept(store)
            assert (mail.state, mail.settled_at, mail.cause) == (state, at, cause)

    async def test_what_was_sent_stays_sent(self, store: Store) -> None:
        async with store.transaction() as tx:
            await tx.emails.add(email("e1"))
            await tx.emails.settle(EmailId("e1"), "sent", at=LATER)
            await tx.emails.settle(EmailId("e1"), "failed", at=LATER + timedelta(hours=1), cause="mail-refused")
            await tx.emails.settle(EmailId("nobody"), "failed", at=LATER)
        mail = await kept(store)
        assert (mail.state, mail.settled_at, mail.cause) == ("sent", LATER, "")

    async def test_those_that_wait_are_gone_through_by_pages_and_counted(self, store: Store) -> None:
        async with store.transaction() as tx:
            for number in range(5):
                await tx.emails.add(email(f"e{number}"))
            await tx.emails.settle(EmailId("e2"), "stubbed", at=LATER)
            await tx.emails.settle(EmailId("e4"), "failed", at=LATER)
        seen: list[str] = []
        async with store.transaction() as tx:
            while page := await tx.emails.waiting_after(EmailId(seen[-1] if seen else ""), limit=2):
                seen += [mail.email_id for mail in page]
        assert seen == ["e0", "e1", "e3"]
        assert (await store.waiting()).emails == 3
