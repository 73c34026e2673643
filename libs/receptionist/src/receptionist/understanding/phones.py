"""Phone numbers as people dictate them, in English and Spanish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import phonenumbers

from receptionist.understanding.dictation import TIGHT, Group, Run, digits_of, readings, runs
from receptionist.understanding.lookup import word_set
from receptionist.understanding.text import Utterance
from receptionist.understanding.word_spans import Span, is_taken_back

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
_OTHERS_NUMBER: Final = word_set("old wrong dialing dialed dialled reaching used isnt disconnected viejo anterior")
_BETTER: Final = word_set("use instead better best rather mejor now ahora")
_LOOK_BACK: Final = 6
_LONGEST: Final = 64
"""Words of one number at most, pauses inside included."""
_COUNTING: Final = "123456789"
"""Somebody tries the line, or counts for a child."""
_MAX_CHECKS: Final = 4
"""The phonenumbers package is asked about so many candidates of one utterance at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number that can be called back, in E.164, and the words that said it."""

    e164: str
    span: Span


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
    stretches = tuple(runs(norms))
    if not stretches:
        return None
    candidates = _candidates(norms, stretches, region, area_code)
    chosen = _choose(norms, candidates)
    return chosen if chosen is None else _checked(chosen, region, area_code)


def _candidates(norms: Sequence[str], stretches: Sequence[Run], region: str, area_code: str | None) -> list[_Candidate]:
    """Every whole number that is said, corrections applied, from left to right."""
    found: list[_Candidate] = []
    pending: _Candidate | None = None
    index = 0
    while index < len(stretches):
        taken_back = pending is not None and is_taken_back(norms, pending.span.last, stretches[index].first)
        corrected = _corrected(norms, pending, stretches[index], region) if pending is not None and taken_back else None
        if corrected is not None and pending is not None:
            if found and found[-1].span.overlaps(pending.span):
                found.pop()
            found.append(corrected)
            pending = corrected
            index += 1
            continue
        joined = _joined(norms, stretches, index)
        candidate = _read(norms, joined, region, area_code)
        if candidate is None and len(joined) > 1:
            joined = joined[:1]
            candidate = _read(norms, joined, region, area_code)
        if candidate is not None:
            if taken_back and found and found[-1] is pending:
                found.pop()
            found.append(candidate)
        pending = candidate or _partial(norms, joined)
        index += len(joined)
    return found


def _joined(norms: Sequence[str], stretches: Sequence[Run], index: int) -> tuple[Run, ...]:
    """This stretch and those that follow it after no more than `and then` or `the number is`."""
    end = index + 1
    while (
        end < len(stretches)
        and end - index < 4
        and 0 < stretches[end].first - stretches[end - 1].last <= _LONGEST_GAP
        and all(word in _LOOSE or word in TIGHT for word in norms[stretches[end - 1].last : stretches[end].first])
    ):
        end += 1
    return tuple(stretches[index:end])


def _read(norms: Sequence[str], stretches: Sequence[Run], region: str, area_code: str | None) -> _Candidate | None:
    """The number in stretches that belong together: all of it, its end or beginning, or a local number."""
    span = Span(stretches[0].first, stretches[-1].last)
    if span.last - span.first > _LONGEST:
        return None
    plus = stretches[0].plus
    ways = readings(norms, stretches)
    for groups in ways:
        digits = digits_of(groups)
        if digits.startswith(_COUNTING):
            return None
        if _fits(digits, region, plus=plus) or (plus and 8 <= len(digits) <= 15):
            return _Candidate(digits, span, plus)
    if len(stretches) > 1 or plus:
        return None
    for groups in ways:
        window = _window(norms, groups, region)
        if window is not None:
            return window
    if area_code is not None and _is_local(norms, span):
        for digits in map(digits_of, ways):
            if len(digits) == 7 and digits[0] not in "01":
                return _Candidate(digits, span)
    return None


def _fits(digits: str, region: str, *, plus: bool = False) -> bool:
    """Whether the digits have the shape of a whole number of the region."""
    if phonenumbers.country_code_for_region(region) != 1:
        return not plus and 8 <= len(digits) <= 12
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(national) == 10 and national[0] not in "01" and national[3] not in "01"


def _window(norms: Sequence[str], groups: Sequence[Group], region: str) -> _Candidate | None:
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


def _ending(groups: Sequence[Group], region: str) -> _Candidate | None:
    digits = ""
    for group in reversed(groups):
        digits = group.digits + digits
        if len(digits) >= 10:
            return _Candidate(digits, Span(group.first, groups[-1].last)) if _fits(digits, region) else None
    return None


def _beginning(groups: Sequence[Group], region: str) -> _Candidate | None:
    digits = ""
    for group in groups:
        digits += group.digits
        if len(digits) >= 10:
            return _Candidate(digits, Span(groups[0].first, group.last)) if _fits(digits, region) else None
    return None


def _partial(norms: Sequence[str], stretches: Sequence[Run]) -> _Candidate | None:
    """The beginning of a number, which a correction may complete."""
    digits = digits_of(readings(norms, stretches)[0])
    return _Candidate(digits, Span(stretches[0].first, stretches[-1].last)) if 3 <= len(digits) <= 11 else None


def _corrected(norms: Sequence[str], old: _Candidate, run: Run, region: str) -> _Candidate | None:
    """The old number with its last digits replaced by the new ones; with the first three after `area code`."""
    new = digits_of(readings(norms, (run,))[0])
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
    grouped = len(written) == 3 and written[1] == "-" and len(written[0]) == 3
    return grouped or len(written) >= len(norms) - 2


def _choose(norms: Sequence[str], candidates: Sequence[_Candidate]) -> _Candidate | None:
    """The first whole number that is the caller's; a later one where it is said to be the better one."""
    best: _Candidate | None = None
    for candidate in candidates[:_MAX_CHECKS]:
        before = norms[max(0, candidate.span.first - _LOOK_BACK) : candidate.span.first]
        if _is_foreign(norms, candidate.span, before):
            continue
        if (
            best is None
            or (len(best.digits) < len(candidate.digits) and len(best.digits) == 7)
            or any(word in _BETTER for word in before)
        ):
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
