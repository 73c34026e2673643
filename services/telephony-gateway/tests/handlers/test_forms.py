from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony_gateway.handlers.http.forms import MAX_FIELDS, BadForm, parse_form, parse_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=20))
def test_what_was_sent_is_what_is_read(pairs: list[tuple[str, str]]) -> None:
    form = parse_form(urlencode(pairs).encode())
    assert [(name, value) for name in form for value in form.getall(name)] == sorted(
        pairs, key=lambda pair: [name for name, _ in pairs].index(pair[0])
    )


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_the_standard_library_does_or_refused(body: bytes) -> None:
    try:
        expected = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(BadForm):
            parse_form(body)
        return
    form = parse_form(body)
    assert sorted((name, value) for name in form for value in form.getall(name)) == sorted(expected)


def test_so_many_fields_and_no_more() -> None:
    assert len(parse_form("&".join(f"f{number}=" for number in range(MAX_FIELDS)).encode())) == MAX_FIELDS
    with pytest.raises(BadForm):
        parse_form("&".join(f"f{number}=" for number in range(MAX_FIELDS + 1)).encode())


@given(st.binary(max_size=200))
def test_any_json_is_a_flat_object_or_refused(body: bytes) -> None:
    try:
        form = parse_json(body)
    except BadForm:
        return
    assert all(isinstance(value, str) for name in form for value in form.getall(name))
