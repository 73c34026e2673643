"""What every messaging store promises: outbox, inbox, retries and the ledger, in one transaction with everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Protocol

import pytest

from common.clock import ManualClock
from common.messaging.bus import Message
from common.messaging.parking import parked_message
from common.messaging.store import InboxStore, LedgerLine, MessagingTransaction, OutboxStore, Refusal, Retry
from common.testing.messages import NOON, delivered, email_message

CONSUMER = "jobs.commands.critical"


class MessagingStore(OutboxStore, InboxStore[MessagingTransaction], Protocol):
    """Both halves."""


class Refused(Exception):
    """The service's own code fails."""


def retry_of(event_id: str, *, attempts: int = 1, due_in_s: float = 0.0, consumer: str = CONSUMER) -> Retry:
    """A further attempt of an email command."""
    message = email_message(event_id)
    return Retry(
        consumer=consumer,
        event_id=event_id,
        routing_key=message.routing_key,
        body=message.body,
        headers={"a": "b"},
        attempts=attempts,
        not_before=NOON + timedelta(seconds=due_in_s),
        error="too-early",
    )


async def fail_after_claiming(store: MessagingStore, event_id: str, *messages: Message) -> None:
    """Claims, emits, and raises `Refused` before the commit."""
    async with store.transaction() as tx:
        for message in messages:
            tx.emit(message)
        assert await tx.claim_inbox(CONSUMER, event_id)
        raise Refused


class OutboxContract:
    """Subclasses provide the fixtures `clock` (a `ManualClock` at `NOON`) and `store`."""

    async def test_what_a_transaction_emits_is_claimed_whole_and_in_order(self, store: MessagingStore) -> None:
        messages = [email_message("1"), email_message("2"), email_message("3", subject="ñ ☎ \\x00 '")]
        async with store.transaction() as tx:
            for message in messages:
                tx.emit(message)
        rows = await store.claim_outbox(limit=10, lease_s=30)
        assert [row.message for row in rows] == messages
        assert [row.attempts for row in rows] == [1, 1, 1]

    async def test_headers_travel_with_the_message(self, store: MessagingStore) -> None:
        message = email_message("1")
        with_headers = Message(
            exchange=message.exchange,
            routing_key=message.routing_key,
            event_id="1",
            body=message.body,
            headers={"x-a": "é"},
        )
        async with store.transaction() as tx:
            tx.emit(with_headers)
        assert [row.message for row in await store.claim_outbox(limit=1, lease_s=30)] == [with_headers]

    async def test_nothing_is_published_when_the_transaction_fails(self, store: MessagingStore) -> None:
        store.emitted.clear()
        with pytest.raises(Refused):
            await fail_after_claiming(store, "e1", email_message("1"))
        assert not store.emitted.is_set()
        assert await store.claim_outbox(limit=10, lease_s=30) == []
        assert await store.ledger() == []

    async def test_nothing_is_published_when_the_transaction_is_cancelled(self, store: MessagingStore) -> None:
        entered = asyncio.Event()

        async def work() -> None:
            async with store.transaction() as tx:
                tx.emit(email_message("1"))
                entered.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(work())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await store.claim_outbox(limit=10, lease_s=30) == []

    async def test_a_commit_wakes_the_relay_and_nothing_is_seen_before(self, store: MessagingStore) -> None:
        store.emitted.clear()
        async with store.transaction() as tx:
            tx.emit(email_message("1"))
            assert not store.emitted.is_set()
        assert store.emitted.is_set()

    async def test_a_transaction_without_messages_wakes_nobody(self, store: MessagingStore) -> None:
        store.emitted.clear()
        async with store.transaction():
            pass
        assert not store.emitted.is_set()

    async def test_a_claimed_row_is_nobody_elses_until_the_lease_ends(
        self, store: MessagingStore, clock: ManualClock
    ) -> None:
        await self._emit(store, "1", "2", "3")
        first = await store.claim_outbox(limit=2, lease_s=30)
        second = await store.claim_outbox(limit=2, lease_s=30)
        assert [row.message.event_id for row in first] == ["1", "2"]
        assert [row.message.event_id for row in second] == ["3"]
        clock.advance(31)
        again = await store.claim_outbox(limit=10, lease_s=30)
        assert [(row.message.event_id, row.attempts) for row in again] == [("1", 2), ("2", 2), ("3", 2)]

    async def test_relays_that_claim_at_once_share_the_rows(self, store: MessagingStore) -> None:
        await self._emit(store, *(str(number) for number in range(40)))
        claims = await asyncio.gather(*(store.claim_outbox(limit=10, lease_s=30) for _ in range(4)))
        ids = [row.outbox_id for rows in claims for row in rows]
        # A claim passes over what another one is claiming just now, so one may come back with less.
        assert len(ids) == len(set(ids))
        rest = await store.claim_outbox(limit=40, lease_s=30)
        assert len(ids) + len(rest) == 40

    async def test_a_sent_row_is_gone(self, store: MessagingStore, clock: ManualClock) -> None:
        await self._emit(store, "1", "2")
        rows = await store.claim_outbox(limit=2, lease_s=30)
        await store.mark_sent([rows[0].outbox_id])
        clock.advance(31)
        assert [row.message.event_id for row in await store.claim_outbox(limit=2, lease_s=30)] == ["2"]

    async def test_a_refused_row_waits_for_its_time(self, store: MessagingStore, clock: ManualClock) -> None:
        await self._emit(store, "1", "2")
        rows = await store.claim_outbox(limit=2, lease_s=30)
        later = NOON + timedelta(seconds=60)
        await store.postpone([Refusal(outbox_id=rows[0].outbox_id, error="misrouted", not_before=later)])
        await store.release([rows[1].outbox_id])
        released = await store.claim_outbox(limit=2, lease_s=300)
        assert [(row.message.event_id, row.attempts) for row in released] == [("2", 1)]
        clock.advance(60)
        due = await store.claim_outbox(limit=2, lease_s=300)
        assert [(row.message.event_id, row.attempts) for row in due] == [("1", 2)]

    async def test_the_backlog_counts_what_is_owed_claimed_or_not(self, store: MessagingStore) -> None:
        assert (await store.backlog()).count == 0
        await self._emit(store, "1", "2")
        await store.claim_outbox(limit=1, lease_s=30)
        assert (await store.backlog()).count == 2

    async def _emit(self, store: MessagingStore, *event_ids: str) -> None:
        async with store.transaction() as tx:
            for event_id in event_ids:
                tx.emit(email_message(event_id))


class InboxContract:
    """Subclasses provide the fixtures `clock` (a `ManualClock` at `NOON`) and `store`."""

    async def test_an_event_is_claimed_once_for_each_consumer(self, store: MessagingStore) -> None:
        assert await self._apply(store, "1")
        assert not await self._apply(store, "1")
        assert await self._apply(store, "1", consumer="chat.calls.critical")

    async def test_an_event_whose_transaction_failed_can_be_claimed_again(self, store: MessagingStore) -> None:
        with pytest.raises(Refused):
            await fail_after_claiming(store, "1")
        assert await self._apply(store, "1")

    async def test_of_two_that_apply_an_event_at_once_one_does(self, store: MessagingStore) -> None:
        async def apply() -> bool:
            async with store.transaction() as tx:
                claimed = await tx.claim_inbox(CONSUMER, "1")
                await asyncio.sleep(0.02)
                return claimed

        assert sorted(await asyncio.gather(*(apply() for _ in range(3)))) == [False, False, True]

    async def test_several_events_are_claimed_at_once_and_each_by_one(self, store: MessagingStore) -> None:
        await self._apply(store, "2")
        await store.record_parked(CONSUMER, "3", "x")
        await store.save_retry(retry_of("4"))
        async with store.transaction() as tx:
            assert set(await tx.claim_inbox_many(CONSUMER, ["4", "1", "3", "2", "1"])) == {"1", "3", "4"}
        async with store.transaction() as tx:
            assert set(await tx.claim_inbox_many(CONSUMER, ["1", "2", "3", "4"])) == set()
            assert set(await tx.claim_inbox_many(CONSUMER, [])) == set()
        assert await store.ledger() == [_line(accepted=4, applied=4)]

    async def test_two_that_claim_the_same_events_at_once_share_them(self, store: MessagingStore) -> None:
        async def claim(event_ids: Sequence[str]) -> Collection[str]:
            async with store.transaction() as tx:
                claimed = await tx.claim_inbox_many(CONSUMER, event_ids)
                await asyncio.sleep(0.01)
                return claimed

        ids = [str(number) for number in range(50)]
        claims = await asyncio.gather(claim(ids), claim(ids[::-1]), claim(ids[10:40]))
        assert sorted(event_id for claimed in claims for event_id in claimed) == sorted(ids)

    async def test_a_retry_comes_when_it_is_due_and_is_leased(self, store: MessagingStore, clock: ManualClock) -> None:
        retry = retry_of("1", due_in_s=5)
        await store.save_retry(retry)
        assert await store.due_retries([CONSUMER], limit=10, lease_s=30) == []
        clock.advance(5)
        assert await store.due_retries(["chat.calls.critical"], limit=10, lease_s=30) == []
        due = await store.due_retries([CONSUMER], limit=10, lease_s=30)
        assert [(row.event_id, row.body, row.headers, row.attempts) for row in due] == [
            ("1", retry.body, {"a": "b"}, 1)
        ]
        assert await store.due_retries([CONSUMER], limit=10, lease_s=30) == []
        clock.advance(31)
        assert len(await store.due_retries([CONSUMER], limit=10, lease_s=30)) == 1

    async def test_a_retry_that_is_applied_is_gone(self, store: MessagingStore, clock: ManualClock) -> None:
        await store.save_retry(retry_of("1"))
        assert await self._apply(store, "1")
        clock.advance(3600)
        assert await store.due_retries([CONSUMER], limit=10, lease_s=30) == []

    async def test_a_retry_whose_transaction_fails_stays(self, store: MessagingStore) -> None:
        await store.save_retry(retry_of("1"))
        with pytest.raises(Refused):
            await fail_after_claiming(store, "1")
        assert len(await store.due_retries([CONSUMER], limit=10, lease_s=30)) == 1

    async def test_an_applied_event_is_not_retried(self, store: MessagingStore) -> None:
        assert await self._apply(store, "1")
        await store.save_retry(retry_of("1"))
        assert await store.due_retries([CONSUMER], limit=10, lease_s=30) == []

    async def test_a_second_failure_replaces_the_first_and_never_counts_down(self, store: MessagingStore) -> None:
        await store.save_retry(retry_of("1", attempts=4))
        await store.save_retry(retry_of("1", attempts=1))
        due = await store.due_retries([CONSUMER], limit=10, lease_s=30)
        assert [row.attempts for row in due] == [4]

    async def test_a_parked_event_can_be_applied_after_all(self, store: MessagingStore) -> None:
        await store.record_parked(CONSUMER, "1", "malformed-message")
        assert await self._apply(store, "1")
        assert not await self._apply(store, "1")

    async def test_giving_up_on_a_retry_sends_it_to_parking_in_the_same_commit(self, store: MessagingStore) -> None:
        retry = retry_of("1")
        await store.save_retry(retry)
        store.emitted.clear()
        delivery = delivered(email_message("1"), CONSUMER)
        parked = parked_message(delivery, cause="too-early", detail="é", at=NOON)
        await store.park_retry(retry, parked, "too-early")
        await store.park_retry(retry, parked, "too-early")
        assert store.emitted.is_set()
        assert [row.message for row in await store.claim_outbox(limit=10, lease_s=30)] == [parked]
        assert await store.due_retries([CONSUMER], limit=10, lease_s=30) == []
        assert await store.ledger() == [_line(accepted=1, parked=1)]

    async def test_a_discarded_event_is_never_applied(self, store: MessagingStore) -> None:
        await store.record_parked(CONSUMER, "1", "x")
        await store.save_retry(retry_of("2"))
        await self._apply(store, "3")
        assert await store.record_discarded(CONSUMER, ["1", "2", "3"]) == 2
        assert not await self._apply(store, "1")
        assert not await self._apply(store, "2")
        assert await store.ledger() == [_line(accepted=3, applied=1, discarded=2)]

    async def test_the_ledger_balances_whatever_happened(self, store: MessagingStore) -> None:
        for event_id in ("a1", "a2", "a3"):
            await self._apply(store, event_id)
        await self._apply(store, "a1")
        await store.save_retry(retry_of("p1"))
        await store.save_retry(retry_of("p1", attempts=2))
        await store.record_parked(CONSUMER, "k1", "x")
        await store.record_discarded(CONSUMER, ["d1"])
        await self._apply(store, "a1", consumer="chat.calls.critical")
        lines = await store.ledger()
        assert lines == [
            LedgerLine(consumer="chat.calls.critical", accepted=1, applied=1, pending=0, parked=0, discarded=0),
            _line(accepted=6, applied=3, pending=1, parked=1, discarded=1),
        ]
        assert all(line.balanced for line in lines)

    async def test_settled_events_are_forgotten_when_they_are_old_and_waiting_ones_never(
        self, store: MessagingStore
    ) -> None:
        await self._apply(store, "a1")
        await self._apply(store, "a2")
        await store.save_retry(retry_of("p1"))
        await store.record_parked(CONSUMER, "k1", "x")
        # Postgres tells the time of arrival by its own clock.
        long_ago, far_ahead = NOON - timedelta(days=36_500), NOON + timedelta(days=36_500)
        assert await store.prune_inbox(before=long_ago, limit=10) == 0
        assert await store.prune_inbox(before=far_ahead, limit=1) == 1
        assert await store.prune_inbox(before=far_ahead, limit=10) == 1
        assert await store.ledger() == [_line(accepted=2, pending=1, parked=1)]

    async def _apply(self, store: MessagingStore, event_id: str, *, consumer: str = CONSUMER) -> bool:
        async with store.transaction() as tx:
            return await tx.claim_inbox(consumer, event_id)


def _line(*, accepted: int, applied: int = 0, pending: int = 0, parked: int = 0, discarded: int = 0) -> LedgerLine:
    return LedgerLine(
        consumer=CONSUMER, accepted=accepted, applied=applied, pending=pending, parked=parked, discarded=discarded
    )
