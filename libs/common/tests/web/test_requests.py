from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from yarl import URL

from common.web.problems import BadRequest
from common.web.requests import (
    choices_of,
    cursor_of,
    known_parameters,
    moment_of,
    text_of,
    whole_number_of,
    write_cursor,
)

WORDS = ("failed", "waiting", "running")


def query(text: str) -> web.Request:
    return make_mocked_request("GET", str(URL(f"/x?{text}", encoded=True)))


def test_a_misspelt_parameter_is_refused_with_the_names_that_would_do() -> None:
    known_parameters(query("state=failed"), {"state", "kind"})
    with pytest.raises(BadRequest, match="'stat'; known are kind, state"):
        known_parameters(query("stat=failed"), {"state", "kind"})


def test_texts_are_short_and_printable() -> None:
    assert text_of(query("kind=email.send"), "kind") == "email.send"
    assert text_of(query(""), "kind") is None
    for odd in ("kind=", "kind=%00", "kind=" + "x" * 201, "kind=a%0Ab", "kind=%ED%A0%80%00"):
        with pytest.raises(BadRequest, match="kind must be 1 to 200 printable"):
            text_of(query(odd), "kind")


def test_choices_come_in_a_fixed_order_and_once() -> None:
    assert choices_of(query("state=running,failed,failed"), "state", among=WORDS) == ("failed", "running")
    assert choices_of(query(""), "state", among=WORDS) == ()
    for odd in ("state=", "state=nope", "state=failed,", "state=failed'%20OR%201=1"):
        with pytest.raises(BadRequest, match="state must be of failed, waiting, running"):
            choices_of(query(odd), "state", among=WORDS)


@pytest.mark.parametrize("odd", ["0", "201", "-1", "1.5", "", "١", "9" * 5_000, "0x10", "1e2"])
def test_numbers_are_whole_and_within_bounds(odd: str) -> None:
    assert whole_number_of(query("limit=7"), "limit", default=5, minimum=1, maximum=200) == 7
    assert whole_number_of(query(""), "limit", default=5, minimum=1, maximum=200) == 5
    with pytest.raises(BadRequest, match="limit must be 1 to 200"):
        whole_number_of(query(f"limit={odd}"), "limit", default=5, minimum=1, maximum=200)


def test_times_need_an_offset() -> None:
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for good in ("2026-03-10T12:00:00Z", "2026-03-10T14:00:00+02:00", "2026-03-10T14:00:00%2B02:00"):
        assert moment_of(query(f"since={good}"), "since") == noon
    assert moment_of(query(""), "since") is None
    for odd in ("2026-03-10T12:00:00", "yesterday", "", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"):
        with pytest.raises(BadRequest, match="since"):
            moment_of(query(f"since={odd}"), "since")


NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def test_a_cursor_is_read_as_it_was_written() -> None:
    cursor = write_cursor(NOON, "jöb-1")
    assert cursor_of(query(f"cursor={cursor}")) == (NOON, "jöb-1")
    assert cursor_of(query("")) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        write_cursor(NOON, "x")[:-3],
        write_cursor(NOON, "x")[::-1],
        "é" * 8,
        "A" * 100_000,
        write_cursor(NOON, "x\x00'; DROP TABLE jobs"),
        write_cursor(NOON, ""),
        write_cursor(NOON, "x" * 201),
        encoded(b'["yesterday","x"]'),
        encoded(b'["2026-03-10T12:00:00","x"]'),
        encoded(b'["0001-01-01T00:00:00+14:00","x"]'),
        encoded(b'["2026-03-10T12:00:00Z","x","y"]'),
        encoded(b'["2026-03-10T12:00:00Z",1]'),
        encoded(b"[[[[[["),
        encoded(b"\xff"),
    ],
)
def test_a_tampered_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadRequest, match="none of ours"):
        cursor_of(query(f"cursor={cursor}"))
