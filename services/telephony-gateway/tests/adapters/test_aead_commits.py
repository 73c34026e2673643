from __future__ import annotations

import base64

import pytest
from gateway_calls_contract import alert, text
from gateway_samples import CALL_SID, CALLER, call, writes

from telephony_gateway.adapters.aead_commits import AeadCommits
from telephony_gateway.adapters.aead_sealer import AeadSealer
from telephony_gateway.domain.ids import InboxKey

OLD, NEW = "a" * 32, "b" * 32
COMMIT = writes(call(), texts=(text(),), alerts=(alert(),))
KEY = COMMIT.inbox.key


def test_a_commit_comes_back_whole() -> None:
    assert AeadCommits([NEW]).open(AeadCommits([NEW]).seal(COMMIT), KEY) == COMMIT


def test_keys_can_be_changed_while_commits_wait() -> None:
    waiting = AeadCommits([OLD]).seal(COMMIT)
    assert AeadCommits([NEW, OLD]).open(waiting, KEY) == COMMIT
    assert AeadCommits([NEW]).open(waiting, KEY) is None


def test_nothing_of_a_caller_can_be_read_from_it() -> None:
    sealed = base64.b64decode(AeadCommits([NEW]).seal(COMMIT))
    for secret in (CALLER, CALLER[-7:], "I smell gas", "heard 1", "said 1"):
        assert secret.encode() not in sealed


def test_a_commit_can_t_be_moved_to_another_webhook() -> None:
    assert AeadCommits([NEW]).open(AeadCommits([NEW]).seal(COMMIT), InboxKey("voice:other:0")) is None


@pytest.mark.parametrize("damaged", ["", "AAAA", "no base64!", "ñ", base64.b64encode(b"x" * 400).decode()])
def test_what_we_did_not_seal_is_nothing(damaged: str) -> None:
    assert AeadCommits([NEW]).open(damaged, KEY) is None


def test_a_state_that_rides_is_no_commit() -> None:
    assert AeadCommits([NEW]).open(AeadSealer([NEW]).seal(call()), InboxKey(CALL_SID)) is None


def test_every_changed_byte_is_noticed() -> None:
    sealed = bytearray(base64.b64decode(AeadCommits([NEW]).seal(COMMIT)))
    for place in range(0, len(sealed), 37):
        sealed[place] ^= 1
        assert AeadCommits([NEW]).open(base64.b64encode(sealed).decode(), KEY) is None
        sealed[place] ^= 1
