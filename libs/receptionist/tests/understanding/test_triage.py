from __future__ import annotations

import os
import subprocess
import sys

import pytest

from common.testing.speed import seconds_of
from receptionist.understanding.text import read
from receptionist.understanding.triage import Category, Triage, triage


def judged(text: str, prompt: str | None = None) -> Triage:
    return triage(read(text), lang=None, trade=None, prompt=prompt)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("there's a strong smell of gas in my kitchen", "gas"),
        ("huele mucho a gas en la cocina", "gas"),
        ("the line behind my range is hissing and it stinks", "gas"),
        ("the carbon monoxide alarm is going off and we feel dizzy", "carbon_monoxide"),
        ("está sonando la alarma de monóxido", "carbon_monoxide"),
        ("the outlet is sparking every time i plug something in", "electrical_fire_risk"),
        ("sale humo del enchufe", "electrical_fire_risk"),
        ("water's dripping through the ceiling fan and the light is on", "electrical_fire_risk"),
        ("there's water pouring through the ceiling", "flood"),
        ("no puedo cerrar la llave y sale mucha agua por todos lados", "flood"),
        ("a pipe burst in the basement", "burst_pipe"),
        ("se reventó un tubo y está saliendo agua", "burst_pipe"),
        ("raw sewage is coming up in my shower", "sewage"),
        ("salen aguas negras por la coladera del baño", "sewage"),
        ("the furnace died and i have a newborn", "no_heat_vulnerable"),
        ("no tenemos calefacción y mi abuela tiene noventa años", "no_heat_vulnerable"),
        ("there's no water in the whole house", "no_water"),
        ("no hay agua en toda la casa", "no_water"),
        ("my husband's oxygen concentrator quit the outlet is dead", "other_urgent"),
        ("hay gente atrapada en el elevador", "other_urgent"),
    ],
)
def test_each_kind_of_trouble_is_known_in_both_languages(text: str, category: Category) -> None:
    assert judged(text).category == category


@pytest.mark.parametrize(
    "text",
    [
        "no i don't smell any gas",
        "no no se está inundando es solo una gota",
        "it isn't sparking and it isn't hot the switch is just loose",
        "last winter a pipe burst and you fixed it",
        "el año pasado se reventó un tubo y ya lo arreglamos",
        "there's a slow drip under the sink i got a bowl under it",
        "the toilet overflowed but i turned the water off and it's all cleaned up",
        "what happens if the water heater leaks",
        "how much do you charge to fix a burst pipe",
        "my neighbor had a gas leak and it freaked me out can somebody check mine sometime",
        "the carbon monoxide detector chirps once a minute i think it's the battery",
        "can you hang a flood light over the barn door",
        "your bill says flood cleanup and you didn't do any cleanup",
        "the power's out on our whole street is it the electric company",
        "i'd like to make an appointment",
        "yes",
        "",
    ],
)
def test_denied_past_contained_imagined_and_plain_words_raise_no_alarm(text: str) -> None:
    assert not judged(text).emergency


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("can you come today there's sewage coming up in my shower", "sewage"),
        ("i need an electrician my panel is sparking", "electrical_fire_risk"),
        ("how much do you charge for nights my heat's out and i've got a baby", "no_heat_vulnerable"),
        ("is it safe to stay here i smell gas", "gas"),
        ("should we leave the co alarm's going off", "carbon_monoxide"),
        ("pueden venir huele a gas", "gas"),
        ("necesito un plomero se está inundando mi casa", "flood"),
        ("cuánto cobran el enchufe se está quemando", "electrical_fire_risk"),
        ("cuando puedan vengan porque huele a gas en el boiler", "gas"),
    ],
)
def test_a_danger_is_heard_through_a_question_a_price_or_a_wish(text: str, category: Category) -> None:
    assert judged(text).category == category


@pytest.mark.parametrize(
    "text",
    [
        "what should i do if i ever smell gas",
        "qué hago si algún día huele a gas",
        "i had you out in april for a burst pipe what was the part you used",
        "that flood thing no that was the house before this one",
        "en la casa de mi hermana en texas se inundó todo pero aquí estamos bien",
        "olía a quemado pero eran los frijoles",
        "resultó que dejaron la manguera abierta y ya la cerramos",
        "cortaron el agua en toda la calle por la obra",
        "shower handle came off but the water's off and i've got another bathroom",
        "gas fireplace won't turn on for the party",
        "hola, se me tapó el drenaje de la cocina",
        "el drenaje del lavabo va lento",
        "furnace quit can you come at eight",
        "something just came up can we do noon instead",
        "Y",
    ],
)
def test_what_is_over_elsewhere_or_only_asked_about_raises_no_alarm(text: str) -> None:
    assert not judged(text).emergency


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("mi suegra dice que no huele nada pero yo sí huelo a gas bien fuerte", "gas"),
        ("my husband can't smell the gas but i do", "gas"),
        ("sí huele a gas", "gas"),
        ("le pegamos a la línea de gas con la excavadora", "gas"),
        ("we're all dizzy and throwing up and it goes away when we go outside", "carbon_monoxide"),
        ("the pipe you guys fixed in october burst again", "burst_pipe"),
        ("you snaked it in may and now sewage is coming up in the tub again", "sewage"),
        ("no water at all and the city says it's on our side", "no_water"),
        ("we shut the water off but it's still coming through the ceiling", "flood"),
        ("no puedo cerrar el agua de la tina", "flood"),
        ("el drenaje se está saliendo por la tina", "sewage"),
    ],
)
def test_what_sounds_like_a_reservation_and_is_none_takes_nothing_back(text: str, category: Category) -> None:
    assert judged(text).category == category


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("i've got sue age coming up through the floor drain", "sewage"),
        ("the c o thing is going off", "carbon_monoxide"),
        ("carbon detector is screaming", "carbon_monoxide"),
        ("pipe bust in the kitchen water everywhere", "burst_pipe"),
        ("it wont stop running over its all over the floor", "flood"),
    ],
)
def test_what_the_recogniser_garbles_is_still_understood(text: str, category: Category) -> None:
    assert judged(text).category == category


@pytest.mark.parametrize(
    "text",
    [
        "you fixed it last year but now it's leaking again and i can't stop it",
        "i turned the furnace off and i still smell gas",
        "how much to come right now the pipe burst and i can't shut it off",
    ],
)
def test_later_words_take_a_reservation_back(text: str) -> None:
    assert judged(text).emergency


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("the basement is flooding and i smell gas", "gas"),
        ("se está inundando el sótano y huele a gas", "gas"),
        ("no heat and the baby is cold and the carbon monoxide alarm is going off", "carbon_monoxide"),
        ("water is pouring through the ceiling onto the breaker panel and it's sparking", "electrical_fire_risk"),
    ],
)
def test_what_people_must_get_away_from_outranks_the_rest(text: str, category: Category) -> None:
    assert judged(text).category == category


def test_reasons_name_rules_and_never_the_callers_words() -> None:
    found = judged("my name is zelda and there's a strong smell of gas at one two three elm street")
    assert found.emergency
    assert "zelda" not in " ".join(found.reasons)
    assert any("gas" in reason or "released" in reason for reason in found.reasons)


def test_the_same_words_give_the_same_answer_in_every_process() -> None:
    script = (
        "from receptionist.understanding.text import read\n"
        "from receptionist.understanding.triage import triage\n"
        "print(triage(read('a pipe burst and water is all over the breaker box'), lang='en', trade=None))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_a_short_call_is_judged_in_a_fraction_of_a_millisecond() -> None:
    heard = read("hey um the water heater is leaking all over the garage floor")
    judged(heard.text)
    best = seconds_of(lambda: [triage(heard, lang="en", trade="plumbing") for _ in range(50)]) / 50
    assert best < 0.000_5


@pytest.mark.parametrize(
    "piece",
    [
        "it is out no cant ",
        "cant find ",
        "shut it off ",
        "a ",
        "gas smell leak water pipe broke ",
        "agua sale por la pared ",
        "one hundred and five degrees ",
        "no no no ",
        "x",
        "' ",
        "\u4e00 ",
        "-",
    ],
)
def test_the_worst_input_stays_under_ten_milliseconds(piece: str) -> None:
    text = (piece * 2_000)[:2_000]
    heard = read(text)
    assert seconds_of(lambda: triage(heard, lang="en", trade="plumbing")) < 0.010
