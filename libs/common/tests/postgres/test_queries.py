from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from common.postgres.queries import load_queries


@dataclass(frozen=True, kw_only=True)
class Queries:
    save_turn: str
    load_turn: str


def _file(folder: Path, text: str, name: str = "queries.sql") -> Path:
    path = folder / name
    path.write_text(text)
    return path


GOOD = """-- The file's own comment.

-- name: save_turn
INSERT INTO turns VALUES ($1);

-- name: load_turn
-- why it is read this way
SELECT * FROM turns
WHERE id = $1;
"""


def test_statements_are_found_by_name_without_their_semicolon(tmp_path: Path) -> None:
    queries = load_queries(Queries, _file(tmp_path, GOOD))
    assert queries.save_turn == "INSERT INTO turns VALUES ($1)"
    assert queries.load_turn == "-- why it is read this way\nSELECT * FROM turns\nWHERE id = $1"


def test_several_files_fill_one_class(tmp_path: Path) -> None:
    first = _file(tmp_path, "-- name: save_turn\nSELECT 1", "first.sql")
    second = _file(tmp_path, "-- name: load_turn\nSELECT 2", "second.sql")
    assert load_queries(Queries, first, second) == Queries(save_turn="SELECT 1", load_turn="SELECT 2")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("-- name: save_turn\nSELECT 1", "load_turn is missing"),
        (GOOD + "-- name: save_turn\nSELECT 2", "save_turn is there twice"),
        (GOOD + "-- name: drop_turn\nSELECT 2", "drop_turn is not asked for"),
        (GOOD + "-- name: Drop-Turn\nSELECT 2", "'Drop-Turn' is no name"),
        ("SELECT 1;\n" + GOOD, "queries.sql:1: a statement without a name"),
        ("-- name: save_turn\n;\n-- name: load_turn\nSELECT 1", "save_turn is empty"),
    ],
)
def test_a_fault_in_the_file_stops_the_load(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault.replace("(", r"\(")):
        load_queries(Queries, _file(tmp_path, text))


def test_all_faults_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="load_turn is missing; save_turn is missing; other is not asked for"):
        load_queries(Queries, _file(tmp_path, "-- name: other\nSELECT 1"))
