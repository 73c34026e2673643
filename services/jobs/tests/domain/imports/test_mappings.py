from __future__ import annotations

import pytest

from jobs.domain.imports.headers import field_of, phone_rank
from jobs.domain.imports.mappings import ColumnMapping, MappingRefused, guess_mapping, has_header

ROW = ["Ann Lee", "512-555-0123", "ann@example.com", "12 Oak St"]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Phone", "phone"),
        ("PHONE #", "phone"),
        ("Phone Number:", "phone"),
        ("Teléfono", "phone"),
        ("Núm. teléfono", "phone"),
        ("Celular", "phone"),
        ("E-mail", "email"),
        ("Correo electrónico", "email"),
        ("Customer's Name", None),
        ("Customer Name", "name"),
        ("Nombre", "name"),
        ("Apellidos", "last_name"),
        ("ZIP Code", "zip"),
        ("Código postal", "zip"),
        ("Service Address", "address"),
        ("Dirección", "address"),
        ("Idioma", "language"),
        ("Phone 1 - Value", "phone"),
        ("E-mail 1 - Value", "email"),
        ("Notes", None),
        ("", None),
        ("x" * 5_000, None),
    ],
)
def test_headers_of_both_languages_are_known(header: str, field: str | None) -> None:
    assert field_of(header) == field


def test_columns_are_known_by_their_headers() -> None:
    headers = ["Notes", "First Name", "Last Name", "Home Phone", "Mobile", "Street", "City", "State", "Zip", "Email"]
    rows = [["x", "Ann", "Lee", "5125550100", "5125550123", "12 Oak St", "Austin", "TX", "78701", "a@example.com"]]
    assert guess_mapping(headers, rows, region="US") == ColumnMapping(
        phone=(4, 3), name=(1, 2), address=(5, 6, 7, 8), email=9
    )


def test_columns_are_known_by_their_spanish_headers() -> None:
    headers = ["Apellidos", "Nombre", "Teléfono", "Dirección", "Ciudad", "Correo", "Idioma", "Empresa"]
    rows = [["Ruiz", "Ana", "5125550123", "Calle 5", "Austin", "a@example.com", "es", "Acme"]]
    guessed = guess_mapping(headers, rows, region="US")
    assert guessed == ColumnMapping(phone=(2,), name=(1, 0), company=7, address=(3, 4), email=5, language=6)


def test_columns_without_headers_are_known_by_their_contents() -> None:
    guessed = guess_mapping(None, [ROW, ["Bob", "(512) 555-0124", "b@example.com", "7 Elm Ave"]], region="US")
    assert guessed == ColumnMapping(phone=(1,), name=(0,), address=(3,), email=2)


def test_a_column_of_house_numbers_called_number_is_no_telephone() -> None:
    rows = [["12", "5125550123"], ["7", "5125550124"], ["9", "5125550125"]]
    assert guess_mapping(["Number", "Call me at"], rows, region="US").phone == (1,)


def test_a_column_called_phone_is_one_even_if_nobody_has_filled_it_well() -> None:
    assert guess_mapping(["Name", "Phone"], [["Ann", "?"], ["Bob", "?"], ["Cid", "?"]], region="US").phone == (1,)


def test_without_any_number_no_column_is_made_up() -> None:
    assert guess_mapping(["a", "b"], [["x", "y"]], region="US").phone == ()
    assert guess_mapping(None, [], region="US").phone == ()


def test_mobile_numbers_come_first() -> None:
    assert sorted(["Work Phone", "Phone", "Cell"], key=phone_rank) == ["Cell", "Phone", "Work Phone"]


def test_a_header_is_told_from_a_customer() -> None:
    assert has_header(["Name", "Phone"], [ROW], region="US")
    assert has_header(["Quién", "Dónde llamar"], [["Ana", "5125550123"]], region="US")
    assert not has_header(ROW, [ROW], region="US")
    assert not has_header(["ann@example.com", "x"], [ROW], region="US")
    assert not has_header(["Ann", "Bob"], [["x", "y"]], region="US")


@pytest.mark.parametrize(
    "mapping",
    [
        ColumnMapping(phone=()),
        ColumnMapping(phone=(4,)),
        ColumnMapping(phone=(0,), email=9),
        ColumnMapping(phone=(-1,)),
    ],
)
def test_a_mapping_that_the_file_can_not_fulfil_is_refused(mapping: ColumnMapping) -> None:
    with pytest.raises(MappingRefused):
        mapping.checked(4)


def test_a_mapping_that_the_file_can_fulfil_is_itself() -> None:
    mapping = ColumnMapping(phone=(3,), name=(0,))
    assert mapping.checked(4) is mapping
