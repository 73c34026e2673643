"""Keep the customers of an import's batch."""

from __future__ import annotations

from collections.abc import Sequence

from chat.actions.announce import Occasion, announce
from chat.actions.announce_customers import announce_customers
from chat.domain.contact import Contact, KeptContact
from chat.domain.customer import CustomerId
from chat.domain.received import SHORT, cleaned
from chat.domain.tenant import Tenant, TenantId
from chat.ports import Transaction
from common.contracts.chat import ContactsApplied, RefusedContact
from common.contracts.jobs import ContactRow, ImportContacts


async def keep_contacts(
    tx: Transaction, tenant_id: TenantId, tenant: Tenant | None, batch: ImportContacts, occasion: Occasion
) -> ContactsApplied:
    """Stores what the batch adds to the customers, tells the changes in one event, and answers the import.

    Who is there already is completed, never overwritten with less (`domain.contact.completed`). Whom the batch adds nothing to
    counts as unchanged and isn't told. The business's own numbers are refused, and everything where it is not known any more.
    """
    wanted, refused = _sorted_out(batch.rows, tenant, occasion)
    kept: Sequence[KeptContact] = ()
    if tenant is not None and wanted:
        language = tenant.settings.languages[0]
        kept = await tx.keep_contacts(tenant.id, wanted, language=language, now=occasion.now)
        announce_customers(tx, tenant.id, [one.customer for one in kept], occasion)
    created = sum(one.created for one in kept)
    applied = ContactsApplied(
        import_id=batch.import_id,
        batch=batch.batch,
        created=created,
        updated=len(kept) - created,
        unchanged=len(wanted) - len(kept),
        refused=tuple(refused),
    )
    announce(tx, occasion, applied, tenant_id=tenant_id, subject=batch.import_id)
    return applied


def _sorted_out(
    rows: Sequence[ContactRow], tenant: Tenant | None, occasion: Occasion
) -> tuple[list[Contact], list[RefusedContact]]:
    own_numbers = frozenset() if tenant is None else frozenset(tenant.settings.phone_numbers)
    wanted: dict[str, Contact] = {}
    refused: list[RefusedContact] = []
    for row in rows:
        if tenant is None:
            refused.append(RefusedContact(row=row.row, reason="unknown-business"))
        elif row.phone in own_numbers:
            refused.append(RefusedContact(row=row.row, reason="own-number"))
        elif row.phone in wanted:
            refused.append(RefusedContact(row=row.row, reason="duplicate-in-file"))
        else:
            wanted[row.phone] = Contact(
                id=CustomerId(occasion.new_id()),
                phone=row.phone,
                name=cleaned(row.name, SHORT),
                address=cleaned(row.address, SHORT),
                email=cleaned(row.email, SHORT),
                language=row.language,
            )
    return list(wanted.values()), refused
