from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.imports.spreadsheets import csv_lines, guarded, unguarded


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+15125550123",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "'=1",
        '=HYPERLINK("http://evil.example")',
        "|calc",
        "＝1+1",
        "\u00a0=1",
    ],
)
def test_what_could_be_a_formula_is_text(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["", "Ann", "'s-Hertogenbosch", "12 Oak St", "a=b", "  "])
def test_ordinary_words_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell


@given(st.text())
def test_every_text_comes_back_as_it_was(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


@given(st.text(st.sampled_from("'=+-@\t\r\n |%a")))
def test_every_odd_text_comes_back_as_it_was_and_begins_with_no_sign(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert guarded(cell)[:1] not in {*"=+-@\t\r\n|%"}


def test_rows_are_written_as_csv() -> None:
    text = csv_lines([["a,b", 'say "x"', "=1"], ["", "two\nlines", "nul\x00"]])
    assert list(csv.reader(text.splitlines(keepends=True))) == [
        ["a,b", 'say "x"', "'=1"],
        ["", "two\nlines", "nul\ufffd"],
    ]
    assert text.endswith("\r\n")
