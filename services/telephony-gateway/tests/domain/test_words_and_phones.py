from __future__ import annotations

import pytest

from telephony_gateway.domain.form import Form
from telephony_gateway.domain.ids import CallId, alert_id, booking_id, callback_id, digest, text_id
from telephony_gateway.domain.phone import e164
from telephony_gateway.domain.phrases import PHRASES, apology, connecting
from telephony_gateway.domain.words import MAX_LINE, keepable, plain, tidy


@pytest.mark.parametrize("raw", ["+15125550142", " +15125550142 ", "+442071838750"])
def test_numbers_that_can_be_called_back_are_kept(raw: str) -> None:
    assert e164(raw) == raw.strip()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "anonymous",
        "+266696687",
        "+7378742833",
        "sip:bob@example.com",
        "client:bob",
        "5125550142",
        "+0",
        "+1 512",
        "+١٢٣",
    ],
)
def test_hidden_numbers_and_addresses_are_none(raw: str) -> None:
    assert e164(raw) == ""


@pytest.mark.parametrize("text", ["\x00", "\x1b[31m", "\ud800", "\u202e", "\ufffe", "\x7f", "\x85"])
def test_what_can_t_be_stored_or_spoken_becomes_a_blank(text: str) -> None:
    assert plain(f"a{text}b").startswith("a ")
    assert "\x00" not in plain(text)


def test_letters_of_all_languages_and_emoji_stay() -> None:
    for text in ("María Núñez", "日本語", "👩‍🔧 ok", "naïve — “quoted”"):
        assert plain(text) == text


def test_words_are_cut_and_cards_are_masked() -> None:
    assert len(tidy("x" * 5_000)) == MAX_LINE
    assert len(keepable("4111111111111111 " * 500)) <= MAX_LINE
    assert "4111" not in keepable("it is 4111 1111 1111 1111 ok")


def test_ids_repeat_and_never_meet() -> None:
    call = CallId("CA1")
    made = [
        booking_id(call, 1),
        booking_id(call, 2),
        callback_id(call, 1),
        alert_id(call, 1, "gas"),
        text_id(call, 1, 0),
    ]
    assert len(set(made)) == len(made)
    assert digest("a", "b") == digest("a", "b") != digest("ab", "")
    assert digest("a", "b") != digest("b", "a")


def test_a_form_keeps_blanks_and_repetitions() -> None:
    form = Form((("a", " 1 "), ("b", ""), ("a", "2")))
    assert form.get("a") == "1"
    assert form.get("b") == form.get("none") == ""
    assert form.getall("a") == [" 1 ", "2"]
    assert (sorted(form), len(form)) == (["a", "b"], 2)
    with pytest.raises(KeyError):
        form.getall("none")


def test_an_apology_says_who_what_and_911_in_both_languages() -> None:
    for lang in PHRASES:
        for said in (
            apology(lang, business="Hill Country Plumbing", owner="Dana"),
            apology(lang, business="Hill Country Plumbing", owner="Dana", text=True),
            apology(lang, business="Hill Country Plumbing", owner="Dana", has_number=False),
            connecting(lang, business="Hill Country Plumbing", owner="Dana"),
        ):
            assert "Hill Country Plumbing" in said
            assert "Dana" in said
            assert "911" in said
            assert "{" not in said


def test_an_apology_does_without_names() -> None:
    assert "The owner has your number" in apology("en", business="", owner="")
    assert "El dueño tiene su número" in apology("es", business="", owner="")


def test_names_in_an_apology_are_taken_as_they_are() -> None:
    assert "{Fix} & <Co>" in apology("en", business="{Fix} & <Co>", owner="{owner}")
