"""Words and the question that they answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from receptionist.dialogue.listening import listen
from receptionist.dialogue.meaning import Meaning
from receptionist.dialogue.state import Facts, Question, begin
from receptionist.dialogue.turn import Turn
from receptionist.scheduling.slots import Wanted
from receptionist.understanding.text import Lang

from .caller import MONDAY, TENANT, slot_at

ANSWERS = Path(__file__).parents[1] / "data" / "blind_yesno.jsonl"


def hear(text: str, question: Question = "how_can_i_help", lang: Lang = "en") -> Meaning:
    state = replace(
        begin("voice", lang),
        question=question,
        goal="book",
        facts=Facts(name="Tom Reed", address="240 Oak Street", service_id="leak", problem="the sink is leaking"),
        offered=(slot_at(2, 9), slot_at(2, 11)),
        picked=slot_at(2, 9),
    )
    return listen(text, Turn(state=state, now=MONDAY, tenant=TENANT))


@pytest.mark.parametrize("question", ["confirm", "pick", "when", "name"])
def test_plain_answers_raise_no_alarm(question: Question) -> None:
    rows = [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    alarmed = [row["text"] for row in rows if hear(row["text"], question, row["lang"]).category is not None]
    assert alarmed == []


def test_danger_in_an_answer_does() -> None:
    assert hear("yes but there's a strong smell of gas in here now", "confirm").category == "gas"


def test_yes_and_no_mean_something_only_to_questions_that_take_them() -> None:
    assert hear("yes", "confirm").answer == "yes"
    assert hear("no", "pick").answer == "no"
    assert hear("yes", "when").answer is None


def test_days_and_times_become_a_wish_in_the_businesss_time() -> None:
    tuesday = MONDAY.date().replace(day=2)
    assert hear("tomorrow at two", "when").wanted == Wanted(first_day=tuesday, last_day=tuesday, at_minute=840)
    friday = MONDAY.date().replace(day=5)
    wish = hear("friday afternoon", "when").wanted
    assert wish is not None
    assert (wish.first_day, wish.at_minute) == (friday, None)
    assert wish.from_minute is not None
    after = hear("any day after wednesday", "when").wanted
    assert after is not None
    assert after.first_day == MONDAY.date().replace(day=4)
    assert after.last_day is not None
    assert after.last_day > friday


def test_a_card_number_is_gone_before_anything_reads_it() -> None:
    assert "4242" not in hear("my card is 4242 4242 4242 4242").text


def test_half_a_name_corrects_half_a_name() -> None:
    assert hear("no it's Reid with an i", "confirm").name == "Tom Reid"


def test_street_names_switch_no_language() -> None:
    assert hear("214 calle del roble", "address").lang is None
    assert hear("necesito un plomero por favor").lang == "es"
    assert hear("uh", lang="es").lang is None


def test_the_worst_input_is_read_in_a_bounded_time() -> None:
    for text in ("no not " * 400, "1 " * 1_000, "a" * 5_000, "'" * 3_000, "\u00bf" * 2_000, "gas " * 600):
        assert isinstance(hear(text, "confirm"), Meaning)
