"""Temperatures and ages in a caller's words, as far as they make a trouble urgent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from receptionist.understanding.triage.lexicon import Hit, words_of

_UNITS: Final = {
    word: value
    for value, words in enumerate(
        (
            "zero cero", "one uno un una", "two dos", "three tres", "four cuatro", "five cinco", "six seis", "seven siete",
            "eight ocho", "nine nueve", "ten diez", "eleven once", "twelve doce", "thirteen trece", "fourteen catorce",
            "fifteen quince", "sixteen dieciseis", "seventeen diecisiete", "eighteen dieciocho", "nineteen diecinueve",
        )
    )
    for word in words.split()
}  # fmt: skip
_TENS: Final = {
    word: 10 * (ten + 2)
    for ten, words in enumerate(
        (
            "twenty veinte", "thirty treinta", "forty fourty cuarenta", "fifty cincuenta", "sixty sesenta", "seventy setenta",
            "eighty ochenta", "ninety noventa",
        )
    )
    for word in words.split()
}  # fmt: skip
# Before a temperature: words that alone say so ("it reads forty") ...
_BEFORE_TEMPERATURE: Final = words_of(
    """
    its says say reads reading hit hits below negative minus hace esta estamos marca
    """
)
# ... and words that stand before an hour or a price as well, which need one of the others before them.
_LOOSELY_BEFORE: Final = words_of(
    """
    is was be at to a like around about down only already near over under
    """
)
_BEFORE_LOOSE: Final = words_of(
    """
    its is was be been house room place apartment bedroom upstairs thermostat thermostats temperature houses places temp outside inside it
    sitting feels stuck dropped drop dropping fell fall falling down get gets getting got go going went reads to supposed
    cold heat air degrees hace esta estamos marca
    """
)
_AFTER_TEMPERATURE: Final = words_of(
    """
    degrees degree inside outside below grados adentro afuera
    """
)
_LOOSELY_AFTER: Final = words_of("in out tonight here")
_CLOCK: Final = words_of("the morning afternoon evening en la manana tarde am pm")
_NO_TEMPERATURE: Final = words_of(
    """
    oclock dollars bucks percent year years yr week weeks month months day days hour hours minutes
    minute am pm amp amps gallon gallons feet foot square inch inches old anos meses semanas dias horas
    pesos dolares thirty fifteen kids people apartments units floor floors times more of other toilets
    bathrooms outlets lights vents
    """
)
_READS: Final = words_of(
    """
    says say reads reading hit hits to read said shows showing marca dice
    """
)
_OLD: Final = 68
_COLD: Final = 57
_HOT: Final = 88
_HOT_C: Final = 36


def _numbers(words: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """(value, first word, word after the last), English and Spanish words or digits."""
    at = 0
    while at < len(words):
        word = words[at]
        start = at
        value = -1
        if word.isdigit() and len(word) <= 3:
            value = int(word)
        elif word in _TENS:
            value = _TENS[word]
            rest = at + 2 if at + 1 < len(words) and words[at + 1] == "y" else at + 1
            if rest < len(words) and 0 < _UNITS.get(words[rest], 0) < 10:
                value += _UNITS[words[rest]]
                at = rest
        elif word == "one" and at + 1 < len(words) and words[at + 1] in _TENS and start and words[start - 1] in _READS:
            value = 100 + _TENS[words[at + 1]]
            at += 1
        elif word in ("hundred", "cien", "ciento"):
            value = 100
            start -= at > 0 and words[at - 1] == "a"
            at += 2 if at + 2 < len(words) and words[at + 1] == "and" and words[at + 2] in _UNITS else 0
        elif word in _UNITS and word not in ("one", "un", "una", "uno", "once"):
            value = _UNITS[word]
        at += 1
        if value >= 0:
            yield value, start, at


def find(words: Sequence[str]) -> list[Hit]:
    """`age` for people of 68 and over; `low` and `high` for what may be temperatures of cold and of great heat."""
    hits: list[Hit] = []
    for value, start, end in _numbers(words):
        before = words[start - 1] if start else ""
        after = words[end] if end < len(words) else ""
        if _OLD <= value <= 105 and (
            after in ("year", "years", "anos", "and")
            or (after == "" and before in ("is", "shes", "hes", "im", "moms", "dads", "mothers", "fathers"))
            or before
            in (
                "im",
                "shes",
                "hes",
                "grandmas",
                "grandpas",
                "moms",
                "dads",
                "mothers",
                "fathers",
                "hubbys",
                "wifes",
                "husbands",
                "tengo",
                "tiene",
            )
        ):
            hits.append(Hit("age", start, end))
        if after in _NO_TEMPERATURE:
            continue
        near = before in _BEFORE_TEMPERATURE or after in _AFTER_TEMPERATURE
        if not near and before in _LOOSELY_BEFORE:
            near = start > 1 and words[start - 2] in _BEFORE_LOOSE
        if not near and after in _LOOSELY_AFTER:
            near = before in _LOOSELY_BEFORE and (end + 1 == len(words) or words[end + 1] not in _CLOCK)
        if value <= _COLD and near:
            hits.append(Hit("low", start, end))
        if (value >= _HOT and near) or (value >= _HOT_C and after == "grados"):
            hits.append(Hit("high", start, end))
    return hits
