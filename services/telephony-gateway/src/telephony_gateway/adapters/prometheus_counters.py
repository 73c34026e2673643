"""What is counted, as metrics. Every series begins at 0: `increase()` misses one that is born at 1."""

from __future__ import annotations

from typing import Final, Literal, get_args

from prometheus_client import Counter, Gauge

from common.observability.metrics import Metrics
from telephony_gateway.domain.call import Tier
from telephony_gateway.ports.counters import CopyResult, Door

_NAMES: Final[dict[Door, tuple[str, str]]] = {
    "voice": ("ai_telephony_twilio_voice", "Phone calls' webhooks"),
    "sms": ("ai_telephony_twilio_sms", "Texts' webhooks"),
    "session": ("ai_telephony_voice_session", "Turns of the provider-neutral API"),
}
_REASONS: Final = ("signature", "api_key", "unknown_number")
_QUERIES: Final = ("slots", "booking", "change")


class PrometheusCounters:
    """`Counters`."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._requests = {
            door: Counter(f"{name}_requests", f"{words} that were accepted.", registry=registry)
            for door, (name, words) in _NAMES.items()
        }
        self._errors = {
            door: Counter(f"{name}_errors", f"{words} that got an apology or an error.", registry=registry)
            for door, (name, words) in _NAMES.items()
        }
        turns = Counter("ai_telephony_turns", "Turns by how well they were served.", ["tier"], registry=registry)
        self._turns = {tier: turns.labels(tier) for tier in get_args(Tier)}
        self._unkept = Counter(
            "ai_telephony_requests_unkept", "Requests of which nothing could be kept anywhere.", registry=registry
        )
        self._duplicates = Counter(
            "ai_telephony_webhook_duplicates", "Webhooks that were answered from the store.", registry=registry
        )
        refused = Counter("ai_telephony_refused", "Requests that were turned away.", ["reason"], registry=registry)
        self._refused = {reason: refused.labels(reason) for reason in _REASONS}
        silent = Counter(
            "ai_telephony_chat_no_reply", "Queries that chat did not answer in time.", ["query"], registry=registry
        )
        self._no_reply = {query: silent.labels(query) for query in _QUERIES}
        self._too_long = Counter(
            "ai_telephony_state_too_long", "Conversations that were too long to ride in a URL.", registry=registry
        )
        self._journal = Gauge("ai_telephony_journal_pending", "Commits that wait for the database.", registry=registry)
        self._writable = Gauge(
            "ai_telephony_journal_writable", "1 while the journal's disk takes writes.", registry=registry
        )
        self._free = Gauge(
            "ai_telephony_journal_free_bytes", "What the journal's disk can still take.", registry=registry
        )
        copies = Counter("ai_telephony_journal_copies", "Copies of journaled commits.", ["result"], registry=registry)
        self._copies = {result: copies.labels(result) for result in get_args(CopyResult)}

    def request(self, door: Door) -> None:
        """See `Counters`."""
        self._requests[door].inc()

    def error(self, door: Door) -> None:
        """See `Counters`."""
        self._errors[door].inc()

    def unkept(self) -> None:
        """See `Counters`."""
        self._unkept.inc()

    def turn(self, tier: Tier) -> None:
        """See `Counters`."""
        self._turns[tier].inc()

    def duplicate(self) -> None:
        """See `Counters`."""
        self._duplicates.inc()

    def refused(self, reason: Literal["signature", "api_key", "unknown_number"]) -> None:
        """See `Counters`."""
        self._refused[reason].inc()

    def no_reply(self, query: Literal["slots", "booking", "change"]) -> None:
        """See `Counters`."""
        self._no_reply[query].inc()

    def too_long_to_ride(self) -> None:
        """See `Counters`."""
        self._too_long.inc()

    def journaled(self, pending: int) -> None:
        """See `Counters`."""
        self._journal.set(pending)

    def journal_writable(self, *, writable: bool) -> None:
        """See `Counters`."""
        self._writable.set(writable)

    def journal_free(self, free_bytes: int) -> None:
        """See `Counters`."""
        self._free.set(free_bytes)

    def copied(self, result: CopyResult) -> None:
        """See `Counters`."""
        self._copies[result].inc()
