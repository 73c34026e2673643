"""What the receptionist says, English and Spanish, for the ear and for the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from receptionist.phrasing import en, es
from receptionist.phrasing.book import PhraseBook
from receptionist.understanding.text import Lang

BOOKS: Final[Mapping[Lang, PhraseBook]] = {"en": en.BOOK, "es": es.BOOK}


def phrase(lang: Lang, key: str, /, *, written: bool = False, **values: str) -> str:
    """A phrase with its places filled. `written` prefers the form for the eye. Raises `KeyError` for an unknown key.

    Values are put in as they are: braces in a name are no places.
    """
    book = BOOKS[lang]
    template = book.phrases.get(f"{key}.text") if written else None
    if template is None:
        template = book.phrases[key]
    if "{" not in template:
        return template
    text = book.polish(template.format_map(values))
    return text[:1].upper() + text[1:] if template.startswith("{") else text
