"""Names, addresses and phone numbers on labelled sets: what is found, and what is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, Literal

import pytest

from receptionist.understanding.names import find_name
from receptionist.understanding.phones import find_phone
from receptionist.understanding.places import find_address
from receptionist.understanding.text import Lang, read

_ROOT: Final = Path(__file__).parents[4]
_FOLDERS: Final = (_ROOT / "libs/receptionist/tests/data", _ROOT.parent / "shared/data")
"""The shared samples lie beside the repository and are read where they are present."""
_SETS: Final = [path for folder in _FOLDERS for path in sorted(folder.glob("*intents*.jsonl"))]
_TROUBLES: Final = [path for folder in _FOLDERS for path in sorted(folder.glob("*triage*.jsonl"))]

Fact = Literal["name", "address", "phone"]


def _facts(text: str, lang: Lang) -> dict[Fact, str | None]:
    heard = read(text)
    phone = find_phone(heard)
    spans = [phone.span] if phone else []
    address = find_address(heard, lang=lang, exclude=spans)
    spans += [address.span] if address else []
    name = find_name(heard, lang=lang, exclude=spans)
    return {
        "name": name and name.text,
        "address": address and address.text,
        "phone": phone and phone.e164,
    }


@pytest.mark.parametrize("path", _SETS, ids=lambda path: path.stem)
@pytest.mark.parametrize("fact", ["name", "address", "phone"])
def test_of_a_labelled_set_95_in_100_are_found_and_at_most_2_in_100_made_up(path: Path, fact: Fact) -> None:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    said = [row for row in rows if row[fact]]
    silent = [row for row in rows if not row[fact]]
    found = sum(_facts(row["text"], row["lang"])[fact] == row[fact] for row in said)
    made_up = sum(_facts(row["text"], row["lang"])[fact] is not None for row in silent)
    assert found >= 0.95 * len(said)
    assert made_up <= 0.02 * len(silent)


@pytest.mark.parametrize("path", _TROUBLES, ids=lambda path: path.stem)
def test_callers_who_tell_of_their_trouble_are_given_no_facts_that_they_did_not_say(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    heard = [_facts(row["text"], row["lang"]) for row in rows]
    for fact, most in (("name", 0.01), ("address", 0.0), ("phone", 0.0)):
        assert sum(facts[fact] is not None for facts in heard) <= most * len(rows)  # type: ignore[index]
