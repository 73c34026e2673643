"""Intents and answers on utterances that no head was fitted to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from receptionist.training import intents, yes_no
from receptionist.training.intents import words_of
from receptionist.understanding.intents import INTENTS, classify
from receptionist.understanding.text import read
from receptionist.understanding.yes_no import ANSWERS, answer

DATA = Path(__file__).parent.parent / "data"


def sample(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def test_at_least_92_in_100_callers_are_heard_to_want_what_they_want() -> None:
    known = {words_of(text) for _, text in intents.examples()}
    rows = [row for row in sample("intents_sample.jsonl") if words_of(row["text"]) not in known]
    wrong = [row["text"] for row in rows if classify(read(row["text"])).intent != row["intent"]]
    assert len(rows) > 90
    assert len(wrong) / len(rows) <= 0.08, wrong


def test_at_least_95_in_100_answers_are_understood() -> None:
    known = {(prompt, words_of(text)) for prompt, text, _ in yes_no.examples()}
    rows = [row for row in sample("yesno_sample.jsonl") if (row["prompt"], words_of(row["text"])) not in known]
    wrong = [row["text"] for row in rows if answer(read(row["text"]), prompt=row["prompt"]) != row["answer"]]
    assert len(rows) > 50
    assert len(wrong) / len(rows) <= 0.05, wrong


def test_no_text_of_the_corpora_has_two_intents() -> None:
    told: dict[tuple[str, ...], str] = {}
    for intent, text in intents.examples():
        assert told.setdefault(words_of(text), intent) == intent, text


def test_no_answer_of_the_corpora_has_two_meanings() -> None:
    told: dict[tuple[str, str], str] = {}
    for prompt, text, meaning in yes_no.examples():
        assert told.setdefault((prompt, text), meaning) == meaning, (prompt, text)


@pytest.mark.parametrize(("labels", "found"), [(INTENTS, intents), (ANSWERS, yes_no)])
def test_every_label_has_rows_to_learn_from(labels: tuple[str, ...], found: Any) -> None:
    given = [example[0] if found is intents else example[2] for example in found.examples()]
    assert set(given) == set(labels)
    assert min(given.count(label) for label in labels) >= 200
