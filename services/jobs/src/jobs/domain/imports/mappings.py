"""Which column of a file holds what: as the owner says, or guessed from headers and contents."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from common.errors import SuiteError
from jobs.domain.imports.headers import Field, field_of, phone_rank
from jobs.domain.imports.phone_numbers import PhoneRead, read_phone

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ENOUGH: Final = 0.6
"""The share of a column's cells that must look like something for the column to be taken for it."""
_ADDRESS_ORDER: Final[tuple[Field, ...]] = ("street", "street_2", "city", "state", "zip")
_DIGIT: Final = re.compile(r"[0-9]")
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")


class MappingRefused(SuiteError):
    """This choice of columns can't be used."""

    slug: ClassVar[str] = "mapping-refused"
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """Columns by their place, counted from 0.

    `phone`: the first one with a number that can exist counts. `name` is joined by blanks, `address` by commas; `company` stands
    in where there is no name.
    """

    phone: tuple[int, ...]
    name: tuple[int, ...] = ()
    company: int | None = None
    address: tuple[int, ...] = ()
    email: int | None = None
    language: int | None = None

    def checked(self, columns: int) -> ColumnMapping:
        """Itself. Raises `MappingRefused` where a column is not there, or no column has the telephone number."""
        single = [place for place in (self.company, self.email, self.language) if place is not None]
        for place in (*self.phone, *self.name, *self.address, *single):
            if not 0 <= place < columns:
                raise MappingRefused(f"column {place} is not there: the file has {columns}, counted from 0")
        if not self.phone:
            raise MappingRefused("one column must have the telephone number")
        return self


def guess_mapping(headers: Sequence[str] | None, rows: Sequence[Sequence[str]], *, region: str) -> ColumnMapping:
    """What the headers say, and what the contents look like where they don't. Without a column of numbers `phone` is empty."""
    width = max((len(row) for row in (*rows, headers or ())), default=0)
    fields: list[Field | None] = [field_of(header) for header in headers or ()]
    fields += [None] * (width - len(fields))
    columns = [
        [row[place].strip() for row in rows if place < len(row) and row[place].strip()] for place in range(width)
    ]
    looks = _Looks(columns, region=region)
    named = list(_places(fields, "phone"))
    if headers is not None:
        named.sort(key=lambda place: phone_rank(headers[place]))
    phones = [place for place in named if not looks.hardly_phones(place)]
    free = [place for place, field in enumerate(fields) if field is None]
    if not phones:
        phones = [place for place in free if looks.phones(place)][:3] or named
    free = [place for place in free if place not in phones]
    email = _first(fields, "email")
    if email is None:
        email = next((place for place in free if looks.emails(place)), None)
    first_names = _places(fields, "first_name")
    names = _places(fields, "name")
    if not names or not first_names:
        # "Nombre" beside "Apellidos" is the first name alone.
        names = (*(names or first_names), *_places(fields, "last_name"))
    address = _places(fields, "address") or tuple(
        place for field in _ADDRESS_ORDER for place in _places(fields, field)[:1]
    )
    if fields and "address" in fields:
        # "Address" beside "City" is the street alone.
        address += tuple(place for field in _ADDRESS_ORDER[1:] for place in _places(fields, field)[:1])
    company = _first(fields, "company")
    free = [place for place in free if place != email]
    if headers is None or not any(fields):
        names = names or tuple(place for place in free if looks.names(place))[:1]
        address = address or tuple(place for place in free if looks.addresses(place))[:1]
    return ColumnMapping(
        phone=tuple(phones),
        name=names,
        company=company,
        address=address,
        email=email,
        language=_first(fields, "language"),
    )


def has_header(first: Sequence[str], rows: Sequence[Sequence[str]], *, region: str) -> bool:
    """Whether a file's first row names its columns rather than a customer."""
    if any(field_of(cell) is not None for cell in first):
        return True
    if any(_is_phone(cell, region) or _EMAIL.fullmatch(cell.strip()) for cell in first):
        return False
    # Nothing in it is a customer's: it is a header when the rows below are customers'.
    return any(_is_phone(cell, region) for row in rows for cell in row)


class _Looks:
    """What the cells of a column look like."""

    def __init__(self, columns: Sequence[Sequence[str]], *, region: str) -> None:
        self._columns = columns
        self._region = region

    def phones(self, place: int) -> bool:
        return self._share(place, lambda cell: _is_phone(cell, self._region)) >= _ENOUGH

    def hardly_phones(self, place: int) -> bool:
        """Full, and hardly a number in it: a column "Number" of house numbers, or of customers'."""
        column = self._columns[place]
        return len(column) >= 3 and self._share(place, lambda cell: sum(sign.isdigit() for sign in cell) >= 7) < 0.2

    def emails(self, place: int) -> bool:
        return self._share(place, lambda cell: _EMAIL.fullmatch(cell) is not None) >= _ENOUGH

    def names(self, place: int) -> bool:
        return self._share(place, lambda cell: _LETTERS.search(cell) is not None and not _DIGIT.search(cell)) >= _ENOUGH

    def addresses(self, place: int) -> bool:
        return self._share(place, lambda cell: bool(_LETTERS.search(cell) and _DIGIT.search(cell))) >= _ENOUGH

    def _share(self, place: int, looks: Callable[[str], bool]) -> float:
        column = self._columns[place]
        return sum(looks(cell) for cell in column) / len(column) if column else 0.0


def _is_phone(cell: str, region: str) -> bool:
    return sum(sign.isdigit() for sign in cell) >= 7 and isinstance(read_phone(cell, region), PhoneRead)


def _places(fields: Sequence[Field | None], wanted: Field) -> tuple[int, ...]:
    return tuple(place for place, field in enumerate(fields) if field == wanted)


def _first(fields: Sequence[Field | None], wanted: Field) -> int | None:
    return next(iter(_places(fields, wanted)), None)
