from __future__ import annotations

import pytest

from receptionist.understanding.text import read
from receptionist.understanding.triage import Category, triage


@pytest.mark.parametrize(
    ("prompt", "text", "category"),
    [
        ("Do you smell gas right now?", "yes", "gas"),
        ("Do you smell gas right now?", "yeah a little", "gas"),
        ("Do you smell gas right now?", "uh i think so", "gas"),
        ("Do you smell gas right now?", "no nothing like that", "none"),
        ("Do you smell gas right now?", "nope", "none"),
        ("¿Huele a gas en este momento?", "sí", "gas"),
        ("¿Huele a gas en este momento?", "no nada de eso", "none"),
        ("¿Huele a gas en este momento?", "ya no", "none"),
        ("Is the water still running?", "it is", "flood"),
        ("Is the water still running?", "it quit", "none"),
        ("Is the water still running?", "no it stopped", "none"),
        ("Is the water still running?", "no it's still going", "flood"),
        ("¿Sigue saliendo agua?", "sí todavía", "flood"),
        ("¿Sigue saliendo agua?", "ya paró", "none"),
        ("Is there any smoke or sparks?", "yes there is", "electrical_fire_risk"),
        ("Is the carbon monoxide alarm still sounding?", "yep", "carbon_monoxide"),
        ("Does anyone feel dizzy or sick?", "my wife does yes", "carbon_monoxide"),
        ("Were you able to shut the water off?", "no i couldn't", "flood"),
        ("Were you able to shut the water off?", "yes we did", "none"),
        ("¿Pudo cerrar la llave del agua?", "no", "flood"),
        ("¿Pudo cerrar la llave del agua?", "sí ya", "none"),
        ("Is water coming out right now that you can't shut off?", "yes", "flood"),
        ("Is water coming out right now that you can't shut off?", "no", "none"),
        ("¿Está saliendo agua ahora que no puede cerrar?", "sí", "flood"),
        ("¿Está saliendo agua ahora que no puede cerrar?", "no", "none"),
        ("Is the water shut off?", "not yet", "flood"),
        ("Is anyone in the home elderly, a baby, or sick?", "yes my mother", "no_heat_vulnerable"),
    ],
)
def test_a_short_answer_takes_its_meaning_from_the_question(prompt: str, text: str, category: Category) -> None:
    found = triage(read(text), lang=None, trade=None, prompt=prompt)
    assert (found.category, found.emergency) == (category, category != "none")


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Would Tuesday at two work for you?", "yes"),
        ("Does Thursday at 2 work for you?", "yes but after four"),
        ("Is it Monday at 8 in the morning for the furnace?", "yes"),
        ("Is it the leak repair on Tuesday at 8?", "yes"),
        ("Is it the visit for the water heater?", "yes"),
        ("What is your name?", "no"),
        ("What can I help you with today?", "yes"),
        ("Do you smell gas right now?", "can you repeat that"),
        ("Shall I text you the details?", "sure"),
    ],
)
def test_other_questions_and_other_answers_raise_no_alarm(prompt: str, text: str) -> None:
    assert not triage(read(text), lang=None, trade=None, prompt=prompt).emergency


def test_a_danger_told_in_answer_to_another_question_is_heard() -> None:
    found = triage(
        read("no wait the pipe just burst and it's spraying everywhere"),
        lang="en",
        trade="plumbing",
        prompt="Would Tuesday at two work for you?",
    )
    assert found.emergency


def test_a_no_does_not_silence_a_danger_named_in_the_same_breath() -> None:
    found = triage(
        read("no gas but there's smoke coming out of the outlet"),
        lang="en",
        trade="electrical",
        prompt="Do you smell gas right now?",
    )
    assert found.category == "electrical_fire_risk"
