from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chat_contacts_contract import known
from chat_samples import MONDAY_6AM, T1, tenant

from chat.adapters.memory_store import MemoryStore
from chat.domain.received import EARLIEST
from chat.handlers.contacts import Contacts
from chat.handlers.means import Means
from chat.handlers.metrics import ChatMetrics
from common.clock import ManualClock
from common.contracts.base import Contract
from common.contracts.chat import ContactsApplied, CustomersChanged, RefusedContact
from common.contracts.codec import decode
from common.contracts.jobs import ContactRow, ImportContacts
from common.contracts.topology import CHAT_CONTACTS
from common.messaging.bus import Delivery, Done, Outcome
from common.messaging.compose import message_of
from common.messaging.inbox import Inbox
from common.observability.metrics import Metrics


class Rig:
    """Chat's side of imports on memory, and what it told."""

    def __init__(self) -> None:
        clock = ManualClock(MONDAY_6AM)
        self.store = MemoryStore(clock)
        self._numbers = iter(range(1_000_000))
        self.metrics = Metrics("chat")
        means = Means(clock=clock, new_id=lambda: f"id-{next(self._numbers)}", metrics=ChatMetrics(self.metrics))
        self.inbox = Inbox(store=self.store, clock=clock, random=lambda: 0.5)
        self.inbox.consume(CHAT_CONTACTS, Contacts(means).handlers())

    async def open(self) -> Rig:
        async with self.store.transaction() as tx:
            await tx.add_tenant(tenant(), now=MONDAY_6AM)
        return self

    async def hears(self, *rows: ContactRow, batch: int = 0, of: str = T1, import_id: str = "i1") -> Outcome:
        command = ImportContacts(import_id=import_id, batch=batch, rows=rows)
        message = message_of(
            command, event_id=f"{import_id}:{batch}", source="jobs", time=MONDAY_6AM, subject=import_id, tenant=of
        )
        return await self.inbox.handle(
            Delivery(
                queue=CHAT_CONTACTS.name,
                routing_key=message.routing_key,
                event_id=message.event_id,
                body=message.body,
            )
        )

    def told(self, kind: type[Contract]) -> Sequence[Any]:
        sent = [decode(row.message.body)[1] for row in self.store.tables.outbox.rows()]
        return [contract for contract in sent if isinstance(contract, kind)]


def row(number: int, **changes: Any) -> ContactRow:
    fields: dict[str, Any] = {"row": number + 2, "phone": f"+1512666{number:04}", "name": f"N{number}", **changes}
    return ContactRow(**fields)


async def test_a_batch_is_kept_told_in_one_event_and_answered() -> None:
    rig = await Rig().open()
    assert await rig.hears(row(1), row(2, language="es")) == Done()
    (changed,) = rig.told(CustomersChanged)
    assert [(one.phone, one.name, one.version) for one in changed.customers] == [
        ("+15126660001", "N1", 1),
        ("+15126660002", "N2", 1),
    ]
    assert rig.told(ContactsApplied) == [ContactsApplied(import_id="i1", batch=0, created=2, updated=0, unchanged=0)]
    assert 'ai_telephony_contacts_total{result="created"} 2.0' in rig.metrics.text().decode()


async def test_a_batch_that_comes_twice_is_applied_once() -> None:
    rig = await Rig().open()
    for _ in range(2):
        assert await rig.hears(row(1)) == Done()
    assert len(rig.told(ContactsApplied)) == 1


async def test_whom_nothing_is_new_of_is_counted_and_not_told() -> None:
    rig = await Rig().open()
    await rig.hears(row(1), row(2, name=""))
    await rig.hears(row(1), row(2, name="Bob"), batch=1)
    await rig.hears(row(1), row(2), batch=2, import_id="i2")
    assert [len(event.customers) for event in rig.told(CustomersChanged)] == [2, 1, 1]
    assert rig.told(ContactsApplied)[1] == ContactsApplied(import_id="i1", batch=1, created=0, updated=1, unchanged=1)
    await rig.hears(row(1), batch=3)
    assert len(rig.told(CustomersChanged)) == 3


async def test_own_numbers_and_numbers_that_come_twice_are_refused() -> None:
    rig = await Rig().open()
    own = tenant().settings.phone_numbers[0]
    await rig.hears(row(1), row(2, phone=own), row(3, phone="+15126660001", name="Other"))
    (applied,) = rig.told(ContactsApplied)
    assert (applied.created, applied.refused) == (
        1,
        (RefusedContact(row=4, reason="own-number"), RefusedContact(row=5, reason="duplicate-in-file")),
    )
    assert (await known(rig.store, "+15126660001")).name == "N1"


async def test_a_business_that_is_gone_has_every_row_refused() -> None:
    rig = await Rig().open()
    await rig.hears(row(1), of="gone")
    assert [one.reason for one in rig.told(ContactsApplied)[0].refused] == ["unknown-business"]
    assert rig.told(CustomersChanged) == []


async def test_words_are_made_fit_to_be_stored() -> None:
    rig = await Rig().open()
    await rig.hears(row(1, name=" A\x00nn\n", address="\u2028x"))
    found = await known(rig.store, "+15126660001")
    assert (found.name, found.address, found.said_at) == ("A nn", "x", EARLIEST)


async def test_an_event_that_would_be_too_large_is_several() -> None:
    rig = await Rig().open()
    long = "漢" * 200
    assert await rig.hears(*(row(number, name=long, address=long) for number in range(202))) == Done()
    assert [len(event.customers) for event in rig.told(CustomersChanged)] == [101, 101]
    assert len(rig.told(ContactsApplied)) == 1


async def test_an_import_without_a_fit_id_is_parked() -> None:
    rig = await Rig().open()
    assert await rig.hears(row(1), import_id="i 1") != Done()
