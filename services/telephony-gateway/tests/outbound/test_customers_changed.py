from __future__ import annotations

from gateway_outbound_contract import CALLER, NOON, TENANT

from common.clock import ManualClock
from common.contracts.chat import CustomerRecord, CustomersChanged
from common.contracts.topology import GATEWAY_CUSTOMERS
from common.messaging.bus import Delivery, Done
from common.messaging.compose import message_of
from common.messaging.inbox import Inbox
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.adapters.memory_copies import MemoryCopies
from telephony_gateway.adapters.memory_store import MemoryStore
from telephony_gateway.domain.copies import CopySet
from telephony_gateway.handlers.events import customer_handlers


class Rig:
    """The gateway's ear for many customers at once, on memory."""

    def __init__(self) -> None:
        clock = ManualClock(NOON)
        self.store = MemoryStore(clock)
        self.book = CopyBook(clock)
        self.told: list[CopySet] = []
        self._inbox = Inbox(store=self.store, clock=clock, random=lambda: 0.5)
        self._inbox.consume(GATEWAY_CUSTOMERS, customer_handlers(self._tell))

    async def hears(self, event_id: str, *customers: CustomerRecord) -> None:
        message = message_of(
            CustomersChanged(customers=customers),
            event_id=event_id,
            source="chat",
            time=NOON,
            subject=TENANT,
            tenant=TENANT,
        )
        delivery = Delivery(
            queue=GATEWAY_CUSTOMERS.name,
            routing_key=message.routing_key,
            event_id=event_id,
            body=message.body,
        )
        assert await self._inbox.handle(delivery) == Done()

    def _tell(self, copies: CopySet) -> None:
        self.told.append(copies)
        self.book.apply(copies)


def record(version: int, name: str, *, phone: str = CALLER, deleted: bool = False) -> CustomerRecord:
    return CustomerRecord(
        customer_id="k1", version=version, phone=phone, name=name, address="", language="es", deleted=deleted
    )


async def test_customers_of_an_import_are_known_at_once_and_kept() -> None:
    rig = Rig()
    await rig.hears("e1", record(1, "Ann"), record(1, "Bob", phone="+15125550177"))
    known = rig.book.customer(TENANT, CALLER)
    assert known is not None
    assert (known.name, known.lang) == ("Ann", "es")
    loaded, _ = await MemoryCopies(rig.store).load(since=0, visits_after=NOON)
    assert {copy.name for copy in loaded.customers} == {"Ann", "Bob"}


async def test_an_older_event_changes_nothing_and_tells_nothing() -> None:
    rig = Rig()
    await rig.hears("e2", record(2, "Newer"))
    await rig.hears("e1", record(1, "Older"))
    await rig.hears("e3", record(3, "Gone", deleted=True))
    assert len(rig.told) == 2
    assert rig.book.customer(TENANT, CALLER) is None


async def test_of_one_number_twice_in_an_event_the_newer_counts() -> None:
    rig = Rig()
    await rig.hears("e1", record(2, "Newer"), record(1, "Older"))
    known = rig.book.customer(TENANT, CALLER)
    assert known is not None
    assert known.name == "Newer"
