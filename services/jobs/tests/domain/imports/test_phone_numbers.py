from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.domain.imports.phone_numbers import PhoneRead, is_region, read_phone, read_with_phonenumbers

_DIGIT = st.sampled_from("0123456789")
_GAP = st.sampled_from(["", " ", "-", "."])


@st.composite
def _typed(draw: st.DrawFn) -> str:
    """A number of North America, or nearly one."""
    area = draw(
        st.sampled_from(["512", "737", "416", "787", "246", "800", "900", "555", "211", "371"])
        | st.text(_DIGIT, min_size=3, max_size=3)
    )
    exchange, line = draw(st.text(_DIGIT, min_size=3, max_size=3)), draw(st.text(_DIGIT, min_size=4, max_size=4))
    shown = draw(st.sampled_from([area, f"({area})"]))
    prefix = draw(st.sampled_from(["", "1", "+1", "1-", "+1 ", "1 ", "+1."]))
    return prefix + shown + draw(_GAP) + exchange + draw(_GAP) + line


@settings(max_examples=1_500, deadline=None)
@given(text=_typed(), region=st.sampled_from(["US", "CA", "MX", "BB"]))
@example(text="(512) 555-0123", region="US")
@example(text="5125550123", region="MX")
@example(text="2465202345", region="BB")
def test_the_short_way_says_what_phonenumbers_says(text: str, region: str) -> None:
    read = read_phone(text, region)
    assert read == (read_with_phonenumbers(text, region) or "phone-invalid")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(512) 555-0123", "+15125550123"),
        ("1 512 555 0123", "+15125550123"),
        ("+1.512.555.0123", "+15125550123"),
        ("'+15125550123", "+15125550123"),
        ("5125550123.0", "+15125550123"),
        ("1-800-FLOWERS", "+18003569377"),
        ("cell: 512.555.0123", "+15125550123"),
        ("512 555 0123 (mobile)", "+15125550123"),
        ("512-555-0123 Ann", "+15125550123"),
        ("Ann 512-555-0123", "+15125550123"),
        ("512-555-0123 / 512-555-0199", "+15125550123"),
        ("512 555 0123 o 512 555 0199", "+15125550123"),
        ("12345; 512-555-0199", "+15125550199"),
        ("+52 55 1234 5678", "+525512345678"),
        ("011 52 55 1234 5678", "+525512345678"),
        ("５１２ ５５５ ０１２３", "+15125550123"),
        ("512–555–0123", "+15125550123"),
    ],
)
def test_a_number_is_found_however_it_is_written(text: str, number: str) -> None:
    assert read_phone(text, "US") == PhoneRead(number)


@pytest.mark.parametrize(
    "text", ["512-555-0123 x45", "(512) 555-0123 ext. 45", "5125550123;ext=4", "512 555 0123 anexo 4"]
)
def test_an_extension_is_left_off_and_told(text: str) -> None:
    assert read_phone(text, "US") == PhoneRead("+15125550123", extension=True)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "phone-missing"),
        ("   ", "phone-missing"),
        ("N/A", "phone-missing"),
        ("none", "phone-missing"),
        ("call Ann", "phone-invalid"),
        ("555-0123", "phone-invalid"),
        ("512-555-O123", "phone-invalid"),
        ("5.12556E+09", "phone-rounded"),
        ("5,12556E+9", "phone-rounded"),
        ("1" * 400, "phone-invalid"),
        ("0", "phone-invalid"),
        ("+999 123 4567", "phone-invalid"),
    ],
)
def test_what_is_no_number_has_a_reason(text: str, fault: str) -> None:
    assert read_phone(text, "US") == fault


def test_the_country_is_that_of_the_business() -> None:
    assert read_phone("020 7946 0958", "GB") == PhoneRead("+442079460958")
    assert read_phone("020 7946 0958", "US") == "phone-invalid"
    assert is_region("MX")
    assert not is_region("XX")
