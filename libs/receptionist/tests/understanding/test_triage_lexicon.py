from __future__ import annotations

import pytest

from receptionist.understanding.text import read
from receptionist.understanding.triage import lexicon
from receptionist.understanding.triage.lexicon import Hit, Lexicon, parse
from receptionist.understanding.triage.scene import read_scene


def small(*entries: str) -> Lexicon:
    return Lexicon(parse("\n".join(entries)))


def test_a_star_stands_for_any_ending() -> None:
    found = small("leak = leak*").find(read("leaks leaking leaked bleak").norms)
    assert [hit.start for hit in found] == [0, 1, 2]


def test_a_tilde_stands_for_up_to_three_words() -> None:
    words = small("off = shut ~ off")
    assert words.find(["shut", "off"]) == [Hit("off", 0, 2)]
    assert words.find(["shut", "the", "main", "water", "off"]) == [Hit("off", 0, 5)]
    assert words.find(["shut", "the", "big", "main", "water", "off"]) == []


def test_of_one_concept_at_one_place_the_longest_phrase_counts() -> None:
    assert small("gas = gas, gas line").find(["gas", "line"]) == [Hit("gas", 0, 2)]


def test_nothing_is_found_inside_a_plain_phrase() -> None:
    words = small("plain = flood light*", "escape = flood*")
    assert [hit.concept for hit in words.find(["a", "flood", "light", "and", "a", "flood"])] == ["plain", "escape"]


def test_a_line_that_is_no_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="no entry"):
        list(parse("gas propane"))


def test_both_languages_name_the_same_concepts() -> None:
    here = lexicon.files("receptionist.understanding.triage")
    english, spanish = (
        {concept for concept, _ in parse(here.joinpath(f"lexicon_{lang}.txt").read_text("utf-8"))}
        for lang in ("en", "es")
    )
    assert english == spanish


def test_phrases_are_folded_as_utterances_are() -> None:
    here = lexicon.files("receptionist.understanding.triage")
    for lang in ("en", "es"):
        for _, phrase in parse(here.joinpath(f"lexicon_{lang}.txt").read_text("utf-8")):
            bare = phrase.replace("*", "").replace("~", "").replace(" _ ", " ")
            assert " ".join(read(bare).norms) == " ".join(bare.split()), phrase


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("no gas smell at all", "gas"),
        ("nothing's leaking", "leak"),
        ("it's not flooding", "escape"),
        ("no huele a quemado", "burning"),
        ("no se está inundando", "escape"),
    ],
)
def test_a_denial_reaches_the_words_behind_it(text: str, concept: str) -> None:
    scene = read_scene(read(text).norms)
    assert concept not in scene.said
    assert concept in scene.denied


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("i don't know where the gas is coming from", "gas"),
        ("no it's flooding", "escape"),
        ("not a drip any more but it's flooding", "escape"),
        ("it won't stop leaking", "leak"),
        ("no sé si huele a quemado", "burning"),
        ("the breaker never tripped and the wall is smoking", "smoke"),
    ],
)
def test_a_denial_ends_where_the_thought_does(text: str, concept: str) -> None:
    assert concept in read_scene(read(text).norms).said


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("it's forty degrees in here", "low"),
        ("it's a hundred and two inside", "high"),
        ("my mother is ninety", "age"),
        ("i'm eighty four years old", "age"),
        ("tiene ochenta años", "age"),
        ("está a diez grados", "low"),
        ("it's going down to ten tonight", "low"),
        ("the thermostat's at fifty two", "low"),
    ],
)
def test_temperatures_and_ages_are_told_apart(text: str, concept: str) -> None:
    assert concept in read_scene(read(text).norms).said


@pytest.mark.parametrize(
    "text",
    [
        "come at two thirty",
        "come at 8",
        "between eight and ten",
        "at four in the afternoon",
        "at 9 or 10",
        "a forty gallon heater",
        "it costs twenty dollars",
        "five outlets",
    ],
)
def test_other_figures_are_no_temperatures(text: str) -> None:
    said = read_scene(read(text).norms).said
    assert "low" not in said
    assert "high" not in said
