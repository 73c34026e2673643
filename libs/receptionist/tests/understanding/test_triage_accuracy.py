"""Triage on utterances that its heads have not been fitted to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from receptionist.training.fit import Row, Settings, fit
from receptionist.training.measure import Outcome, cross_validated, outcomes, score, wilson
from receptionist.training.triage import Example, examples, parse
from receptionist.understanding.text import read
from receptionist.understanding.triage import URGENT, Heads, is_raised, triage_by
from receptionist.understanding.triage.learned import ROUTINE_LABEL, URGENT_LABEL
from receptionist.understanding.triage.rules import judge
from receptionist.understanding.triage.scene import read_scene

DATA = Path(__file__).parent.parent / "data"


def sample(name: str = "triage_sample") -> list[Example]:
    rows = (json.loads(line) for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines())
    return [Example(text=row["text"], lang=row["lang"], trade=row["trade"], category=row["category"]) for row in rows]


@pytest.fixture(scope="module")
def found() -> list[Outcome]:
    return cross_validated(sample(), folds=2)


def test_at_least_95_in_100_emergencies_are_found(found: list[Outcome]) -> None:
    counts = score(found)
    assert counts.found / counts.emergencies >= 0.95, [row for row in found if row.example.category != "none"]


def test_at_most_5_in_100_calm_calls_raise_an_alarm(found: list[Outcome]) -> None:
    counts = score(found)
    assert counts.false_alarms / counts.calm <= 0.05, [row.example.text for row in found if row.triage.emergency]


def test_at_least_9_in_10_emergencies_are_rightly_named(found: list[Outcome]) -> None:
    counts = score(found)
    assert counts.named / counts.found >= 0.9


def test_spanish_is_understood_as_well(found: list[Outcome]) -> None:
    counts = score(row for row in found if row.example.lang == "es")
    assert counts.found == counts.emergencies
    assert counts.false_alarms == 0


@pytest.mark.parametrize("name", ["blind_triage", "fresh_triage"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_calls_that_were_kept_from_the_corpus_are_judged_as_well(name: str, lang: str) -> None:
    counts = score(outcomes(Heads.packaged(), [row for row in sample(name) if row.lang == lang]))
    assert counts.found / counts.emergencies >= 0.95
    assert counts.false_alarms / counts.calm <= 0.05


def test_a_rules_alarm_stands_however_calm_the_head_is() -> None:
    calm = Row(features=(1,), label=ROUTINE_LABEL)
    heads = Heads(
        alarm=fit([calm] * 9, (URGENT_LABEL, ROUTINE_LABEL), Settings(buckets=8)),
        category=fit([Row(features=(1,), label="flood")], URGENT, Settings(buckets=8)),
    )
    heard = read("i smell gas in my kitchen")
    assert heads.alarm_chance(heard.norms, read_scene(heard.norms)) < 0.5
    assert triage_by(heads, heard, trade=None).category == "gas"


def test_the_head_raises_an_alarm_only_where_nothing_weighs_against_it() -> None:
    calm = judge(read_scene(read("water is weird here").norms))
    held = judge(read_scene(read("the leak was fixed last year").norms))
    sold = judge(read_scene(read("no rush whenever you can with the leak").norms))
    nothing = judge(read_scene(read("something around eleven").norms))
    assert is_raised(0.7, calm)
    assert not is_raised(0.7, held)
    assert not is_raised(0.99, sold)
    assert not is_raised(0.7, nothing)


def test_the_corpus_is_large_and_holds_both_languages_and_every_category() -> None:
    rows = list(examples())
    assert len(rows) >= 4_000
    assert sum(row.lang == "es" for row in rows) / len(rows) >= 0.28
    assert {row.category for row in rows} == {*URGENT, "none"}
    assert 0.4 <= sum(row.category != "none" for row in rows) / len(rows) <= 0.6


def test_no_utterance_stands_in_the_corpus_with_two_labels() -> None:
    labels: dict[str, set[str]] = {}
    for row in examples():
        labels.setdefault(row.text, set()).add(row.category)
    assert [text for text, several in labels.items() if len(several) > 1] == []


def test_a_heading_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no heading"):
        list(parse("@ en plumbing tornado\nhello"))


def test_an_interval_narrows_with_the_count() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    few, many = wilson(9, 10), wilson(900, 1_000)
    assert few[0] < many[0] < 0.9 < many[1] < few[1]
