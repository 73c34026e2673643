from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.codec import CONTRACTS, MAX_MESSAGE_BYTES, MessageError, MessageTooLarge, UnknownContract, decode
from common.contracts.jobs import SendEmail
from common.messaging.compose import message_of

GOLDEN = Path(__file__).parent / "golden"
EMAIL = json.loads((GOLDEN / "email.send.v1.json").read_text())


def changed(**changes: Any) -> bytes:
    return json.dumps({**EMAIL, **changes}).encode()


def test_a_message_knows_where_it_goes() -> None:
    email = SendEmail(email_id="1", recipient="a", subject="b", body="c", purpose="d")
    message = message_of(
        email, event_id="e1", source="chat", time=datetime(2027, 1, 1, tzinfo=UTC), subject="1", tenant="acme"
    )
    assert (message.exchange, message.routing_key, message.event_id) == ("suite.commands", "email.send.v1", "e1")
    assert decode(message.body)[1] == email


def test_a_field_that_a_newer_publisher_added_is_ignored() -> None:
    decode(changed(data={**EMAIL["data"], "new": 1}, dataschema="x"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"{" * 100_000,
        changed(specversion="0.3"),
        changed(time="yesterday"),
        changed(data=None),
        changed(data={**EMAIL["data"], "subject": "x" * 201}),
        changed(data={**EMAIL["data"], "language": "xx"}),
        changed(data={key: value for key, value in EMAIL["data"].items() if key != "email_id"}),
    ],
)
def test_what_does_not_fit_is_malformed(body: bytes) -> None:
    with pytest.raises(MessageError) as caught:
        decode(body)
    assert caught.value.slug == "malformed-message"


def test_an_unknown_version_is_told_apart() -> None:
    with pytest.raises(UnknownContract, match=r"email\.send\.v9"):
        decode(changed(type="email.send.v9"))


def test_what_is_too_large_is_refused_both_ways() -> None:
    with pytest.raises(MessageTooLarge):
        decode(b" " * (MAX_MESSAGE_BYTES + 1))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_but_a_message_error_comes_of_garbage(body: bytes) -> None:
    with pytest.raises(MessageError):
        decode(body)


@given(name=st.sampled_from(sorted(CONTRACTS)), at=st.integers(0, 3_000), byte=st.integers(0, 255))
def test_nothing_but_a_message_error_comes_of_a_flipped_byte(name: str, at: int, byte: int) -> None:
    body = bytearray((GOLDEN / f"{name}.json").read_bytes())
    body[at % len(body)] = byte
    with suppress(MessageError):
        decode(bytes(body))
