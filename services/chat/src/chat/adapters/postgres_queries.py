"""The statements of `chat/sql` by name, and the migrations."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from common.postgres.migrations import MigrationSet, read_migrations
from common.postgres.queries import load_queries


@dataclass(frozen=True, kw_only=True)
class Queries:
    """One field for each statement."""

    tenant: str
    lock_tenant: str
    add_tenant: str
    save_tenant: str
    release_numbers: str
    claim_numbers: str
    release_keys: str
    claim_keys: str
    tenant_of_key: str
    tenants_after: str
    add_resync: str
    claim_resync: str
    save_resync: str

    booking_facts: str
    slot_facts: str
    busy: str
    decision: str
    add_decision: str
    save_decision: str
    book: str
    add_appointment: str
    lock_appointment: str
    save_appointment: str
    shorten_travel: str
    appointments: str
    appointments_after: str

    lock_customer: str
    add_customer: str
    save_customer: str
    customers: str
    customers_after: str
    lock_callback: str
    add_callback: str
    save_callback: str
    callbacks: str
    promises: str

    customer: str
    customer_at: str
    dealings: str
    morning_visits: str
    morning_callbacks: str
    morning_emergencies: str
    morning_counts: str
    close_visits: str
    reopen_visits: str

    keep_contacts: str

    conversation: str
    add_conversation: str
    end_conversation: str
    touch_thread: str
    conversations: str
    add_message: str
    messages: str
    lock_emergency: str
    add_emergency: str
    save_emergency: str
    emergencies: str
    add_question: str
    questions: str

    purge_conversations: str
    purge_texts: str
    purge_questions: str
    purge_appointments: str
    purge_decisions: str
    purge_callbacks: str
    purge_emergencies: str

    customer_records: str
    appointment_records: str
    callback_records: str
    conversation_records: str


_SQL: Final = files("chat") / "sql"
QUERIES: Final = load_queries(
    Queries,
    _SQL / "tenants.sql",
    _SQL / "appointments.sql",
    _SQL / "people.sql",
    _SQL / "conversations.sql",
    _SQL / "automation.sql",
    _SQL / "contacts.sql",
    _SQL / "purge.sql",
    _SQL / "records.sql",
)
MIGRATIONS: Final[MigrationSet] = read_migrations("chat", _SQL / "migrations")
"""To be given to `migrate` after the messaging set."""
