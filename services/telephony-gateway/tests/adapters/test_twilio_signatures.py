from __future__ import annotations

import hashlib

import pytest
from gateway_samples import sign

from telephony_gateway.adapters.twilio_signatures import TwilioSignatures
from telephony_gateway.domain.form import Form
from telephony_gateway.ports.signatures import SignedRequest

TOKEN = "12345"


def signatures(origin: str = "https://mycompany.example", *more: str) -> TwilioSignatures:
    return TwilioSignatures(tokens=(TOKEN, *more), public_base_url=origin)


def request(target: str, signature: str | None, form: Form | None = None, **more: object) -> SignedRequest:
    return SignedRequest(target=target, signature=signature, form=form, **more)  # type: ignore[arg-type]


def test_twilio_s_own_example_is_right() -> None:
    # https://www.twilio.com/docs/usage/security#validating-requests
    form = Form(
        (
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+12349013030"),
            ("Digits", "1234"),
            ("From", "+12349013030"),
            ("To", "+18005551212"),
        )
    )
    checks = TwilioSignatures(tokens=("12345",), public_base_url="https://mycompany.com")
    given = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert checks.valid(request("/myapp.php?foo=1&bar=2", given, form))
    assert not checks.valid(request("/myapp.php?foo=1&bar=3", given, form))
    assert not checks.valid(request("/myapp.php?foo=1&bar=2", given.lower(), form))


@pytest.mark.parametrize("signature", [None, "", " ", "x", "0/KCTR6DLpKmkAf8muzZqo1nDgQ", "é", "\udcff", "=" * 10_000])
def test_nonsense_is_refused_and_raises_nothing(signature: str | None) -> None:
    assert not signatures().valid(request("/x", signature, Form((("a", "b"),))))


@pytest.mark.parametrize(
    "origin", ["https://mycompany.example", "https://mycompany.example:443", "http://mycompany.example:8080"]
)
def test_with_and_without_the_port_are_both_right(origin: str) -> None:
    scheme = origin.split(":")[0]
    port = "8080" if "8080" in origin else "443"
    for signed in (f"{scheme}://mycompany.example/x?a=1", f"{scheme}://mycompany.example:{port}/x?a=1"):
        assert signatures(origin).valid(request("/x?a=1", sign(signed, token=TOKEN), Form()))
    assert not signatures(origin).valid(request("/x", sign(f"{scheme}://mycompany.example:81/x", token=TOKEN), Form()))


def test_a_socket_s_address_has_the_scheme_and_port_of_sockets() -> None:
    for signed in ("wss://mycompany.example/media", "wss://mycompany.example:443/media"):
        assert signatures().valid(request("/media", sign(signed, token=TOKEN), websocket=True))
    for signed in ("wss://mycompany.example:80/media", "https://mycompany.example/media"):
        assert not signatures().valid(request("/media", sign(signed, token=TOKEN), websocket=True))
    assert signatures("http://localhost:8081").valid(
        request("/media", sign("ws://localhost:8081/media", token=TOKEN), websocket=True)
    )


@pytest.mark.parametrize("origin", ["http://[::1]:8081", "https://user:secret@mycompany.example:8443"])
def test_ipv6_and_userinfo_keep_their_shape(origin: str) -> None:
    assert signatures(origin).valid(request("/x", sign(f"{origin}/x", token=TOKEN), Form()))
    bare = origin.rpartition(":")[0]
    assert signatures(origin).valid(request("/x", sign(f"{bare}/x", token=TOKEN), Form()))


def test_blank_values_count() -> None:
    form = {"Digits": "", "CallSid": "CA1"}
    given = sign("https://mycompany.example/x", form, token=TOKEN)
    assert signatures().valid(request("/x", given, Form(form.items())))
    assert not signatures().valid(request("/x", given + "x", Form((("CallSid", "CA1"),))))


def test_values_of_one_name_are_sorted_and_counted_once() -> None:
    given = sign("https://mycompany.example/xa1a2", token=TOKEN)
    form = Form((("a", "2"), ("a", "1"), ("a", "2")))
    assert signatures().valid(request("/x", given, form))


@pytest.mark.parametrize("body", [b'{"a": 1}', b"\xff\xfe", b"", "ñ".encode()])
def test_a_body_that_is_no_form_is_covered_by_its_hash(body: bytes) -> None:
    target = f"/x?bodySHA256={hashlib.sha256(body).hexdigest()}"
    given = sign(f"https://mycompany.example{target}", token=TOKEN)
    assert signatures().valid(request(target, given, body=body))
    assert not signatures().valid(request(target, given, body=body + b"x"))


@pytest.mark.parametrize(
    "query", ["", "?bodySHA256=", "?bodySHA256=abc", "?bodySHA256=a&bodySHA256=b", "?bodysha256=x"]
)
def test_a_body_without_its_one_right_hash_is_refused_though_the_address_is_signed(query: str) -> None:
    given = sign(f"https://mycompany.example/x{query}", token=TOKEN)
    assert not signatures().valid(request(f"/x{query}", given, body=b"{}"))


def test_a_wrong_hash_is_refused_for_a_form_too() -> None:
    target = "/x?bodySHA256=" + "0" * 64
    given = sign(f"https://mycompany.example{target}", {"a": "b"}, token=TOKEN)
    assert not signatures().valid(request(target, given, Form((("a", "b"),)), body=b"a=b"))


@pytest.mark.parametrize("target", ["", "x", "https://mycompany.example/x", "//mycompany.example/x"])
def test_only_a_path_is_a_target(target: str) -> None:
    given = sign("https://mycompany.example/x", token=TOKEN)
    assert not signatures().valid(request(target, given, Form()))


def test_the_secondary_token_is_accepted_while_tokens_are_changed() -> None:
    given = sign("https://mycompany.example/x", token="the next one")
    assert not signatures().valid(request("/x", given, Form()))
    assert signatures("https://mycompany.example", "the next one").valid(request("/x", given, Form()))


def test_there_is_no_checking_without_a_token() -> None:
    with pytest.raises(ValueError, match="token"):
        TwilioSignatures(tokens=("", ""), public_base_url="https://mycompany.example")
