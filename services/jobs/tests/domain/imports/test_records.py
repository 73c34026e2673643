from __future__ import annotations

import csv
import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imports_samples import cells_of, records_of

from common.testing.speed import seconds_of
from jobs.domain.imports.dialects import DELIMITERS, Delimiter, delimiter_of, newline_of, sep_line
from jobs.domain.imports.encodings import Encoding

_CELL = st.text(st.sampled_from("abñ😀,;\t|\"'\r\n =+é漢"), max_size=6)


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(_CELL, min_size=2, max_size=4), min_size=1, max_size=12),
    delimiter=st.sampled_from(DELIMITERS),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
    ending=st.sampled_from(["\r\n", "\n"]),
    piece=st.integers(1, 300),
)
def test_what_a_program_writes_is_read_as_it_was(
    rows: list[list[str]], delimiter: Delimiter, encoding: Encoding, ending: str, piece: int
) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(rows)
    data = out.getvalue().encode(encoding)
    records = records_of(data, encoding=encoding, delimiter=delimiter, piece=piece)
    assert [record.cells for record in records] == rows
    assert records[-1].end == len(data)
    for record, following in itertools.pairwise(records):
        assert (
            records_of(data, encoding=encoding, delimiter=delimiter, offset=record.end, line=record.below)[0]
            == following
        )


@settings(deadline=None)
@given(data=st.binary(max_size=400), piece=st.integers(1, 60))
def test_any_bytes_are_records_whatever_the_pieces(data: bytes, piece: int) -> None:
    records = records_of(data, piece=piece)
    assert records == records_of(data, piece=1_000)
    assert [record.end for record in records] == sorted({record.end for record in records})
    assert (records[-1].end if records else 0) == len(data)


def test_line_breaks_in_cells_count_as_lines() -> None:
    records = records_of(b'name,phone\r\n"two\r\nlines",1\r\nlast,2')
    assert [(record.line, record.below, record.cells) for record in records] == [
        (1, 2, ["name", "phone"]),
        (2, 4, ["two\r\nlines", "1"]),
        (4, 5, ["last", "2"]),
    ]


def test_old_macs_lines_end_with_carriage_returns() -> None:
    assert cells_of(b"a,b\r1,2\r", newline="\r") == [["a", "b"], ["1", "2"]]


def test_an_open_quotation_mark_costs_its_own_row_alone() -> None:
    records = records_of(b'1,a\n"Smith, John,2\n"Doe, Jane",3\n4,b\n')
    assert [(record.line, record.fault) for record in records] == [
        (1, None),
        (2, "unbalanced-quote"),
        (3, None),
        (4, None),
    ]
    assert records[1].cells == ['"Smith', " John", "2"]
    assert records[2].cells == ["Doe, Jane", "3"]


def test_an_open_quotation_mark_on_the_last_lines_costs_its_own_row_alone() -> None:
    records = records_of(b'1,a\n2,"b\n3,c\n4,d')
    assert [(record.cells[0], record.fault) for record in records] == [
        ("1", None),
        ("2", "unbalanced-quote"),
        ("3", None),
        ("4", None),
    ]


def test_blanks_behind_a_quoted_cell_are_forgiven() -> None:
    assert cells_of(b'"a" ,"b"\n') == [["a ", "b"]]


def test_inches_inside_an_unquoted_cell_are_letters() -> None:
    assert cells_of(b'5" pipe,1\n') == [['5" pipe', "1"]]


def test_a_stray_carriage_return_is_a_blank() -> None:
    assert cells_of(b"a\rb,1\nc,2\n") == [["a b", "1"], ["c", "2"]]


@pytest.mark.parametrize("piece", [100_000, 262_144, 8_000_000])
def test_five_megabytes_in_one_cell_cost_one_row(piece: int) -> None:
    quoted = b'1,a\n2,"' + b'x ""y"", 5\n' * 500_000 + b'"\n3,c\n'
    records = records_of(quoted, piece=piece)
    assert [(record.line, record.fault) for record in records] == [
        (1, None),
        (2, "cell-too-long"),
        (500_003, None),
    ]
    assert records[-1].end == len(quoted)
    bare = b"1,a\n2," + b"x" * 5_000_000 + b"\n3,c"
    assert [(record.line, record.fault) for record in records_of(bare, piece=piece)] == [
        (1, None),
        (2, "cell-too-long"),
        (3, None),
    ]


def test_a_row_of_endlessly_many_cells_is_too_long() -> None:
    records = records_of(b"1,a\n" + b"x," * 100_000 + b"\n3,c\n")
    assert [(record.line, record.fault) for record in records] == [(1, None), (2, "row-too-long"), (3, None)]


def test_a_quotation_mark_that_is_never_closed_costs_one_row_of_a_large_file() -> None:
    data = b'1,a\n2,"oops\n' + b"3,c\n" * 60_000
    records = records_of(data, piece=65_536)
    assert len(records) == 60_002
    assert [(record.line, record.fault, record.cells) for record in records[:3]] == [
        (1, None, ["1", "a"]),
        (2, "unbalanced-quote", ["2", '"oops']),
        (3, None, ["3", "c"]),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("piece", [4_096, 262_144])
def test_what_is_left_of_a_line_behind_a_large_cell_with_a_slip_is_no_row(piece: int, encoding: Encoding) -> None:
    data = ('1,a\n"' + "x" * 100_000 + '"y,+15125550142\n3,c\n').encode(encoding)
    records = records_of(data, encoding=encoding, piece=piece)
    assert [(record.line, record.fault) for record in records] == [(1, None), (2, "unbalanced-quote"), (3, None)]
    assert (records[-1].cells, records[-1].end) == (["3", "c"], len(data))


def test_what_is_left_of_the_last_line_behind_a_large_cell_with_a_slip_is_no_row() -> None:
    records = records_of(b'1,a\n"' + b"x" * 100_000 + b'"y,+15125550142', piece=4_096)
    assert [(record.line, record.fault) for record in records] == [(1, None), (2, "unbalanced-quote")]


def test_a_large_cell_in_utf_16_costs_one_row() -> None:
    text = '1,a\n2,"' + "ñ 😀\n" * 60_000 + '"\n3,c\n'
    records = records_of(text.encode("utf-16-le"), encoding="utf-16-le", piece=65_537)
    assert [(record.line, record.fault) for record in records] == [(1, None), (2, "cell-too-long"), (60_003, None)]


@pytest.mark.parametrize("line", [b'"abc\n', b'""\n', b'"a""\n', b'a,"\n', b'"""\n', b'"x",\n', b'"x"y\n', b'x"\n'])
def test_no_pattern_of_quotation_marks_takes_more_than_linear_time(line: bytes) -> None:
    data = b'1,"open\n' + line * 60_000
    assert seconds_of(lambda: records_of(data, piece=65_536), tries=2) < 5.0


def test_bytes_that_are_no_letters_are_seen_as_such() -> None:
    assert cells_of(b"Jos\xe9,1\nAna,2\n") == [["Jos\udce9", "1"], ["Ana", "2"]]
    assert cells_of(b"a\x81,1\n", encoding="windows-1252") == [["a\udc81", "1"]]
    assert cells_of("a,1\n".encode("utf-16-le") + b"\x00\xd8\x0a\x00x", encoding="utf-16-le") == [
        ["a", "1"],
        ["\ud800"],
        ["\udcff"],
    ]


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b\n1,5;2\n3,7;4\n", ";"),
        ("a\tb\n1, x\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("phone\n5125550123\n", ","),
        ('name;phone\n"Ann; Lee";1\n', ";"),
        ("", ","),
    ],
)
def test_the_separator_is_the_one_that_cuts_evenly(sample: str, delimiter: str) -> None:
    assert delimiter_of(sample) == delimiter


def test_excels_line_about_the_separator_is_understood() -> None:
    assert sep_line("sep=;") == ";"
    assert sep_line("name;phone") is None
    assert newline_of("a\rb") == "\r"
    assert newline_of("a\r\nb") == "\n"
