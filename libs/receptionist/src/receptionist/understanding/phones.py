"""Phone numbers as people dictate them, in English and Spanish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import phonenumbers

from receptionist.understanding.lookup import word_set
from receptionist.understanding.numbers import NUMBER_WORDS, is_figure, number_at
from receptionist.understanding.text import Utterance
from receptionist.understanding.word_spans import Span, is_taken_back

_VALUES: Final = {
    word: found[0] for word in NUMBER_WORDS - {"un", "una"} if (found := number_at((word,), 0)) is not None
}
_SPANISH: Final = frozenset(word for word in _VALUES if number_at((word,), 0, "en") is None)
_NOUGHT: Final = frozenset({"oh", "o"})
_TIMES: Final = {"double": 2, "triple": 3, "doble": 2}
_SCALES: Final = {"hundred": "00", "thousand": "000", "mil": "000"}
_HOMOPHONES: Final = {"for": "4", "to": "2", "too": "2", "ate": "8", "won": "1"}

_TIGHT: Final = frozenset(["-", "(", ")", ".", ",", "/", "uh", "um", "er", "eh", "dash", "hyphen", "guion", "space", "este"])
"""What may stand between two digits of one group."""
_LOOSE: Final = word_set(
    "and then the number numbers is its that thats area code y luego despues el es numero lada en ext"
)
"""What may stand between the groups of one number: `area code six one five, and then ...`."""
_LONGEST_GAP: Final = 4

_PHONE_WORDS: Final = word_set(
    "phone cell mobile number numbers call reach text ring dial telefono numero celular marque marqueme llame llameme cel "
    "tel at al hablar callback contact"
)
_OTHER_NUMBERS: Final = word_set(
    "account confirmation order invoice permit license serial model claim policy tracking member ticket routing social card "
    "case cuenta folio pedido factura licencia serie modelo tarjeta contrato reference referencia"
)
_UNIT_WORDS: Final = word_set(
    "apartment apt unit suite ste zip code postal lot space room number street road lane avenue drive highway route "
    "departamento depto interior apartamento calle codigo casa numero"
)
_TIMED: Final = (("at",), ("around",), ("by",), ("las",))
_OTHERS_NUMBER: Final = word_set(
    "old wrong dialing dialed dialled reaching used isnt disconnected viejo anterior"
)
_BETTER: Final = word_set(
    "use instead better best rather mejor now ahora"
)
_LOOK_BACK: Final = 6
_COUNTING: Final = "123456789"
"""Somebody tries the line, or counts for a child."""
_MAX_CHECKS: Final = 4
"""The phonenumbers package is asked about so many candidates of one utterance at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number that can be called back, in E.164, and the words that said it."""

    e164: str
    span: Span


class _Group(NamedTuple):
    digits: str
    first: int
    last: int


class _Run(NamedTuple):
    """Numbers in one breath; `plus` where an international number was announced."""

    first: int
    last: int
    plus: bool


class _Candidate(NamedTuple):
    digits: str
    span: Span
    plus: bool = False


def find_phone(heard: Utterance, *, region: str = "US", area_code: str | None = None) -> Phone | None:
    """The number at which the caller can be reached, or None.

    Digits may be spoken in either language, one by one, in pairs and hundreds, doubled, written, or mixed; a
    correction ("no wait it's ... 0137") replaces the digits that it names. Seven digits alone count only where
    `area_code` (of the business) is given. `region` (ISO 3166) reads numbers without a country code. Zip codes, prices,
    house numbers, and account or card numbers are no phone numbers; neither is one that is called old or wrong.
    """
    norms = heard.norms
    runs = tuple(_runs(norms))
    if not runs:
        return None
    candidates = _candidates(norms, runs, region, area_code)
    chosen = _choose(norms, candidates)
    return chosen if chosen is None else _checked(chosen, region, area_code)


def _starts(norms: Sequence[str], at: int) -> bool:
    word = norms[at]
    if is_figure(word) or (word in _VALUES):
        return True
    following = norms[at + 1] if at + 1 < len(norms) else ""
    return (word in _TIMES or word in _NOUGHT) and (is_figure(following) or following in _VALUES or following in _NOUGHT)


def _runs(norms: Sequence[str]) -> Iterator[_Run]:
    at, count = 0, len(norms)
    while at < count:
        if not _starts(norms, at):
            at += 1
            continue
        first = at
        at = last = _element_end(norms, at)
        while at < count:
            if _continues(norms, at):
                at = last = _element_end(norms, at)
            elif norms[at] in _TIGHT and at - last < _LONGEST_GAP:
                at += 1
            else:
                break
        plus = first > 0 and norms[first - 1] in {"+", "plus", "mas"}
        yield _Run(first, last, plus)
        at = max(at, last)


def _continues(norms: Sequence[str], at: int) -> bool:
    word = norms[at]
    if word in _NOUGHT:
        # The Spanish o between two numbers is an or.
        return word == "oh" or norms[at - 1] not in _SPANISH
    if word in _HOMOPHONES:
        return norms[at - 1] in _VALUES and at + 1 < len(norms) and (norms[at + 1] in _VALUES or norms[at + 1] in _NOUGHT)
    if word == "y":
        return _VALUES.get(norms[at - 1], 0) >= 20 and at + 1 < len(norms) and 0 < _VALUES.get(norms[at + 1], 0) < 10
    return word in _SCALES or _starts(norms, at)


def _element_end(norms: Sequence[str], at: int) -> int:
    return at + 2 if norms[at] in _TIMES else at + 1


def _groups(norms: Sequence[str], run: _Run, *, joins_hundreds: bool, joins_tens: bool) -> list[_Group]:
    """The digits of a run, one group for each number said: `nine fifty six` is 9 and 56, or 9, 50 and 6."""
    groups: list[_Group] = []
    at = run.first
    while at < run.last:
        word = norms[at]
        end = at + 1
        if word in _TIMES and end < run.last:
            digits = _single(norms[end]) * _TIMES[word]
            end += 1
        elif is_figure(word):
            digits = word
        elif word in _NOUGHT:
            digits = "0"
        elif word in _HOMOPHONES:
            digits = _HOMOPHONES[word]
        elif word in _VALUES:
            digits, end = _value_at(norms, at, run.last, joins_hundreds=joins_hundreds, joins_tens=joins_tens)
        else:
            at = end
            continue
        if digits:
            groups.append(_Group(digits, at, end))
        at = end
    return groups


def _single(word: str) -> str:
    if word in _NOUGHT:
        return "0"
    value = int(word) if is_figure(word) and len(word) == 1 else _VALUES.get(word, 10)
    return str(value) if value < 10 else ""


def _value_at(norms: Sequence[str], at: int, last: int, *, joins_hundreds: bool, joins_tens: bool) -> tuple[str, int]:
    word = norms[at]
    value, end = _VALUES[word], at + 1
    if 20 <= value < 100 and value % 10 == 0 and joins_tens:
        unit_at = end + 1 if end < last and norms[end] in {"-", "y"} else end
        unit = _VALUES.get(norms[unit_at], 0) if unit_at < last else 0
        # Spanish says the y: veinte cinco is 20 and 5.
        if 0 < unit < 10 and (word not in _SPANISH or unit_at > end):
            value, end = value + unit, unit_at + 1
    digits = str(value)
    hundreds = 100 <= value < 1_000 and value % 100 == 0
    if end < last and norms[end] in _SCALES and value < 100:
        digits += _SCALES[norms[end]]
        hundreds = norms[end] == "hundred"
        end += 1
    if hundreds and joins_hundreds and end < last and 0 < _VALUES.get(norms[end], 0) < 100:
        rest, end = _value_at(norms, end, last, joins_hundreds=False, joins_tens=joins_tens)
        digits = digits[: -len(rest)] + rest if len(rest) <= 2 else digits + rest
    return digits, end


_MODES: Final = ((False, True), (True, True), (False, False), (True, False))


def _candidates(
    norms: Sequence[str], runs: Sequence[_Run], region: str, area_code: str | None
) -> list[_Candidate]:
    found: list[_Candidate] = []
    pending: _Candidate | None = None
    index = 0
    while index < len(runs):
        run = runs[index]
        taken_back = pending is not None and is_taken_back(norms, pending.span.last, run.first)
        if pending is not None and taken_back:
            corrected = _corrected(norms, pending, run, region)
            if corrected is not None:
                if found and found[-1].span.overlaps(pending.span):
                    found.pop()
                found.append(corrected)
                pending = corrected
                index += 1
                continue
        joined, used = _joined(norms, runs, index)
        candidate = _read(norms, joined, region, area_code)
        if candidate is None and used > 1:
            joined, used = (run,), 1
            candidate = _read(norms, joined, region, area_code)
        if candidate is not None:
            if taken_back and found and found[-1] is pending:
                found.pop()
            found.append(candidate)
            pending = candidate
        else:
            pending = _partial(norms, joined)
        index += used
    return found


def _joined(norms: Sequence[str], runs: Sequence[_Run], index: int) -> tuple[tuple[_Run, ...], int]:
    """This run and those that follow it after no more than `and then` or `the number is`."""
    end = index + 1
    while (
        end < len(runs)
        and end - index < 4
        and 0 < runs[end].first - runs[end - 1].last <= _LONGEST_GAP
        and all(word in _LOOSE or word in _TIGHT for word in norms[runs[end - 1].last : runs[end].first])
    ):
        end += 1
    return tuple(runs[index:end]), end - index


def _read(norms: Sequence[str], runs: Sequence[_Run], region: str, area_code: str | None) -> _Candidate | None:
    span = Span(runs[0].first, runs[-1].last)
    if span.last - span.first > 64:
        return None
    plus = runs[0].plus
    readings = [
        [group for run in runs for group in _groups(norms, run, joins_hundreds=hundreds, joins_tens=tens)]
        for hundreds, tens in _MODES
    ]
    for groups in readings:
        digits = "".join(group.digits for group in groups)
        if digits.startswith(_COUNTING):
            return None
        if _fits(digits, region, plus=plus) or (plus and 8 <= len(digits) <= 15):
            return _Candidate(digits, span, plus)
    if len(runs) > 1 or plus:
        return None
    for groups in readings:
        window = _window(norms, groups, region)
        if window is not None:
            return window
    if area_code is not None:
        for groups in readings:
            digits = "".join(group.digits for group in groups)
            if len(digits) == 7 and digits[0] not in "01" and _is_local(norms, span):
                return _Candidate(digits, span)
    return None


def _fits(digits: str, region: str, *, plus: bool = False) -> bool:
    """Whether the digits have the shape of a whole number of the region."""
    if phonenumbers.country_code_for_region(region) != 1:
        return not plus and 8 <= len(digits) <= 12
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(national) == 10 and national[0] not in "01" and national[3] not in "01"


def _window(norms: Sequence[str], groups: Sequence[_Group], region: str) -> _Candidate | None:
    """A whole number at the end or the beginning of a longer run: the flat or the zip code was said just before it."""
    total = sum(len(group.digits) for group in groups)
    if not 11 <= total <= 16:
        return None
    before = norms[max(0, groups[0].first - _LOOK_BACK) : groups[0].first]
    cued = any(word in _UNIT_WORDS for word in before) or before[-1:] in _TIMED
    if total > 14 and not cued:
        return None
    tail, head = _ending(groups, region), _beginning(groups, region)
    return (tail or head) if cued else (head or tail)


def _ending(groups: Sequence[_Group], region: str) -> _Candidate | None:
    digits = ""
    for group in reversed(groups):
        digits = group.digits + digits
        if len(digits) >= 10:
            return _Candidate(digits, Span(group.first, groups[-1].last)) if _fits(digits, region) else None
    return None


def _beginning(groups: Sequence[_Group], region: str) -> _Candidate | None:
    digits = ""
    for group in groups:
        digits += group.digits
        if len(digits) >= 10:
            return _Candidate(digits, Span(groups[0].first, group.last)) if _fits(digits, region) else None
    return None


def _partial(norms: Sequence[str], runs: Sequence[_Run]) -> _Candidate | None:
    digits = "".join(
        group.digits for run in runs for group in _groups(norms, run, joins_hundreds=False, joins_tens=True)
    )
    span = Span(runs[0].first, runs[-1].last)
    return _Candidate(digits, span) if 3 <= len(digits) <= 11 else None


def _corrected(norms: Sequence[str], old: _Candidate, run: _Run, region: str) -> _Candidate | None:
    """The old number with its last digits replaced by the new ones; with the first three after `area code`."""
    new = "".join(group.digits for group in _groups(norms, run, joins_hundreds=False, joins_tens=True))
    span = Span(old.span.first, run.last)
    if old.plus:
        return _Candidate(old.digits[: -len(new)] + new, span, plus=True) if len(new) < len(old.digits) else None
    base = old.digits[1:] if len(old.digits) == 11 and old.digits[0] == "1" else old.digits
    gap = norms[old.span.last : run.first]
    if len(new) == 3 and len(base) == 10 and ("area" in gap or "lada" in gap):
        digits = new + base[3:]
    elif len(new) < 10 and len(base) >= 10 - len(new):
        digits = base[: 10 - len(new)] + new
    else:
        return None
    return _Candidate(digits, span) if _fits(digits, region) else None


def _is_local(norms: Sequence[str], span: Span) -> bool:
    """Whether seven digits are a phone number: announced as one, written as one, or all that was said."""
    if any(word in _PHONE_WORDS for word in norms[max(0, span.first - _LOOK_BACK) : span.first]):
        return True
    written = norms[span.first : span.last]
    return (len(written) == 3 and written[1] == "-" and len(written[0]) == 3) or span.last - span.first >= len(norms) - 2


def _choose(norms: Sequence[str], candidates: Sequence[_Candidate]) -> _Candidate | None:
    """The first whole number that is the caller's; a later one where it is said to be the better one."""
    best: _Candidate | None = None
    for candidate in candidates[:_MAX_CHECKS]:
        before = norms[max(0, candidate.span.first - _LOOK_BACK) : candidate.span.first]
        if _is_foreign(norms, candidate.span, before):
            continue
        if best is None or (len(best.digits) < len(candidate.digits) and len(best.digits) == 7) or any(word in _BETTER for word in before):
            best = candidate
    return best


def _is_foreign(norms: Sequence[str], span: Span, before: Sequence[str]) -> bool:
    """Whether the number is something else's: an account, the business itself, a number of the past."""
    if any(word in _OTHERS_NUMBER for word in before):
        return True
    if any(word in _OTHER_NUMBERS for word in before):
        near = before[-3:]
        return not any(word in {"phone", "cell", "mobile", "telefono", "celular", "reach", "call"} for word in near)
    if "is" in before and ("this" in before[before.index("is") :] or "your" in before):
        asked = span.first <= _LOOK_BACK and norms[0] in {"is", "hi", "hello"}
        return asked or "your" in before
    return False


def _checked(candidate: _Candidate, region: str, area_code: str | None) -> Phone | None:
    digits = candidate.digits
    if len(digits) == 7 and not candidate.plus and area_code is not None:
        digits = area_code + digits
    try:
        number = phonenumbers.parse(f"+{digits}" if candidate.plus else digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return Phone(e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), span=candidate.span)
