"""What can be wrong with a file or one of its rows: a stable slug each, and words for people in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "es"]

Refusal = Literal[
    "phone-missing",
    "phone-invalid",
    "phone-rounded",
    "duplicate-in-file",
    "unbalanced-quote",
    "cell-too-long",
    "row-too-long",
    "too-many-cells",
    "nul-character",
    "wrong-encoding",
    "own-number",
    "unknown-business",
]
"""Why a row is not imported."""
Remark = Literal["extension-dropped", "email-unreadable", "name-shortened", "address-shortened", "language-unknown"]
"""What of an imported row could not be kept."""
Slug = Refusal | Remark

WORDS: Final[dict[Slug, dict[Language, str]]] = {
    "phone-missing": {
        "en": "The row has no telephone number.",
        "es": "La fila no tiene número de teléfono.",
    },
    "phone-invalid": {
        "en": "This is not a telephone number that can exist.",
        "es": "Este no es un número de teléfono que pueda existir.",
    },
    "phone-rounded": {
        "en": "The spreadsheet has rounded the telephone number (5.12E+09): format the column as text and save again.",
        "es": "La hoja de cálculo redondeó el teléfono (5.12E+09): dé formato de texto a la columna y guarde de nuevo.",
    },
    "duplicate-in-file": {
        "en": "The same telephone number is in an earlier row; the first one counts.",
        "es": "El mismo teléfono está en una fila anterior; cuenta la primera.",
    },
    "unbalanced-quote": {
        "en": "A quotation mark is opened and not closed, or closed in the middle of a cell.",
        "es": "Hay unas comillas que se abren y no se cierran, o que se cierran en medio de una celda.",
    },
    "cell-too-long": {
        "en": "A cell is far too long for a customer's details.",
        "es": "Una celda es demasiado larga para los datos de un cliente.",
    },
    "row-too-long": {
        "en": "The row is far too long.",
        "es": "La fila es demasiado larga.",
    },
    "too-many-cells": {
        "en": "The row has more cells than the header: a separator inside a cell needs quotation marks around the cell.",
        "es": "La fila tiene más celdas que el encabezado: un separador dentro de una celda exige comillas alrededor de ella.",
    },
    "nul-character": {
        "en": "The row holds characters that no text has (NUL): the file is damaged here.",
        "es": "La fila contiene caracteres que ningún texto tiene (NUL): el archivo está dañado aquí.",
    },
    "wrong-encoding": {
        "en": "Letters of this row are in another encoding than those of the file.",
        "es": "Las letras de esta fila están en otra codificación que las del archivo.",
    },
    "own-number": {
        "en": "This is one of your own business numbers.",
        "es": "Este es uno de los números de su propio negocio.",
    },
    "unknown-business": {
        "en": "The business is not known any more.",
        "es": "El negocio ya no se conoce.",
    },
    "extension-dropped": {
        "en": "Imported without the telephone's extension.",
        "es": "Importado sin la extensión del teléfono.",
    },
    "email-unreadable": {
        "en": "Imported without the e-mail address, which is none.",
        "es": "Importado sin el correo electrónico, que no es una dirección.",
    },
    "name-shortened": {
        "en": "Imported with a shortened name.",
        "es": "Importado con el nombre acortado.",
    },
    "address-shortened": {
        "en": "Imported with a shortened address.",
        "es": "Importado con la dirección acortada.",
    },
    "language-unknown": {
        "en": "Imported without the language: only English and Spanish are spoken here.",
        "es": "Importado sin el idioma: aquí solo se habla inglés y español.",
    },
}

MAX_KEPT_CELL: Final = 500
MAX_KEPT_ROW: Final = 4_000
"""Characters of a faulty row that are kept for the error file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowIssue:
    """What is wrong with one row. `slugs`: one refusal, or remarks on a row that is imported all the same."""

    line: int
    """On which the row begins, the file's first line being 1."""
    slugs: tuple[Slug, ...]
    refused: bool
    same_as_line: int = 0
    """Of a duplicate: where the number was first."""
    cells: tuple[str, ...] = ()
    """As they were, shortened where they are very long."""


def words_of(slug: str, language: Language) -> str:
    """The explanation; the slug itself where a later version of the service has named something that this one doesn't know."""
    for known, words in WORDS.items():
        if known == slug:
            return words[language]
    return slug


def kept(cells: list[str]) -> tuple[str, ...]:
    """The cells as they are kept for the error file: at most 500 characters each and 4,000 together."""
    shown: list[str] = []
    left = MAX_KEPT_ROW
    for cell in cells:
        if left <= 0:
            break
        shortened = cell if len(cell) <= min(left, MAX_KEPT_CELL) else cell[: min(left, MAX_KEPT_CELL)] + "…"
        # What a database can't hold, and half of a letter.
        shown.append(shortened.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8"))
        left -= len(shortened)
    return tuple(shown)
