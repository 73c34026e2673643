"""What every implementation of chat's store must do with lists of records."""

from __future__ import annotations

from chat_purge_contract import keep_visits
from chat_samples import T1, T2, promise
from chat_store_contract import ENDING, LINE, call, customer, seed, visit

from chat.domain.record_rows import Record, RecordKind
from chat.ports import Store

KINDS: tuple[RecordKind, ...] = ("customers", "appointments", "callbacks", "conversations")


async def keep_records(store: Store) -> None:
    """Three of each kind, and one of each that belongs to another business."""
    await seed(store)
    async with store.transaction() as tx:
        for number in (3, 1, 2):
            assert await tx.add_customer(customer(f"k{number}", phone=f"+1512555000{number}"))
            assert await tx.add_callback(promise(f"c{number}"))
            await tx.end_conversation(call(f"call-{number}", ending=ENDING, transcript=(LINE,)))
        assert await tx.add_customer(customer("k2", tenant_id=T2))
        assert await tx.add_callback(promise("c2", tenant_id=T2))
        await tx.add_conversation(call("call-2", tenant_id=T2))
        await tx.touch_thread(call("call-1-thread", kind="texts", channel="sms"))
    await keep_visits(store, *(visit(f"a{number}", 8 + 2 * number, days=number) for number in (3, 1, 2)))


async def pages(store: Store, kind: RecordKind, *, limit: int) -> list[list[Record]]:
    found: list[list[Record]] = []
    while not found or found[-1]:
        after = found[-1][-1].id if found else ""
        found.append(list(await store.records_after(T1, kind, after=after, limit=limit)))
    return found


class RecordsContract:
    """Subclasses provide the fixture `store`, empty."""

    async def test_records_are_listed_page_by_page_in_the_order_of_their_ids(self, store: Store) -> None:
        await keep_records(store)
        for kind, prefix in zip(KINDS, ("k", "a", "c", "call-"), strict=True):
            listed = [[record.id for record in page] for page in await pages(store, kind, limit=2)]
            assert listed == [[f"{prefix}1", f"{prefix}2"], [f"{prefix}3"], []]

    async def test_records_are_listed_whole_and_those_of_others_never(self, store: Store) -> None:
        await keep_records(store)
        (found,) = await store.records_after(T1, "conversations", after="call-2", limit=10)
        assert found == call("call-3", ending=ENDING, transcript=(LINE,))
        (theirs,) = await store.records_after(T2, "customers", after="", limit=10)
        assert theirs == customer("k2", tenant_id=T2)
        first, *_ = await store.records_after(T1, "appointments", after="", limit=10)
        assert first == visit("a1", 10, days=1)
