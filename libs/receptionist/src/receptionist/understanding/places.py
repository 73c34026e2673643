"""Street addresses as callers say them, in English and Spanish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from receptionist.understanding.house_numbers import HouseNumber, bare_ordinal_at, house_number_at, unit_number_at
from receptionist.understanding.lookup import word_set
from receptionist.understanding.numbers import NUMBER_WORDS, ORDINAL_WORDS, digits_at, is_figure
from receptionist.understanding.streets import spanish_address_at, street_after
from receptionist.understanding.text import Lang, Utterance
from receptionist.understanding.word_spans import Span, is_taken_back

_UNITS: Final = word_set(
    "apartment apt unit suite ste lot trailer building bldg room # departamento depto apartamento apto interior int local "
    "edificio"
)
_BEFORE_UNIT: Final = word_set(", . and its in the is that number")
_UNIT_SIGNS: Final = word_set("number numero # no is es")
_CUES: Final = word_set(
    "address addresss live lives living located house home place property job visit appointment come go send office direccion "
    "vivo vive vivimos casa domicilio queda cita visita ubicado"
)
_CUE_PAIRS: Final = frozenset(
    {("im", "at"), ("were", "at"), ("am", "at"), ("are", "at"), ("hes", "at"), ("shes", "at"), ("out", "at")}
    | {("over", "at"), ("here", "at"), ("down", "at"), ("out", "to"), ("over", "to"), ("theyre", "at"), ("mat", "at")}
    | {("estoy", "en"), ("estamos", "en"), ("en", "el"), ("en", "la"), ("up", "at"), ("is", "at"), ("it", "at")}
)
_BEFORE_TIMES: Final = word_set("at around about by after before from til till until las la")
_NOT_HOUSES: Final = word_set(
    "$ : code model serial zip exit line error part channel phase size account order invoice extension ext model room "
    "apartment apt unit suite highway hwy route interstate codigo modelo pieza factura"
)
_AFTER_OTHER_NUMBERS: Final = word_set("% : / dollars dollar bucks percent am pm oclock")
_THEIRS: Final = word_set("your yall yalls su sus")
_THEIR_PLACES: Final = word_set("shop store office building location business oficina tienda local negocio")
_DE: Final = word_set("de del la en el sobre")
_ZIP_WORDS: Final = word_set("zip zips zipcode postal")
_LETTERS: Final = word_set("a b c d f g h")
"""A letter of the house number; e, n, s and w are directions."""
_LOOK_BACK: Final = 5
_ASKED: Final = ("address", "street", "direcci", "domicilio", "calle")
"""A prompt that holds one of these asks for the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the work is. `text` in lower case with figures (`3015 lakeview drive apartment 210`), without city and zip."""

    text: str
    span: Span
    zip: str | None = None
    """Five digits, where the caller said them."""


class _Found(NamedTuple):
    number: str
    rest: str
    spanish: bool
    first: int
    last: int
    unit: str = ""

    @property
    def text(self) -> str:
        words = (self.rest, self.number, self.unit) if self.spanish else (self.number, self.rest, self.unit)
        return " ".join(word for word in words if word)


def find_address(
    heard: Utterance, *, lang: Lang, exclude: Sequence[Span] = (), prompt: str | None = None
) -> Address | None:
    """The street address of the visit, or None: a house number and a street, with the flat or floor where said.

    `exclude` holds the words that belong to something else, such as a phone number. After a `prompt` that asks for
    the address a bare `48 dunmore` is believed. An address that is corrected in the same breath counts as corrected.
    """
    asked = prompt is not None and any(word in prompt.lower() for word in _ASKED)
    chosen: _Found | None = None
    for found in _addresses(heard, lang, exclude, asked=asked):
        if chosen is None:
            chosen = found
        elif is_taken_back(heard.norms, chosen.last, found.first):
            unit = found.unit or chosen.unit
            chosen = (
                found._replace(first=chosen.first, unit=unit)
                if found.rest
                else chosen._replace(number=found.number, last=found.last)
            )
    if chosen is None:
        return None
    address = Address(text=chosen.text, span=Span(chosen.first, chosen.last))
    return replace(address, zip=find_zip(heard, after=chosen.last, exclude=exclude))


def find_zip(heard: Utterance, *, after: int = 0, exclude: Sequence[Span] = ()) -> str | None:
    """The five digits after `zip code` or `código postal`, or None; after an address also bare ones (`span.last`)."""
    norms = heard.norms
    for at in range(after, len(norms)):
        if norms[at] in _ZIP_WORDS:
            for start in range(at + 1, min(at + 4, len(norms))):
                digits = digits_at(norms, start)
                if digits is not None and len(digits[0]) == 5:
                    return digits[0]
                number = house_number_at(norms, start, "en", len(norms)) or house_number_at(
                    norms, start, "es", len(norms)
                )
                if number is not None:
                    return number.text if len(number.text) == 5 and number.text.isdigit() else None
    if after:
        for at in range(after, min(after + 5, len(norms))):
            if (
                is_figure(norms[at])
                and len(norms[at]) == 5
                and not any(span.first <= at < span.last for span in exclude)
            ):
                return norms[at]
    return None


def _addresses(heard: Utterance, lang: Lang, exclude: Sequence[Span], *, asked: bool) -> Iterator[_Found]:
    """Addresses in the order in which they are said; each word is the start of at most one attempt."""
    norms, count = heard.norms, len(heard.norms)
    taken = sorted(exclude)
    at, previous, pending_unit = 0, None, ""
    while at < count:
        if norms[at] not in _OPENERS and not norms[at][:1].isdigit():
            at += 1
            continue
        while taken and taken[0].last <= at:
            taken.pop(0)
        if taken and taken[0].first <= at:
            at = taken[0].last
            continue
        limit = taken[0].first if taken else count
        unit = _unit_at(heard, at, lang, limit)
        if unit is not None:
            pending_unit, at = unit[0], unit[1]
            continue
        if not _may_start(norms, at):
            at += 1
            continue
        found = _address_at(heard, at, lang, limit, asked=asked)
        if found is None and previous is not None and is_taken_back(norms, previous.last, at):
            number = house_number_at(norms, at, lang, limit)
            if number is not None:
                found = _Found(number.text, "", previous.spanish, at, number.last)
        if found is None:
            at = _past_number(norms, at, lang, limit)
            continue
        if pending_unit and not found.unit:
            found = found._replace(unit=pending_unit)
        yield found
        previous, at = found, found.last


def _may_start(norms: Sequence[str], at: int) -> bool:
    word = norms[at]
    if word == "a":
        return norms[at + 1 : at + 2] in (("hundred",), ("thousand",))
    return word in NUMBER_WORDS or word[:1].isdigit() or word in _SPANISH_STARTS


_SPANISH_STARTS: Final = word_set(
    "calle avenida av ave boulevard bulevar blvd calzada callejon prolongacion camino carretera cerrada privada paseo via "
    "retorno andador pasaje glorieta rinconada"
)
_OPENERS: Final = _UNITS | NUMBER_WORDS | ORDINAL_WORDS | _SPANISH_STARTS | {"floor", "piso", "a"}
"""Nothing of an address begins with another word, but for figures."""


def _past_number(norms: Sequence[str], at: int, lang: Lang, limit: int) -> int:
    ordinal = bare_ordinal_at(norms, at, lang)
    if ordinal is not None:
        return at + ordinal[1]
    number = house_number_at(norms, at, lang, limit)
    if number is not None:
        return number.last
    at += 1
    while at < limit and (norms[at] in NUMBER_WORDS or is_figure(norms[at])):
        at += 1
    return at


def _address_at(heard: Utterance, at: int, lang: Lang, limit: int, *, asked: bool) -> _Found | None:
    norms = heard.norms
    if norms[at] in _SPANISH_STARTS:
        spanish = spanish_address_at(heard, at, lang, limit)
        if spanish is None or spanish.weak or _is_theirs(norms, at):
            return None
        return _with_unit(
            heard,
            _Found(spanish.number.text, spanish.street, spanish=True, first=at, last=spanish.number.last),
            lang,
            limit,
        )
    if bare_ordinal_at(norms, at, lang) is not None and not is_figure(norms[at]):
        return None
    number = house_number_at(norms, at, lang, limit)
    if number is None or not _is_house(norms, at, number, limit):
        return None
    start = number.last
    half = norms[start : start + 3] == ("and", "a", "half")
    start += 3 if half else 0
    while lang == "es" and start < limit and norms[start] in _DE and start - number.last < 3:
        start += 1
    letter = norms[start] if start + 1 < limit and norms[start] in _LETTERS else ""
    street = street_after(heard, start + len(letter), lang, limit)
    if street is None or (letter and street.evidence not in {"typed", "directed"}):
        return None
    cued = asked or _is_cued(norms, at)
    match street.evidence:
        case "typed":
            believed = True
        case "weakly typed":
            believed = cued or number.said != "plain" or len(number.text) > 1
        case "directed":
            believed = cued or number.said != "plain" or len(number.text) > 2
        case "named":
            believed = cued or len(number.text) > 2
        case "everyday":
            believed = cued or (len(number.text) > 2 and not _is_time(norms, at, number))
        case "unknown":
            grouped = len(number.text) > 2 and number.said != "plain" and not _is_time(norms, at, number)
            believed = grouped or (cued and len(number.text) > 1)
    if not believed or _is_theirs(norms, at):
        return None
    text = f"{number.text} 1/2" if half else number.text + letter
    return _with_unit(heard, _Found(text, street.text, spanish=False, first=at, last=street.last), lang, limit)


def _is_house(norms: Sequence[str], at: int, number: HouseNumber, limit: int) -> bool:
    if number.last >= limit or norms[number.last] in _AFTER_OTHER_NUMBERS:
        return False
    before = norms[at - 1] if at else ""
    if before in {"number", "numero"} and at > 1:
        before = norms[at - 2]
    if before in {"is", "es"} and at > 1 and norms[at - 2] in _NOT_HOUSES:
        return False
    return before not in _NOT_HOUSES


def _is_cued(norms: Sequence[str], at: int) -> bool:
    """Whether the words before say that a place comes."""
    if at and norms[at - 1] in {"number", "numero", "#"}:
        at -= 1
    if at >= 2 and (norms[at - 2], norms[at - 1]) in _CUE_PAIRS:
        return True
    return any(word in _CUES for word in norms[max(0, at - _LOOK_BACK) : at])


def _is_time(norms: Sequence[str], at: int, number: HouseNumber) -> bool:
    """Whether `at four fifteen` is as likely a time of day."""
    if at == 0 or norms[at - 1] not in _BEFORE_TIMES or not number.text.isdigit():
        return False
    hour, minute = divmod(int(number.text), 100)
    return 1 <= hour <= 12 and minute < 60


def _is_theirs(norms: Sequence[str], at: int) -> bool:
    """Whether the caller speaks of the business's own place: `are you still at`, `your shop at`."""
    before = norms[max(0, at - _LOOK_BACK) : at]
    if any(word in _THEIRS for word in before) and any(word in _THEIR_PLACES for word in before):
        return True
    return (
        len(before) > 1
        and before[-1] == "at"
        and ("are", "you") in {tuple(before[i : i + 2]) for i in range(len(before))}
    )


def _with_unit(heard: Utterance, found: _Found, lang: Lang, limit: int) -> _Found:
    norms = heard.norms
    units: list[str] = []
    at = last = found.last
    while at < limit and at - last < 3 and len(units) < 2:
        unit = _unit_at(heard, at, lang, limit)
        if unit is None and at == last and norms[at] in {"number", "numero"}:
            number = unit_number_at(norms, at + 1, lang, limit)
            unit = None if number is None else (f"{heard.tokens[at].text.lower()} {number[0]}", number[1])
        if unit is not None:
            units.append(unit[0])
            at = last = unit[1]
        elif norms[at] in _BEFORE_UNIT:
            at += 1
        else:
            break
    return found._replace(unit=" ".join(units), last=last)


def _unit_at(heard: Utterance, at: int, lang: Lang, limit: int) -> tuple[str, int] | None:
    """`apartment 210`, `second floor`, `departamento 4` at word `at`, as (text, end)."""
    norms = heard.norms
    word = norms[at]
    if word in {"floor", "piso"}:
        number = unit_number_at(norms, at + 1, lang, limit)
        return None if number is None else (f"{word} {number[0]}", number[1])
    if word in _UNITS:
        start = at + 1
        while start < min(limit, at + 3) and (norms[start] in _UNIT_SIGNS or norms[start] == "."):
            start += 1
        number = unit_number_at(norms, start, lang, limit)
        return None if number is None else (f"{heard.tokens[at].text.lower()} {number[0]}", number[1])
    ordinal = bare_ordinal_at(norms, at, lang)
    if ordinal is not None and at + ordinal[1] < limit and norms[at + ordinal[1]] in {"floor", "piso"}:
        end = at + ordinal[1] + 1
        return heard.span(at, end).lower(), end
    return None
