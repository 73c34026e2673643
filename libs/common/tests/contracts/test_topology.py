from __future__ import annotations

import pytest

from common.contracts.base import Kind
from common.contracts.codec import CONTRACTS
from common.contracts.topology import QUEUES, RPC_QUEUES, exchange_of


def test_every_event_and_command_has_a_reader() -> None:
    read = {contract for queue in QUEUES for contract in queue.contracts}
    sent = {contract for contract in CONTRACTS.values() if contract.KIND in {Kind.EVENT, Kind.COMMAND}}
    # Nobody needs to hear of a kept promise yet, and an event without a queue would be refused by the broker.
    assert {contract.TYPE for contract in sent - read} <= {"callback.kept.v1"}
    assert read <= sent


def test_every_query_is_answered_in_one_place() -> None:
    answered = [contract for queue in RPC_QUEUES for contract in queue.contracts]
    assert len(answered) == len(set(answered))
    assert set(answered) == {contract for contract in CONTRACTS.values() if contract.KIND is Kind.QUERY}


def test_a_reply_is_not_published() -> None:
    for contract in CONTRACTS.values():
        if contract.KIND is Kind.REPLY:
            with pytest.raises(ValueError, match="it goes to whoever asked"):
                exchange_of(contract)


def test_names_say_the_version_and_fit_into_a_routing_key() -> None:
    for name in CONTRACTS:
        noun, verb, version = name.split(".")
        assert noun
        assert verb
        assert version[0] == "v"
        assert version[1:].isdigit()
        assert len(name) < 255


def test_queues_are_named_for_consumer_stream_and_class() -> None:
    for queue in (*QUEUES, *RPC_QUEUES):
        consumer, _, urgency = queue.name.split(".")
        assert consumer in {"gateway", "chat", "billing", "jobs"}
        assert urgency in {"critical", "bulk"}
