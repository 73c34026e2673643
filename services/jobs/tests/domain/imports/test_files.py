from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from imports_samples import shape_of

from jobs.domain.imports.files import (
    Corrections,
    EmptyFile,
    HeaderOnly,
    HeaderUnreadable,
    NotCsv,
    TooManyColumns,
)
from jobs.domain.imports.mappings import ColumnMapping

CUSTOMERS = b"Name,Phone\nAnn,5125550123\nBob,5125550124\n"


def test_a_plain_file_is_understood() -> None:
    shape = shape_of(CUSTOMERS)
    assert shape.headers == ("Name", "Phone")
    assert (shape.has_header, shape.data_offset, shape.data_line) == (True, 11, 2)
    assert shape.mapping == ColumnMapping(phone=(1,), name=(0,))
    assert shape.sample == (("Ann", "5125550123"), ("Bob", "5125550124"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac-roman"])
def test_a_spanish_file_with_semicolons_is_understood_in_any_encoding(encoding: str) -> None:
    text = "\r\n\r\nNombre;Teléfono;Dirección\r\nJosé Núñez;512 555 0123;Calle Peña, 5\r\n"
    shape = shape_of(text.encode(encoding))
    assert shape.headers == ("Nombre", "Teléfono", "Dirección")
    assert shape.sample == (("José Núñez", "512 555 0123", "Calle Peña, 5"),)
    assert (shape.dialect.delimiter, shape.data_line) == (";", 4)


def test_excels_line_about_the_separator_is_no_row() -> None:
    shape = shape_of(b"sep=|\r\nName|Phone\r\nAnn|5125550123\r\n")
    assert (shape.headers, shape.data_line, shape.dialect.delimiter) == (("Name", "Phone"), 3, "|")
    assert shape.sample == (("Ann", "5125550123"),)


def test_a_file_without_a_header_begins_with_a_customer() -> None:
    shape = shape_of(b"Ann,5125550123\nBob,5125550124\n")
    assert (shape.has_header, shape.data_offset, shape.data_line, shape.headers) == (False, 0, 1, ("1", "2"))
    assert len(shape.sample) == 2


def test_the_owner_knows_better() -> None:
    told = Corrections(delimiter=";", has_header=False, encoding="windows-1252")
    shape = shape_of(CUSTOMERS, corrections=told)
    assert (shape.dialect.delimiter, shape.dialect.encoding, shape.has_header) == (";", "windows-1252", False)
    assert shape.sample[0] == ("Name,Phone",)


def test_one_customer_alone_is_a_file() -> None:
    assert not shape_of(b"Ann,5125550123").has_header


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n\r\n", b" , ,\n", b"\xff\xfe"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(EmptyFile):
        shape_of(data)


@pytest.mark.parametrize("data", [b"Name,Phone\n", b"Name,Phone", b"Nombre;Tel\xc3\xa9fono\r\n;\r\n"])
def test_a_header_alone_is_refused(data: bytes) -> None:
    with pytest.raises(HeaderOnly):
        shape_of(data)


@pytest.mark.parametrize("row", [b"c,", b"column_name,"])
def test_ten_thousand_columns_are_refused(row: bytes) -> None:
    with pytest.raises(TooManyColumns):
        shape_of(row * 10_000 + b"\n" + b"x," * 10_000 + b"\n")


def test_a_first_row_of_megabytes_is_refused() -> None:
    with pytest.raises(HeaderUnreadable):
        shape_of(b'"' + b"x" * 5_000_000 + b'",b\nAnn,5125550123\n')


def test_a_first_row_with_an_open_quotation_mark_is_refused() -> None:
    with pytest.raises(HeaderUnreadable):
        shape_of(b'"Name,Phone\nAnn,5125550123\n')


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b\x08rest",
        b"%PDF-1.7",
        b"\xd0\xcf\x11\xe0\xa1\xb1",
        b"<!DOCTYPE html><table>",
        b"\n <html>",
        b"\xff\xfe\x00\x00a\x00\x00\x00",
        b"\x89PNG\r\n",
    ],
)
def test_what_only_calls_itself_csv_is_refused(data: bytes) -> None:
    with pytest.raises(NotCsv):
        shape_of(data)


def test_a_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(NotCsv, match="Excel"):
        shape_of(path.read_bytes())
