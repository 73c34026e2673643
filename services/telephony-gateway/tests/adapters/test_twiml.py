from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

import pytest

from receptionist.dialogue.said import Expects, Fragment, Said
from telephony_gateway.adapters.twiml import MAX_MESSAGE, MAX_SAY, TwimlRenderer, parts

RENDERER = TwimlRenderer(voices={"en": "Polly.Joanna", "es": "Polly.Lupe"})


def said(*words: str, expects: Expects | None = None) -> Said:
    return Said(fragments=tuple(Fragment(text=text, lang="en") for text in words), expects=expects)


def gather(expects: Expects, *words: str) -> Element:
    document = fromstring(RENDERER.turn(said(*words, expects=expects), lang="en", turn=3, sealed="abc", ended=False))  # noqa: S314
    found = document.find("Gather")
    assert found is not None
    return found


def test_a_question_is_said_inside_of_the_listening() -> None:
    found = gather(Expects(answer="yes_no", keys=("1", "2"), hints=("yes", "no")), "Is that right?")
    assert found.attrib == {
        "action": "/twilio/voice/turn?turn=3&s=abc",
        "actionOnEmptyResult": "true",
        "input": "speech dtmf",
        "language": "en-US",
        "method": "POST",
        "profanityFilter": "false",
        "speechTimeout": "auto",
        "timeout": "6",
        "numDigits": "1",
        "hints": "yes, no",
    }
    assert [(say.tag, say.text, say.get("voice")) for say in found] == [("Say", "Is that right?", "Polly.Joanna")]


def test_a_number_is_taken_key_by_key_until_it_is_whole() -> None:
    assert gather(Expects(answer="phone", max_digits=10)).get("numDigits") == "10"
    assert gather(Expects(answer="open")).get("numDigits") is None


def test_a_hash_that_means_something_is_not_swallowed() -> None:
    assert gather(Expects(answer="choice", keys=("1", "#"))).get("finishOnKey") == ""
    assert gather(Expects(answer="choice", keys=("1",))).get("finishOnKey") is None


def test_each_fragment_has_the_voice_of_its_language() -> None:
    words = Said(fragments=(Fragment(text="Hello", lang="en"), Fragment(text="Hola", lang="es")))
    document = fromstring(RENDERER.turn(words, lang="es", turn=1, sealed="", ended=False))  # noqa: S314
    assert [(say.get("language"), say.get("voice")) for say in document.iter("Say")] == [
        ("en-US", "Polly.Joanna"),
        ("es-US", "Polly.Lupe"),
    ]
    assert document[0].get("language") == "es-US"
    assert document[0].get("action") == "/twilio/voice/turn?turn=1"


def test_an_ended_call_is_hung_up_after_the_last_words() -> None:
    document = fromstring(RENDERER.turn(said("Goodbye."), lang="en", turn=9, sealed="", ended=True))  # noqa: S314
    assert [verb.tag for verb in document] == ["Say", "Hangup"]


def test_long_words_are_cut_into_sayings_of_4096_characters() -> None:
    document = fromstring(RENDERER.words("word " * 2_000, lang="en"))  # noqa: S314
    lengths = [len(say.text or "") for say in document.iter("Say")]
    assert len(lengths) == 3
    assert max(lengths) <= MAX_SAY


def test_long_texts_are_cut_into_messages_of_1600_characters() -> None:
    document = fromstring(RENDERER.texts(["x" * 4_000, "", "two"]))  # noqa: S314
    assert [len(message.text or "") for message in document] == [MAX_MESSAGE, MAX_MESSAGE, 800, 3]


def test_no_text_is_an_empty_response() -> None:
    assert len(fromstring(RENDERER.texts([]))) == 0  # noqa: S314


@pytest.mark.parametrize(
    "words",
    ["<Hangup/>", "a & b", '"quoted"', "]]>", "\x00\x07\x1b", "\ud800", "\ufffe", "a\u202eb", "line\nline\tline"],
)
def test_whatever_is_said_the_document_is_sound(words: str) -> None:
    body = RENDERER.turn(
        said(words, expects=Expects(answer="open", hints=(words, "plumber"))), lang="en", turn=1, sealed="", ended=False
    )
    document = fromstring(body)  # noqa: S314
    assert {verb.tag for verb in document.iter()} <= {"Response", "Gather", "Say"}


def test_hints_stay_within_their_limit() -> None:
    hints = gather(Expects(answer="open", hints=tuple(f"hint number {number}" for number in range(200)))).get("hints")
    assert hints is not None
    assert len(hints) <= 500
    assert hints.endswith(tuple("0123456789"))


def test_an_apology_dials_and_records_where_it_may() -> None:
    body = RENDERER.apology("Sorry.", lang="en", ask="Leave a message.", goodbye="Bye.", dial="+15125550190")
    full = fromstring(body)  # noqa: S314
    assert [verb.tag for verb in full] == ["Say", "Dial", "Say", "Record", "Say", "Hangup"]
    assert full[1].text == "+15125550190"
    assert full[3].get("action") == "/twilio/voice/recording?lang=en"
    short = fromstring(RENDERER.apology("Sorry.", lang="en", ask="", goodbye="Bye."))  # noqa: S314
    assert [verb.tag for verb in short] == ["Say", "Say", "Hangup"]


def test_parts_are_cut_at_blanks_and_lose_nothing() -> None:
    assert list(parts("  one two three  ", 8)) == ["one two", "three"]
    assert "".join(parts("x" * 25, 10)) == "x" * 25
    assert list(parts("", 10)) == []
