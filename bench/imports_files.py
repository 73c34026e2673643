"""Files of customers for `bench/imports.py`: as people and programs write them, with what is wrong in such files."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from io import TextIOBase
from typing import Final

_FIRST: Final = (
    "Maria",
    "James",
    "José",
    "Linda",
    "Peter",
    "Susan",
    "Ana",
    "Robert",
    "Núria",
    "Michael",
    "Zoë",
    "Carlos",
)
_LAST: Final = ("Gonzalez", "Adams", "Brooks", "Walker", "Núñez", "Smith", "O'Brien", "Pérez", "Lee", "Van der Berg")
_STREETS: Final = (
    "Barton Springs Road",
    "Congress Avenue",
    "Riverside Drive",
    "Oak Street",
    "Calle Peña",
    "Lamar Blvd",
)
_CITIES: Final = ("Austin", "Round Rock", "Pflugerville", "San Marcos", "Kyle")
_AREAS: Final = ("512", "737", "210", "254", "830", "979", "361", "409")
_STYLES: Final = ("({}) {}-{}", "{}-{}-{}", "{}{}{}", "+1 {} {} {}", "1-{}-{}-{}", "{}.{}.{}")
HEADER: Final = (
    "First Name",
    "Last Name",
    "Company",
    "Mobile Phone",
    "Email",
    "Street",
    "City",
    "State",
    "Zip",
    "Notes",
)


@dataclass(kw_only=True)
class Written:
    """What a file holds, and what must become of it."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    faulty: int = 0


def phone_of(number: int) -> tuple[str, str, str]:
    """Area code, exchange and line of the n-th telephone number; they repeat after 64 million."""
    area, rest = _AREAS[number // 8_000_000 % len(_AREAS)], number % 8_000_000
    return area, f"{200 + rest // 10_000}", f"{rest % 10_000:04}"


def write_file(out: TextIOBase, rows: int, *, first: int, seed: int = 1) -> Written:
    """Writes so many rows: of a hundred, two repeat a number, two have none that can exist, one an extension, two line breaks.

    `first` is the first telephone number: files that begin `rows` apart have no number in common.
    """
    rng, writer, written = random.Random(seed), csv.writer(out), Written()  # type: ignore[arg-type]
    writer.writerow(HEADER)
    for number in range(rows):
        area, exchange, line = phone_of(first + number)
        phone = rng.choice(_STYLES).format(area, exchange, line)
        kind = number % 100
        if kind in {11, 61} and number > 100:
            phone = "-".join(phone_of(first + number - 51))
            written.duplicates += 1
        elif kind in {23, 73}:
            phone = rng.choice(("call me", "555-0123", "5.12555E+09", ""))
            written.faulty += 1
        else:
            written.accepted += 1
            phone += " x12" if kind == 37 else ""
        written.rows += 1
        first_name, last_name = rng.choice(_FIRST), rng.choice(_LAST)
        writer.writerow(
            (
                first_name,
                last_name,
                "Acme, Inc." if kind % 9 == 0 else "",
                phone,
                f"{first_name}.{number}@example.com" if kind % 3 else "",
                f"{number % 9_999} {rng.choice(_STREETS)}" + (f", Apt {number % 40}" if kind % 5 == 0 else ""),
                rng.choice(_CITIES),
                "TX",
                f"787{number % 100:02}",
                "called twice\nprefers mornings" if kind in {41, 42} else "",
            )
        )
    return written
