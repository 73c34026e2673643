from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imports_samples import plan_of, portions_of

from common.contracts.codec import encode
from common.contracts.jobs import ContactRow, ImportContacts
from jobs.domain.imports.contacts import ContactReader
from jobs.domain.imports.issues import WORDS, RowIssue, words_of
from jobs.domain.imports.mappings import ColumnMapping
from jobs.domain.imports.records import Record
from jobs.domain.imports.seen_numbers import SeenNumbers

MAPPING = ColumnMapping(phone=(1, 2), name=(0,), company=3, address=(4, 5), email=6, language=7)
WIDTH = 8
_NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def read(*cells: str, seen: SeenNumbers | None = None, line: int = 2) -> tuple[ContactRow | None, RowIssue | None]:
    reader = ContactReader(
        MAPPING, columns=WIDTH, region="US", own_numbers=["+15125550100"], seen=SeenNumbers() if seen is None else seen
    )
    return reader.read(Record(line, 0, line + 1, list(cells), None))


def test_a_row_becomes_a_customer() -> None:
    contact, issue = read(
        " Ann  Lee ", "(512) 555-0123", "", "Acme", "12 Oak St", "Austin", "Ann@Example.com", "Español"
    )
    assert issue is None
    assert contact == ContactRow(
        row=2, phone="+15125550123", name="Ann Lee", address="12 Oak St, Austin", email="Ann@Example.com", language="es"
    )


def test_the_second_number_and_the_company_stand_in() -> None:
    contact, _ = read("", "n/a", "512-555-0123", "Acme")
    assert contact is not None
    assert (contact.phone, contact.name) == ("+15125550123", "Acme")


def test_a_short_row_is_a_row_without_its_last_cells() -> None:
    contact, issue = read("Ann", "5125550123")
    assert contact == ContactRow(row=2, phone="+15125550123", name="Ann")
    assert issue is None


@pytest.mark.parametrize(
    ("cells", "slug"),
    [
        (("Ann",), "phone-missing"),
        (("Ann", "", ""), "phone-missing"),
        (("Ann", "123"), "phone-invalid"),
        (("Ann", "5.12E+09"), "phone-rounded"),
        (("Ann", "512-555-0100"), "own-number"),
        (("Ann\x00", "5125550123"), "nul-character"),
        (("Jos\udce9", "5125550123"), "wrong-encoding"),
        (("Ann", "5125550123", "", "", "", "", "", "", "too", "many"), "too-many-cells"),
        (("A" * 20_000, "5125550123"), "cell-too-long"),
    ],
)
def test_a_row_that_can_not_be_kept_has_one_reason(cells: tuple[str, ...], slug: str) -> None:
    contact, issue = read(*cells)
    assert contact is None
    assert issue is not None
    assert (issue.slugs, issue.refused, issue.line) == ((slug,), True, 2)
    assert len(issue.cells) == len(cells)
    "".join(issue.cells).encode()
    assert "\x00" not in "".join(issue.cells)
    assert len("".join(issue.cells)) < 5_000


def test_empty_cells_beyond_the_header_are_nothing() -> None:
    contact, issue = read("Ann", "5125550123", "", "", "", "", "", "", "", " ")
    assert contact is not None
    assert issue is None


def test_a_blank_row_is_nothing() -> None:
    assert read("", " ", "\t") == (None, None)
    assert read() == (None, None)


def test_of_two_rows_with_a_number_the_first_counts() -> None:
    seen = SeenNumbers()
    assert read("Ann", "5125550123", seen=seen)[0] is not None
    contact, issue = read("Ann Lee", "+1 512 555 0123", seen=seen, line=9)
    assert contact is None
    assert issue is not None
    assert (issue.slugs, issue.same_as_line) == (("duplicate-in-file",), 2)


@pytest.mark.parametrize(
    ("email", "kept"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("josé@correo.example", "josé@correo.example"),
        ("ana@niño.example", "ana@niño.example"),
        ("none", ""),
    ],
)
def test_an_address_is_found_in_its_wrapping(email: str, kept: str) -> None:
    contact, issue = read("Ann", "5125550123", "", "", "", "", email)
    assert contact is not None
    assert contact.email == kept
    assert issue is None


@pytest.mark.parametrize(
    "email", ["ann", "ann@", "ann@x", "a b@example.com", "a@b@example.com", "x" * 300 + "@example.com"]
)
def test_an_address_that_is_none_is_left_out_and_told(email: str) -> None:
    contact, issue = read("Ann", "5125550123", "", "", "", "", email)
    assert contact is not None
    assert contact.email == ""
    assert issue is not None
    assert (issue.slugs, issue.refused) == (("email-unreadable",), False)


def test_what_could_not_be_kept_of_a_row_is_told() -> None:
    contact, issue = read("N" * 300, "512-555-0123 x9", "", "", "A" * 300, "", "no", "Klingon")
    assert contact is not None
    assert (len(contact.name), len(contact.address)) == (200, 200)
    assert issue is not None
    assert set(issue.slugs) == {
        "extension-dropped",
        "name-shortened",
        "address-shortened",
        "email-unreadable",
        "language-unknown",
    }


@pytest.mark.parametrize(
    ("word", "language"),
    [("en", "en"), ("English", "en"), ("en-US", "en"), ("SPANISH", "es"), ("es_MX", "es"), ("español (México)", "es")],
)
def test_languages_are_known_by_many_names(word: str, language: str) -> None:
    contact, _ = read("Ann", "5125550123", "", "", "", "", "", word)
    assert contact is not None
    assert contact.language == language


def test_text_is_one_line_without_what_can_not_be_seen() -> None:
    contact, _ = read("\u200bJose\u0301\n Ru\u00a0iz\u202e", "5125550123", "", "", "'=1+1")
    assert contact is not None
    assert contact.name == "José Ru iz"
    assert contact.address == "=1+1"


def test_every_reason_has_words_in_both_languages() -> None:
    for slug, words in WORDS.items():
        assert words["en"] != words["es"]
        assert words_of(slug, "es") == words["es"]
    assert words_of("from-the-future", "en") == "from-the-future"


def _file(rows: int) -> bytes:
    lines = ["Name,Phone,Address"]
    for number in range(rows):
        name = "Añn" * (number % 67) if number % 11 == 0 else f'"Ann, ""{number}"""'
        phone = "123" if number % 7 == 0 else f"512-555-{number % 2_500:04}"
        lines.append(f"{name},{phone},{number} Oak St")
        if number % 13 == 0:
            lines.append("")
        if number % 29 == 0:
            lines.append('"open')
    return "\r\n".join(lines).encode()


def test_portions_hold_all_rows_once_and_fit_the_bus() -> None:
    data = _file(4_000)
    portions = portions_of(data, plan_of(data))
    contacts = [contact for portion in portions for contact in portion.contacts]
    issues = [issue for portion in portions for issue in portion.issues]
    tally = sum((portion.tally for portion in portions[1:]), portions[0].tally)
    assert len({contact.phone for contact in contacts}) == len(contacts) == tally.accepted
    assert len(issues) == tally.refused + tally.remarks
    assert tally.rows == tally.accepted + tally.refused == 4_000 + 138
    assert portions[-1].end.offset == len(data)
    lines = sorted([contact.row for contact in contacts] + [issue.line for issue in issues if issue.refused])
    assert lines == sorted(set(lines))
    numbers = [portion.begin.batch for portion in portions if portion.contacts]
    assert numbers == list(range(len(numbers)))
    for portion in portions:
        batch = ImportContacts(import_id="i" * 36, batch=portion.begin.batch, rows=portion.contacts)
        encode(batch, event_id="e", source="jobs", time=_NOW, subject="s", tenant="t")


def test_a_batch_of_the_largest_rows_fits_the_bus() -> None:
    row = f"{'漢' * 300},PHONE,{'😀' * 300},{'é' * 60}@{'ñ' * 60}.example\r\n"
    data = "Name,Phone,Address,Email\r\n" + "".join(row.replace("PHONE", f"512555{n:04}") for n in range(700))
    portions = portions_of(data.encode(), plan_of(data.encode()))
    assert sum(len(portion.contacts) for portion in portions) == 700
    for portion in portions:
        batch = ImportContacts(import_id="i" * 36, batch=portion.begin.batch, rows=portion.contacts)
        encode(batch, event_id="e", source="jobs", time=_NOW, subject="s", tenant="t")


@settings(deadline=None, max_examples=25)
@given(chosen=st.integers(0, 100), piece=st.integers(100, 30_000))
def test_whoever_goes_on_behind_a_portion_reads_the_same_portions(chosen: int, piece: int) -> None:
    place = _PORTIONS[chosen % (len(_PORTIONS) - 1)].end
    again = portions_of(_DATA, _PLAN, after=place, piece=piece)
    assert again == _PORTIONS[chosen % (len(_PORTIONS) - 1) + 1 :]


_DATA = _file(4_000)
_PLAN = plan_of(_DATA)
_PORTIONS = portions_of(_DATA, _PLAN)
