from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from gateway_copies_contract import visit
from gateway_outbound_contract import BUSINESS, CALLER, NOON, SETTINGS, TENANT, customer

from common.clock import ManualClock
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S
from telephony_gateway.actions.keep_copies import CopyKeeper
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.adapters.copy_shelf import FileShelf
from telephony_gateway.adapters.memory_copies import MemoryCopies
from telephony_gateway.adapters.memory_store import MemoryStore
from telephony_gateway.domain.copies import CopySet, EntitlementCopy, TenantCopy
from telephony_gateway.domain.errors import JournalUnavailable
from telephony_gateway.domain.ids import TenantId
from telephony_gateway.ports.events import CUSTOMERS_AT_ONCE


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def book(clock: ManualClock) -> CopyBook:
    return CopyBook(clock, seed=[SETTINGS])


def _told(version: int, **changes: object) -> CopySet:
    settings = msgspec.structs.replace(SETTINGS, **changes)
    return CopySet(tenants=(TenantCopy(tenant_id=TENANT, version=version, settings=settings),))


def test_a_business_is_found_by_the_number_that_was_dialled_alone(book: CopyBook) -> None:
    assert book.by_number(BUSINESS) == SETTINGS
    assert book.by_number("+15125550999") is None
    assert book.tenant(TENANT) == SETTINGS
    assert book.tenant(TenantId("other")) is None
    assert book.loaded
    assert not book.told_by_chat


def test_what_chat_says_replaces_the_file_and_numbers_follow(book: CopyBook) -> None:
    assert book.apply(_told(1, phone_numbers=("+15125550101",)))
    assert book.told_by_chat
    assert book.by_number(BUSINESS) is None
    assert book.by_number("+15125550101") is not None
    assert not book.apply(_told(1)), "not newer"


def test_a_number_that_moved_to_another_business_is_not_taken_from_it(book: CopyBook) -> None:
    other = msgspec.structs.replace(SETTINGS, tenant_id="other")
    book.apply(CopySet(tenants=(TenantCopy(tenant_id=TenantId("other"), version=1, settings=other),)))
    book.apply(_told(1, phone_numbers=()))
    found = book.by_number(BUSINESS)
    assert found is not None
    assert found.tenant_id == "other"


def test_a_deleted_business_answers_no_more(book: CopyBook) -> None:
    book.apply(CopySet(tenants=(TenantCopy(tenant_id=TENANT, version=2, settings=SETTINGS, deleted=True),)))
    assert book.by_number(BUSINESS) is None
    assert book.tenant(TENANT) is None
    assert book.by_api_key("demo-key-for-loopback-only") is None


def test_an_api_key_opens_its_business(book: CopyBook) -> None:
    assert book.by_api_key("demo-key-for-loopback-only") == SETTINGS
    assert book.by_api_key("wrong") is None


def test_a_caller_is_known_with_the_visits_to_come(book: CopyBook) -> None:
    assert book.visits(TENANT, CALLER, NOON) == ()
    assert book.customer(TENANT, CALLER) is None
    book.apply(CopySet(visits=(visit(),), customers=(customer(version=1),)))
    (known,) = book.visits(TENANT, CALLER, NOON)
    assert (known.id, known.start, known.service_id) == ("a1", NOON + timedelta(days=1), "leak")
    assert book.visits(TENANT, CALLER, NOON + timedelta(days=2)) == ()
    assert book.visits(TENANT, "", NOON) == ()
    found = book.customer(TENANT, CALLER)
    assert found is not None
    assert found.name == "Ann Lee"


def test_a_cancelled_visit_frees_its_time_and_leaves_its_caller(book: CopyBook) -> None:
    book.apply(CopySet(visits=(visit(),)))
    assert len(book.busy(TENANT)) == 1
    book.apply(CopySet(visits=(visit(version=2, cancelled=True),)))
    assert book.busy(TENANT) == ()
    assert book.visits(TENANT, CALLER, NOON) == ()
    book.apply(CopySet(visits=(visit(version=1),)))
    assert book.busy(TENANT) == ()


def test_a_visit_that_moved_to_another_customer_leaves_the_first(book: CopyBook) -> None:
    book.apply(CopySet(visits=(visit(),)))
    book.apply(CopySet(visits=(replace(visit(version=2), customer_phone="+15125550199"),)))
    assert book.visits(TENANT, CALLER, NOON) == ()
    assert len(book.visits(TENANT, "+15125550199", NOON)) == 1


def test_a_copy_says_how_old_it_is_and_forgets_what_is_over(book: CopyBook, clock: ManualClock) -> None:
    assert book.as_of(TENANT) == datetime.min.replace(tzinfo=UTC)
    book.apply(CopySet(visits=(visit(),)))
    assert book.as_of(TENANT) == NOON
    clock.advance(3 * 86_400)
    assert book.everything().visits == ()
    assert book.busy(TENANT) == ()


def test_a_deleted_customer_is_nobody(book: CopyBook) -> None:
    book.apply(CopySet(customers=(customer(version=1),)))
    book.apply(CopySet(customers=(replace(customer(version=2), deleted=True),)))
    assert book.customer(TENANT, CALLER) is None


def test_a_business_without_a_plan_is_served(book: CopyBook) -> None:
    assert book.entitlement(TENANT) is None
    plan = EntitlementCopy(tenant_id=TENANT, version=1, plan="basic", state="degraded")
    assert book.apply(CopySet(entitlements=(plan,)))
    assert not book.apply(CopySet(entitlements=(plan,)))
    assert book.entitlement(TENANT) == plan


async def test_the_shelf_keeps_the_copies_for_a_cold_start(tmp_path: Path, book: CopyBook, clock: ManualClock) -> None:
    shelf = FileShelf(tmp_path / "journal")
    assert (await shelf.read()).empty
    book.apply(CopySet(visits=(visit(),), customers=(customer(version=1),)))
    await shelf.write(book.everything())
    assert (tmp_path / "journal" / "copies.json").stat().st_mode & 0o777 == 0o600
    cold = CopyBook(clock)
    assert cold.apply(await shelf.read())
    assert cold.by_number(BUSINESS) == SETTINGS
    assert len(cold.visits(TENANT, CALLER, NOON)) == 1


async def test_the_shelf_keeps_any_number_of_customers(tmp_path: Path, book: CopyBook, clock: ManualClock) -> None:
    many = tuple(replace(customer(version=1), phone=f"+1512{number:07}") for number in range(4_500))
    book.apply(CopySet(visits=(visit(),), customers=many))
    shelf = FileShelf(tmp_path)
    await shelf.write(book.everything())
    assert await shelf.read() == book.everything()


async def test_the_keeper_reads_customers_to_the_last(tmp_path: Path, clock: ManualClock) -> None:
    store = MemoryStore(clock)
    many = [replace(customer(version=1), phone=f"+1512{number:07}") for number in range(CUSTOMERS_AT_ONCE + 1)]
    async with store.transaction() as tx:
        await tx.save_customers(many)
    book = CopyBook(clock)
    keeper = CopyKeeper(book=book, store=MemoryCopies(store), shelf=FileShelf(tmp_path), clock=clock)
    await keeper.refresh()
    assert len(book.everything().customers) == CUSTOMERS_AT_ONCE + 1
    await keeper.refresh()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"tenants": 5}', b"\xff\xfe"])
async def test_a_damaged_shelf_is_an_empty_one(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "copies.json").write_bytes(damage)
    assert (await FileShelf(tmp_path).read()).empty


async def test_a_shelf_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(JournalUnavailable):
        await FileShelf(tmp_path / "file").write(CopySet())


async def test_the_keeper_follows_the_store_and_outlives_its_outage(tmp_path: Path, clock: ManualClock) -> None:
    store = MemoryStore(clock)
    copies = MemoryCopies(store)
    down = False
    original = copies.load

    async def load(*, since: int, visits_after: datetime) -> tuple[CopySet, int]:
        if down:
            raise StoreUnavailable
        return await original(since=since, visits_after=visits_after)

    copies.load = load  # type: ignore[method-assign]
    book = CopyBook(clock)
    keeper = CopyKeeper(book=book, store=copies, shelf=FileShelf(tmp_path), clock=clock, every_s=0.01)
    await keeper.warm_up()
    task = asyncio.create_task(keeper.run())

    async def save(version: int) -> None:
        async with store.transaction() as tx:
            await tx.save_tenant(TenantCopy(tenant_id=TENANT, version=version, settings=SETTINGS))

    async def known(version: int) -> bool:
        async with asyncio.timeout(PATIENCE_S):
            while not any(copy.version == version for copy in book.everything().tenants):
                await asyncio.sleep(0.01)
        return True

    await save(1)
    assert await known(1)
    down = True
    await save(2)
    await asyncio.sleep(0.05)
    assert not any(copy.version == 2 for copy in book.everything().tenants)
    down = False
    assert await known(2)
    assert (tmp_path / "copies.json").exists()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_the_keeper_is_told_is_known_at_once(tmp_path: Path, clock: ManualClock) -> None:
    book = CopyBook(clock)
    keeper = CopyKeeper(book=book, store=MemoryCopies(MemoryStore(clock)), shelf=FileShelf(tmp_path), clock=clock)
    keeper.tell(CopySet(customers=(customer(version=1),)))
    assert book.customer(TENANT, CALLER) is not None


async def test_copies_that_could_not_be_shelved_are_shelved_later(tmp_path: Path, clock: ManualClock) -> None:
    class Shelf(FileShelf):
        full = True

        async def write(self, copies: CopySet) -> None:
            if self.full:
                raise JournalUnavailable("tests")
            await super().write(copies)

    shelf = Shelf(tmp_path)
    keeper = CopyKeeper(
        book=CopyBook(clock), store=MemoryCopies(MemoryStore(clock)), shelf=shelf, clock=clock, every_s=0.01
    )
    keeper.tell(CopySet(customers=(customer(version=1),)))
    task = asyncio.create_task(keeper.run())
    await asyncio.sleep(0.05)
    shelf.full = False
    clock.advance(31)
    async with asyncio.timeout(PATIENCE_S):
        while (await shelf.read()).customers != (customer(version=1),):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
