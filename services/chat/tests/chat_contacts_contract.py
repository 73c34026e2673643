"""What every implementation of chat's store must do with customers out of files."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, get_args

from chat_samples import MONDAY_6AM, T1, T2

from chat.domain.contact import Contact, KeptContact, completed, entered
from chat.domain.customer import Customer, CustomerId, Introduction, learned
from chat.domain.received import EARLIEST
from chat.domain.tenant import TenantId
from chat.ports import Page, Store
from common.contracts.tenants import Language

PHONE = "+15125550123"
_LATER = MONDAY_6AM + timedelta(days=3)


def contact(contact_id: str = "c1", **changes: Any) -> Contact:
    fields: dict[str, Any] = {
        "id": CustomerId(contact_id),
        "phone": PHONE,
        "name": "Ann Lee",
        "address": "12 Oak St",
        "email": "ann@example.com",
        "language": None,
        **changes,
    }
    return Contact(**fields)


async def keep(store: Store, contacts: Sequence[Contact], tenant_id: TenantId = T1) -> Sequence[KeptContact]:
    async with store.transaction() as tx:
        return await tx.keep_contacts(tenant_id, contacts, language="en", now=_LATER)


async def known(store: Store, phone: str = PHONE, tenant_id: TenantId = T1) -> Customer:
    (found,) = await store.customers(tenant_id, phone=phone, page=Page(limit=10))
    return found


class ContactContract:
    """Subclasses provide the fixture `store`, empty."""

    async def test_a_new_contact_becomes_a_customer_who_has_said_nothing_yet(self, store: Store) -> None:
        kept = await keep(store, [contact(), contact("c2", phone="+15125550124", name="", language="es")])
        assert {(one.customer.id, one.created) for one in kept} == {("c1", True), ("c2", True)}
        found = await known(store)
        assert found == entered(contact(), tenant_id=T1, language="en", now=_LATER)
        assert (found.said_at, found.version, found.language) == (EARLIEST, 1, "en")
        assert (await known(store, "+15125550124")).language == "es"

    async def test_the_same_file_again_changes_nothing(self, store: Store) -> None:
        contacts = [contact(), contact("c2", phone="+15125550124", language="es")]
        await keep(store, contacts)
        assert await keep(store, contacts) == []
        assert (await known(store)).version == 1

    async def test_another_tenants_customers_are_others(self, store: Store) -> None:
        await keep(store, [contact()])
        assert len(await keep(store, [contact(name="Bob")], T2)) == 1
        assert (await known(store)).name == "Ann Lee"

    async def test_nobody_is_kept_of_nothing(self, store: Store) -> None:
        assert await keep(store, []) == []

    async def test_what_callers_say_later_counts_more_than_the_file(self, store: Store) -> None:
        await keep(store, [contact(email="")])
        said = Introduction(phone=PHONE, name="Anna", address="", language="es", said_at=MONDAY_6AM)
        async with store.transaction() as tx:
            customer = await tx.lock_customer(T1, PHONE)
            assert customer is not None
            heard = learned(customer, said)
            assert heard is not None
            await tx.save_customer(heard)
        kept = await keep(
            store, [contact(name="Ann B. Lee", address="9 Elm Ave", email="new@example.com", language="en")]
        )
        assert [one.created for one in kept] == [False]
        found = await known(store)
        assert kept[0].customer == found
        assert (found.name, found.address, found.email, found.language, found.version) == (
            "Anna",
            "12 Oak St",
            "new@example.com",
            "es",
            3,
        )

    async def test_every_combination_is_decided_as_the_domain_says(self, store: Store) -> None:
        texts, languages = ("", "a", "b"), (*get_args(Language), None)
        cases = list(itertools.product((EARLIEST, MONDAY_6AM), texts, texts, ("en", "es"), languages))
        customers, contacts = [], []
        for number, (said_at, before, after, language, told) in enumerate(cases):
            phone = f"+1512{number:07}"
            customers.append(
                Customer(
                    id=CustomerId(f"k{number:03}"),
                    tenant_id=T1,
                    version=3,
                    phone=phone,
                    name=before,
                    address=texts[number % 3],
                    email=texts[number // 3 % 3],
                    language=language,  # type: ignore[arg-type]
                    said_at=said_at,
                    created_at=MONDAY_6AM,
                )
            )
            contacts.append(
                contact(
                    f"new{number}",
                    phone=phone,
                    name=after,
                    address=texts[number // 2 % 3],
                    email=texts[number // 5 % 3],
                    language=told,
                )
            )
        async with store.transaction() as tx:
            for customer in customers:
                assert await tx.add_customer(customer)
        expected = {
            customer.phone: wiser
            for customer, entry in zip(customers, contacts, strict=True)
            if (wiser := completed(customer, entry)) is not None
        }
        kept = await keep(store, contacts)
        assert {one.customer.phone: one.customer for one in kept} == expected
        assert not any(one.created for one in kept)
        stored = await store.customers(T1, phone=None, page=Page(limit=500))
        assert {row.phone: row for row in stored} == {row.phone: row for row in customers} | expected

    async def test_nothing_stays_of_contacts_whose_transaction_fails(self, store: Store) -> None:
        try:
            async with store.transaction() as tx:
                await tx.keep_contacts(T1, [contact()], language="en", now=_LATER)
                raise RuntimeError
        except RuntimeError:
            assert await store.customers(T1, phone=PHONE, page=Page(limit=10)) == []
