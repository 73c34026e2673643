"""Every exchange, queue and binding of the suite. Each service declares all of it, so start order doesn't matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from common.contracts import billing, chat, gateway, jobs
from common.contracts.base import Contract, Kind

EVENTS: Final = "suite.events"
COMMANDS: Final = "suite.commands"
PARKING: Final = "suite.parking"
SIGNALS: Final = "suite.signals"
"""Hints to every process: no contract, no durable queue (see `Bus.broadcast`)."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A durable quorum queue `<consumer>.<stream>.<class>` with a parking queue `<name>.parking` beside it."""

    name: str
    contracts: tuple[type[Contract], ...]

    @property
    def consumer(self) -> str:
        """The service that reads it."""
        return self.name.split(".", 1)[0]

    @property
    def parking(self) -> str:
        """Where what can't be applied waits for a person."""
        return f"{self.name}.parking"


@dataclass(frozen=True, kw_only=True)
class RpcQueue:
    """A durable classic queue for requests: each expires at its deadline, none is parked."""

    name: str
    contracts: tuple[type[Contract], ...]


GATEWAY_COPIES: Final = Queue(
    name="gateway.copies.critical",
    contracts=(
        chat.TenantChanged,
        chat.AppointmentBooked,
        chat.AppointmentRejected,
        chat.AppointmentCancelled,
        chat.CustomerChanged,
        billing.EntitlementChanged,
    ),
)
GATEWAY_COMMANDS: Final = Queue(
    name="gateway.commands.critical", contracts=(gateway.SendSms, gateway.AcknowledgeEmergency)
)
GATEWAY_JOURNAL: Final = Queue(name="gateway.journal.critical", contracts=(gateway.ReplayCommit,))
GATEWAY_CUSTOMERS: Final = Queue(name="gateway.customers.bulk", contracts=(chat.CustomersChanged,))
GATEWAY_PURGE: Final = Queue(name="gateway.purge.bulk", contracts=(jobs.PurgeData,))
CHAT_CALLS: Final = Queue(
    name="chat.calls.critical",
    contracts=(
        gateway.CallStarted,
        gateway.CallEnded,
        gateway.MessageReceived,
        gateway.MessageSent,
        gateway.AppointmentRequested,
        gateway.AppointmentChangeRequested,
        gateway.CallbackPromised,
        gateway.EmergencyDetected,
        gateway.EmergencyAcknowledged,
        gateway.CallerIdentified,
        gateway.QuestionUnanswered,
    ),
)
CHAT_COMMANDS: Final = Queue(name="chat.commands.bulk", contracts=(chat.ResyncCopies,))
CHAT_JOBS: Final = Queue(name="chat.jobs.critical", contracts=(jobs.JobDue,))
CHAT_CONTACTS: Final = Queue(name="chat.contacts.bulk", contracts=(jobs.ImportContacts,))
CHAT_PURGE: Final = Queue(name="chat.purge.bulk", contracts=(jobs.PurgeData,))
BILLING_USAGE: Final = Queue(
    name="billing.usage.bulk",
    contracts=(gateway.CallEnded, gateway.MessageSent, chat.AppointmentBooked, chat.TenantChanged),
)
BILLING_PURGE: Final = Queue(name="billing.purge.bulk", contracts=(jobs.PurgeData,))
BILLING_COMMANDS: Final = Queue(name="billing.commands.bulk", contracts=(chat.ResyncCopies,))
JOBS_COMMANDS: Final = Queue(name="jobs.commands.critical", contracts=(jobs.SubmitJob, jobs.SendEmail))
JOBS_COPIES: Final = Queue(name="jobs.copies.bulk", contracts=(chat.TenantChanged,))
JOBS_REPLIES: Final = Queue(name="jobs.replies.bulk", contracts=(chat.ContactsApplied, jobs.ReportPurge))

CHAT_RPC: Final = RpcQueue(
    name="chat.rpc.critical", contracts=(chat.FindSlots, chat.BookAppointment, chat.ChangeAppointment)
)
CHAT_RECORDS_RPC: Final = RpcQueue(name="chat.records.bulk", contracts=(chat.ListRecords,))

QUEUES: Final = (
    GATEWAY_COPIES,
    GATEWAY_COMMANDS,
    GATEWAY_JOURNAL,
    GATEWAY_CUSTOMERS,
    GATEWAY_PURGE,
    CHAT_CALLS,
    CHAT_COMMANDS,
    CHAT_JOBS,
    CHAT_CONTACTS,
    CHAT_PURGE,
    BILLING_USAGE,
    BILLING_COMMANDS,
    BILLING_PURGE,
    JOBS_COMMANDS,
    JOBS_COPIES,
    JOBS_REPLIES,
)
RPC_QUEUES: Final = (CHAT_RPC, CHAT_RECORDS_RPC)


def exchange_of(contract: type[Contract]) -> str:
    """Where a contract is published: events to the topic exchange, commands and queries to the direct one.

    The routing key is the contract's `TYPE`. A command that two services obey is bound to both of their queues.
    """
    if contract.KIND is Kind.EVENT:
        return EVENTS
    if contract.KIND in {Kind.COMMAND, Kind.QUERY}:
        return COMMANDS
    raise ValueError(f"{contract.TYPE} is a reply: it goes to whoever asked")
