"""Compares what clients were promised, and what services told each other, with what is in the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from common.contracts.topology import COMMANDS, EVENTS, GATEWAY_JOURNAL, PARKING, QUEUES
from common.messaging.postgres_store import QUERIES as MESSAGING
from faults.clients import BOOKED, TAKEN, WE_WILL_CALL, WE_WILL_TEXT
from faults.drain import Books, Drained
from faults.ledger import Kind, Ledger
from faults.stage import SCHEMAS, Stage
from harness.failing_gateway import GivenText, read_given
from harness.failing_jobs import read_mailed
from jobs.config import Config
from jobs.domain.email import EmailId
from jobs.domain.mail import message_id_of

Fault: TypeAlias = Literal["lost", "doubled", "half", "unbalanced", "parked"]
_DOMAIN: Final = Config.email_from.rpartition("@")[2]
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PUBLISHED_AT_ONCE: Final = frozenset({GATEWAY_JOURNAL.name})
"""What comes here was in no outbox: it is copied while there is no database to have one in."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that must not be."""

    fault: Fault
    what: str


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found, and how much was looked at."""

    findings: tuple[Finding, ...]
    messages: int
    applied: int

    @property
    def counts(self) -> Counter[Fault]:
        """Findings by fault."""
        return Counter(finding.fault for finding in self.findings)


async def audit(
    stage: Stage, ledger: Ledger, books: Books, drained: Drained, *, mails_may_repeat: bool = False
) -> Audit:
    """Looks at everything. The messages are those of the whole stage so far, the operations those of `ledger`."""
    look = _Look(stage, ledger, books, drained, mails_may_repeat=mails_may_repeat)
    for part in (
        look.messages,
        look.inboxes,
        look.parking,
        look.calls,
        look.texts_received,
        look.texts_given,
        look.cancelled,
        look.commands,
        look.jobs,
        look.mails,
        look.visits,
        look.copies,
    ):
        await part()
    return Audit(findings=tuple(look.findings), messages=look.emitted, applied=look.applied)


class _Look:
    def __init__(self, stage: Stage, ledger: Ledger, books: Books, drained: Drained, *, mails_may_repeat: bool) -> None:
        self._stage = stage
        self._ledger = ledger
        self._books = books
        self._drained = drained
        self._mails_may_repeat = mails_may_repeat
        self._tenant = ledger.tenant_id
        self.findings: list[Finding] = []
        self.emitted = 0
        self.applied = 0

    def _found(self, fault: Fault, what: str) -> None:
        self.findings.append(Finding(fault=fault, what=what))

    async def messages(self) -> None:
        """Whatever was put into an outbox was applied once by each consumer; nothing else was applied."""
        emitted = {
            (row["routing_key"], row["event_id"])
            for row in await self._books.fetch(
                "SELECT DISTINCT routing_key, event_id FROM witness.emitted WHERE exchange IN ($1, $2)",
                EVENTS,
                COMMANDS,
            )
        }
        self.emitted = len(emitted)
        applied = {
            (row["consumer"], row["event_id"]): row["times"]
            for row in await self._books.fetch(
                "SELECT consumer, event_id, count(*) AS times FROM witness.applied GROUP BY consumer, event_id"
            )
        }
        self.applied = len(applied)
        types = {queue.name: {contract.TYPE for contract in queue.contracts} for queue in QUEUES}
        wanted = {
            (consumer, event_id): routing_key
            for consumer in self._drained.consumed & types.keys()
            for routing_key, event_id in emitted
            if routing_key in types[consumer]
        }
        for (consumer, event_id), routing_key in wanted.items():
            times = applied.get((consumer, event_id), 0)
            if times != 1:
                fault: Fault = "lost" if times == 0 else "doubled"
                self._found(fault, f"{routing_key} {event_id} was applied {times} times by {consumer}")
        for consumer, event_id in applied.keys() - wanted.keys():
            if consumer in self._drained.consumed - _PUBLISHED_AT_ONCE:
                self._found("half", f"{event_id} was applied by {consumer} and is in nobody's outbox")

    async def inboxes(self) -> None:
        """accepted = applied + pending + parked + discarded, and only applied is left."""
        for schema in SCHEMAS:
            async with self._books.transaction():
                await self._books.execute(f"SET LOCAL search_path TO {schema}")
                lines = await self._books.fetch(MESSAGING.ledger, _EVER)
            for line in lines:
                settled = line["applied"] + line["pending"] + line["parked"] + line["discarded"]
                if line["accepted"] != settled:
                    self._found("unbalanced", f"{line['consumer']}: accepted {line['accepted']}, settled {settled}")
                for state in ("pending", "parked", "discarded"):
                    if line[state]:
                        self._found("parked", f"{line['consumer']}: {line[state]} {state}")

    async def parking(self) -> None:
        """Nothing was given up."""
        depths = self._stage.servers.rabbitmq.queue_depths(self._stage.vhost)
        for queue in QUEUES:
            if queue.parking in depths and depths[queue.parking].messages:
                self._found("parked", f"{queue.parking} has {depths[queue.parking].messages}")
        sent_there = await self._books.fetchval("SELECT count(*) FROM witness.emitted WHERE exchange = $1", PARKING)
        if sent_there:
            self._found("parked", f"{sent_there} further attempts were given up")

    async def calls(self) -> None:
        """Every turn that was answered is stored, every call that ended was told, booked and counted, once."""
        turns = await self._counted(
            "SELECT call_id, count(*) FROM gateway.call_turns WHERE call_id = ANY ($1) GROUP BY 1"
        )
        told = await self._counted(
            "SELECT call_id, count(*) FROM gateway.call_sessions WHERE reported AND call_id = ANY ($1) GROUP BY 1"
        )
        ended = await self._counted(
            "SELECT conversation_id, jsonb_array_length(transcript) + 1 FROM chat.conversations"
            " WHERE ended_at IS NOT NULL AND conversation_id = ANY ($1)"
        )
        counted = await self._counted(
            "SELECT source_id, count(*) FROM billing.usage WHERE kind = 'call' AND source_id = ANY ($1) GROUP BY 1"
        )
        visits = await self._counted(
            "SELECT call_id, count(*) FROM chat.appointments WHERE call_id = ANY ($1) GROUP BY 1"
        )
        callbacks = await self._counted(
            "SELECT call_id, count(*) FROM chat.callbacks WHERE call_id = ANY ($1) GROUP BY 1"
        )
        requests, began = await self._emitted("appointment.requested.v1"), await self._emitted("call.started.v1")
        over = await self._emitted("call.ended.v1")
        texted = Counter(given.to_phone for given in self._given())
        for call in self._ledger.calls:
            sid = call.call_id
            self._within(f"turns of call {sid}", turns[sid], call.turns["ok"], call.turns["ok"] + call.turns["unknown"])
            self._within(f"the beginning of call {sid}, told", began[sid], min(1, call.turns["ok"]), 1)
            self._within(f"the end of call {sid}, in an outbox", over[sid], told[sid], told[sid])
            if call.end == "ok" and call.turns["ok"]:
                self._within(f"the end of call {sid}, told", told[sid], 1, 1)
                self._within(f"the transcript of call {sid}", ended[sid] - 1, turns[sid], turns[sid])
            if told[sid] and "billing" in self._stage.schemas:
                self._within(f"usage of call {sid}", counted[sid], 1, 1)
            if call.was_told(BOOKED):
                self._within(f"the visit of call {sid}", visits[sid], 1, 1)
            # Somebody else was faster, and the caller picked another time: that is another request.
            most = 1 + sum(TAKEN in words.lower() for words in call.heard)
            if visits[sid]:
                self._within(f"the request of call {sid}", requests[sid], 1, most)
            if call.was_told(WE_WILL_TEXT):
                self._within(f"the request of call {sid}", requests[sid], 1, most)
                self._within(f"the text after call {sid}", texted[call.phone], 1, most)
            if call.was_told(WE_WILL_CALL):
                self._within(f"the callback of call {sid}", callbacks[sid], 1, 2)

    async def texts_received(self) -> None:
        """Every text that was answered is in chat's thread once; every STOP in the consent ledger."""
        received = Counter(
            row["message_id"]
            for row in await self._books.fetch(
                "SELECT message_id FROM chat.text_messages WHERE tenant_id = $1 AND direction = 'in'", self._tenant
            )
        )
        consents = Counter(
            row["source"].removeprefix("sms:")
            for row in await self._books.fetch("SELECT source FROM gateway.consents WHERE tenant_id = $1", self._tenant)
        )
        for kind in ("text", "stop"):
            self._operations(kind, "in chat's thread", received)
        self._operations("stop", "in the consent ledger", consents)
        answered = await self._keys(
            "SELECT replace(key, 'sms:', '') AS key FROM gateway.webhook_inbox WHERE key LIKE 'sms:%'"
        )
        self._operations("take-alert", "answered", answered)

    async def texts_given(self) -> None:
        """Every text that was sent is with the provider once, and Twilio's word of it is kept."""
        given = Counter(text.text_id for text in self._given())
        rows = await self._books.fetch("SELECT text_id, status FROM gateway.texts WHERE tenant_id = $1", self._tenant)
        for row in rows:
            # A text whose sender died at the wrong moment may park: what is promised of it is that it is not sent twice.
            sent = int(row["status"] in {"sent", "delivered"})
            self._within(f"text {row['text_id']} ({row['status']})", given[row["text_id"]], sent, sent)
        for text_id in given.keys() - {row["text_id"] for row in rows}:
            self._found("half", f"text {text_id} was sent and is not in the books")
        delivered = Counter(row["text_id"] for row in rows if row["status"] == "delivered")
        self._operations("status", "delivered", delivered)
        wanted = Counter(row["text_id"].removeprefix(f"{self._tenant}:") for row in rows)
        self._operations("send-text", "among the texts", wanted)

    async def cancelled(self) -> None:
        """Every visit that the owner called off is off, and was told once."""
        off = await self._keys(
            "SELECT appointment_id AS key FROM chat.appointments WHERE status = 'cancelled' AND tenant_id = $1",
            self._tenant,
        )
        self._operations("cancel", "called off", off)

    async def commands(self) -> None:
        """Every command that was committed is kept by whom it concerns."""
        told = {"billing.accounts", "billing.entitlements"} if "billing" in self._stage.schemas else set[str]()
        if "gateway" in self._stage.schemas:
            told |= {"gateway.copy_tenants"} | ({"gateway.copy_entitlements"} if told else set())
        for table in sorted(told):
            known = await self._keys(f"SELECT tenant_id AS key FROM {table}")
            self._operations("sign-up", f"in {table}", known)

    async def jobs(self) -> None:
        """Every job that was taken in is there once, and its effects too."""
        rows = await self._books.fetch(
            "SELECT job_id, unique_key, state FROM jobs.jobs WHERE kind LIKE 'test.%' AND tenant_id = $1", self._tenant
        )
        self._operations("submit-job", "among the jobs", Counter(row["job_id"] for row in rows))
        self._operations("post-job", "among the jobs", Counter(row["unique_key"] for row in rows))
        runs = await self._keys("SELECT job_id AS key FROM witness.runs")
        for row in rows:
            self._within(f"effects of job {row['job_id']} ({row['state']})", runs[row["job_id"]], 1, 1)
            if row["state"] != "succeeded":
                self._found("lost", f"job {row['job_id']} is {row['state']}")

    async def mails(self) -> None:
        """Every mail that was accepted, and that of every job, went out."""
        mails = await self._books.fetch("SELECT email_id, state FROM jobs.emails WHERE tenant_id = $1", self._tenant)
        kept = Counter(row["email_id"] for row in mails)
        self._operations("send-mail", "among the mails", kept)
        done = await self._keys(
            "SELECT job_id AS key FROM jobs.jobs WHERE kind LIKE 'test.%' AND state = 'succeeded' AND tenant_id = $1",
            self._tenant,
        )
        for job_id in done:
            self._within(f"the mail of job {job_id}", kept[f"{job_id}-mail"], 1, 1)
        given = Counter(read_mailed(self._stage.mails))
        for email_id in kept:
            times = given[message_id_of(EmailId(email_id), _DOMAIN)]
            self._within(f"mail {email_id}", times, 1, 2 if self._mails_may_repeat else 1)

    async def visits(self) -> None:
        """No crew is in two places; every visit was counted once, and every request has one answer."""
        overlapping = await self._books.fetchval(
            "SELECT count(*) FROM chat.appointments AS one JOIN chat.appointments AS other"
            " ON one.tenant_id = other.tenant_id AND one.lane = other.lane AND one.appointment_id < other.appointment_id"
            " AND tstzrange(one.starts_at, one.ends_at) && tstzrange(other.starts_at, other.ends_at)"
            " WHERE one.status = 'booked' AND other.status = 'booked'"
        )
        if overlapping:
            self._found("doubled", f"{overlapping} visits are where another one is")
        if "billing" in self._stage.schemas:
            visits = await self._keys(
                "SELECT appointment_id AS key FROM chat.appointments WHERE tenant_id = $1", self._tenant
            )
            counted = await self._keys(
                "SELECT source_id AS key FROM billing.usage WHERE kind = 'appointment' AND tenant_id = $1", self._tenant
            )
            for visit in visits.keys() | counted.keys():
                self._within(f"usage of visit {visit}", counted[visit], visits[visit], visits[visit])

    async def copies(self) -> None:
        """The gateway's copies say what chat says."""
        if not {"gateway", "chat"} <= set(self._stage.schemas):
            return
        rows = await self._books.fetch(
            "SELECT appointment_id, visit.version AS theirs, copy.version AS ours"
            " FROM chat.appointments AS visit LEFT JOIN gateway.copy_visits AS copy USING (appointment_id)"
            " WHERE visit.tenant_id = $1 AND (copy.version IS DISTINCT FROM visit.version"
            " OR copy.cancelled <> (visit.status = 'cancelled'))",
            self._tenant,
        )
        for row in rows:
            self._found("lost", f"the copy of visit {row['appointment_id']}: {row['ours']} and not {row['theirs']}")

    def _given(self) -> Iterable[GivenText]:
        return (given for given in read_given(self._stage.texts) if given.tenant_id == self._tenant)

    async def _counted(self, query: str) -> Counter[str]:
        """A query of keys and numbers about the ledger's calls."""
        rows = await self._books.fetch(query, [call.call_id for call in self._ledger.calls])
        return Counter({row[0]: row[1] for row in rows})

    async def _emitted(self, routing_key: str) -> Counter[str]:
        """How many messages of one type each of the ledger's calls has caused."""
        rows = await self._books.fetch(
            "SELECT split_part(event_id, ':', 1), count(DISTINCT event_id) FROM witness.emitted"
            " WHERE routing_key = $2 AND split_part(event_id, ':', 1) = ANY ($1) GROUP BY 1",
            [call.call_id for call in self._ledger.calls],
            routing_key,
        )
        return Counter({row[0]: row[1] for row in rows})

    async def _keys(self, query: str, *arguments: object) -> Counter[str]:
        return Counter(row["key"] for row in await self._books.fetch(query, *arguments))

    def _operations(self, kind: Kind, where: str, found: Counter[str]) -> None:
        """What is ok is there once, what is unknown or failed at most once."""
        for key in self._ledger.of(kind, "ok"):
            self._within(f"{kind} {key}, {where}", found[key], 1, 1)
        for key in self._ledger.of(kind, "unknown", "fail"):
            self._within(f"{kind} {key}, {where}", found[key], 0, 1)

    def _within(self, what: str, found: int, least: int, most: int) -> None:
        if found < least:
            self._found("lost", f"{what}: {found} of {least}")
        elif found > most:
            self._found("doubled", f"{what}: {found} and not {most}")
