"""From the cells of a row to a customer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final, Literal

from common.contracts.jobs import ContactRow
from jobs.domain.imports.issues import Refusal, Remark, RowIssue, kept
from jobs.domain.imports.mappings import ColumnMapping
from jobs.domain.imports.phone_numbers import PhoneRead, read_phone
from jobs.domain.imports.records import Record
from jobs.domain.imports.seen_numbers import SeenNumbers
from jobs.domain.imports.spreadsheets import unguarded

SHORT: Final = 200
"""Characters of a name, an address or an e-mail address that the suite keeps."""
MAX_CELL: Final = 16_384
_PLAIN_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,63}")
_EMAIL: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}")
_WRAPPED_EMAIL: Final = re.compile(r"(?:.*<)?(?:mailto:)?([^<>\s]+)>?")
_BROKEN: Final = re.compile(r"[\ud800-\udfff]")
_BLANKS: Final = re.compile(r"\s+")
_NOTHING: Final = frozenset(
    {"", "-", "--", ".", "n/a", "na", "none", "null", "nil", "#n/a", "ninguno", "ninguna", "unknown"}
)
_LANGUAGES: Final[dict[str, Literal["en", "es"]]] = {
    **dict.fromkeys(("en", "eng", "english", "ingles", "inglés", "inglesa"), "en"),
    **dict.fromkeys(("es", "esp", "spa", "spanish", "español", "espanol", "castellano", "española"), "es"),
}


class ContactReader:
    """Makes customers of records, one after the other; remembers the numbers that it has seen.

    Of rows with the same number the first one counts: it may be on its way already when the next is read.
    """

    def __init__(
        self, mapping: ColumnMapping, *, columns: int, region: str, own_numbers: Collection[str], seen: SeenNumbers
    ) -> None:
        self._phones = mapping.phone
        self._names = mapping.name
        self._company = mapping.company
        self._addresses = mapping.address
        self._email = mapping.email
        self._language = mapping.language
        self._columns = columns
        self._region = region
        self._own_numbers = frozenset(own_numbers)
        self._seen = seen

    def read(self, record: Record) -> tuple[ContactRow | None, RowIssue | None]:
        """The customer, what is wrong, or both (remarks). Neither: the row is blank."""
        line, cells = record.line, record.cells
        if record.fault is not None:
            return None, _refused(line, record.fault, cells)
        row = "".join(cells)
        if not row or row.isspace():
            return None, None
        fault = self._fault_of_row(row, cells)
        if fault is not None:
            return None, _refused(line, fault, cells)
        phone = self._phone(cells)
        if not isinstance(phone, PhoneRead):
            return None, _refused(line, phone, cells)
        if phone.number in self._own_numbers:
            return None, _refused(line, "own-number", cells)
        same_as_line = self._seen.first_line(phone.number, line)
        if same_as_line:
            return None, _refused(line, "duplicate-in-file", cells, same_as_line=same_as_line)
        remarks: list[Remark] = ["extension-dropped"] if phone.extension else []
        contact = ContactRow(
            row=line,
            phone=phone.number,
            name=self._name(cells, remarks),
            address=self._address(cells, remarks),
            email=self._mail(cells, remarks),
            language=self._spoken(cells, remarks),
        )
        if not remarks:
            return contact, None
        return contact, RowIssue(line=line, slugs=tuple(remarks), refused=False, cells=kept(cells))

    def remember(self, record: Record) -> None:
        """As `read`, for the number alone: rebuilds what was seen before the place where an import goes on."""
        if record.fault is None and (row := "".join(record.cells)) and self._fault_of_row(row, record.cells) is None:
            phone = self._phone(record.cells)
            if isinstance(phone, PhoneRead) and phone.number not in self._own_numbers:
                self._seen.first_line(phone.number, record.line)

    def _fault_of_row(self, row: str, cells: Sequence[str]) -> Refusal | None:
        if "\x00" in row:
            return "nul-character"
        if not row.isascii() and _BROKEN.search(row):
            return "wrong-encoding"
        if len(cells) > self._columns and any(cell.strip() for cell in cells[self._columns :]):
            return "too-many-cells"
        if len(row) > MAX_CELL and any(len(cell) > MAX_CELL for cell in cells):
            return "cell-too-long"
        return None

    def _phone(self, cells: Sequence[str]) -> PhoneRead | Refusal:
        fault: Refusal = "phone-missing"
        for place in self._phones:
            cell = cells[place] if place < len(cells) else ""
            if not cell:
                continue
            read = read_phone(cell, self._region)
            if isinstance(read, PhoneRead):
                return read
            fault = fault if read == "phone-missing" else read
        return fault

    def _name(self, cells: Sequence[str], remarks: list[Remark]) -> str:
        text = " ".join(_cleaned(cells, self._names))
        if not text and self._company is not None:
            text = " ".join(_cleaned(cells, (self._company,)))
        if len(text) <= SHORT:
            return text
        remarks.append("name-shortened")
        return text[:SHORT].rstrip()

    def _address(self, cells: Sequence[str], remarks: list[Remark]) -> str:
        text = ", ".join(_cleaned(cells, self._addresses))
        if len(text) <= SHORT:
            return text
        remarks.append("address-shortened")
        return text[:SHORT].rstrip()

    def _mail(self, cells: Sequence[str], remarks: list[Remark]) -> str:
        if self._email is None or self._email >= len(cells) or not cells[self._email]:
            return ""
        raw = cells[self._email].strip()
        if len(raw) <= SHORT and _PLAIN_EMAIL.fullmatch(raw):
            return raw
        text = "".join(_cleaned(cells, (self._email,)))
        if not text:
            return ""
        found = _WRAPPED_EMAIL.fullmatch(text)
        if found is None or len(found[1]) > SHORT or not _EMAIL.fullmatch(found[1]):
            remarks.append("email-unreadable")
            return ""
        return found[1]

    def _spoken(self, cells: Sequence[str], remarks: list[Remark]) -> Literal["en", "es"] | None:
        if self._language is None or self._language >= len(cells) or not cells[self._language]:
            return None
        word = "".join(_cleaned(cells, (self._language,))).casefold()
        if not word:
            return None
        language = _LANGUAGES.get(word) or _LANGUAGES.get(re.split(r"[-_ (]", word, maxsplit=1)[0])
        if language is None:
            remarks.append("language-unknown")
        return language


def _refused(line: int, slug: Refusal, cells: list[str], *, same_as_line: int = 0) -> RowIssue:
    return RowIssue(line=line, slugs=(slug,), refused=True, same_as_line=same_as_line, cells=kept(cells))


def _cleaned(cells: Sequence[str], places: Sequence[int]) -> list[str]:
    """The cells that say something, each on one line and without what can't be seen."""
    texts: list[str] = []
    for place in places:
        if place >= len(cells):
            continue
        cell = cells[place]
        if not cell:
            continue
        text = unguarded(cell)
        if not text.isascii():
            text = "".join(
                sign if sign.isprintable() else _seen_as(sign) for sign in unicodedata.normalize("NFC", text)
            )
        elif not text.isprintable():
            text = "".join(sign if sign.isprintable() else " " for sign in text)
        if "  " in text or not text.isascii():
            text = _BLANKS.sub(" ", text)
        text = text.strip()
        if text and (len(text) > 8 or text.casefold() not in _NOTHING):
            texts.append(text)
    return texts


def _seen_as(sign: str) -> str:
    return "" if unicodedata.category(sign) == "Cf" else " "
