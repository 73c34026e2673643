"""Silence, and words that can't be made out."""

from __future__ import annotations

import pytest

from receptionist.dialogue.effects import EndConversation, PromiseCallback
from receptionist.dialogue.heard import Speech

from .caller import Caller, opening


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_silent_caller_is_asked_three_times_differently_then_called_back(lang: str) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    prompts = [caller.turn, caller.wait(), caller.wait(), caller.wait()]
    assert len(set(prompts)) == 4
    assert not caller.state.ended
    assert ("keypad" if lang == "en" else "teclado") in prompts[3]
    goodbye = caller.wait()
    assert caller.state.ended
    assert "Dana" in goodbye
    assert caller.last(PromiseCallback).reason == "silent"
    assert caller.all(EndConversation)


def test_a_silent_caller_without_a_number_is_still_prompted_three_times() -> None:
    caller = Caller(phone="")
    caller.start()
    for _ in range(3):
        caller.wait()
        assert not caller.state.ended
    caller.wait()
    assert caller.state.ended
    assert not caller.all(PromiseCallback)
    assert caller.last(EndConversation).reason == "silent"


@pytest.mark.parametrize("lang", ["en", "es"])
def test_what_is_not_understood_climbs_the_same_ladder(lang: str) -> None:
    caller = opening("voice", lang)  # type: ignore[arg-type]
    prompts = [caller.say("mm hm", "uh", "brr")]
    assert ("keypad" if lang == "en" else "teclado") in prompts[0]
    caller.say("mm")
    assert caller.state.ended
    assert caller.last(PromiseCallback).reason == "not_understood"


def test_a_word_that_is_understood_starts_the_ladder_anew() -> None:
    caller = opening("voice")
    caller.say("mm hm")
    caller.wait()
    caller.say("my drain is clogged")
    assert (caller.state.misses, caller.state.silences) == (0, 0)


def test_the_keypad_menu_leads_to_everything() -> None:
    for key, question in {"1": "problem", "2": "emergency_kind", "4": "message"}.items():
        caller = opening("voice")
        caller.wait()
        caller.wait()
        caller.wait()
        caller.press(key)
        assert caller.state.question == question


def test_silence_after_everything_is_done_is_a_goodbye_and_no_callback() -> None:
    caller = opening("voice")
    caller.say("what are your hours")
    caller.wait()
    caller.wait()
    assert not caller.state.ended
    caller.wait()
    assert caller.state.ended
    assert not caller.all(PromiseCallback)


def test_an_endless_call_is_handed_to_a_person() -> None:
    caller = opening("voice")
    for _ in range(45):
        caller.hear(Speech(text="what are your hours"))
        if caller.state.ended:
            break
    assert caller.state.ended
    assert caller.last(PromiseCallback).reason == "too_long"


def test_an_unknown_key_is_a_miss_and_no_hang_up() -> None:
    caller = opening("voice")
    caller.press("7")
    assert not caller.state.ended
    assert caller.state.misses == 1


def test_empty_speech_is_silence() -> None:
    caller = opening("voice")
    caller.say("   ")
    assert caller.state.silences == 1
