"""The days and hours that words name, rough and without a calendar: enough to tell an echo from another time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_DAY_WORDS: Final = {
    "mon": "monday mondays mon lunes",
    "tue": "tuesday tuesdays tue tues martes",
    "wed": "wednesday wednesdays wed weds miercoles",
    "thu": "thursday thursdays thu thur thurs jueves",
    "fri": "friday fridays fri viernes",
    "sat": "saturday saturdays sat sabado sabados",
    "sun": "sunday sundays sun domingo domingos",
    "today": "today todays hoy tonight",
    "tomorrow": "tomorrow tomorrows tmrw tmr tmrow tomorow",
    "weekend": "weekend weekends wknd",
    "day": "weekday weekdays",
    "month": "january february april june july august september october november december enero febrero marzo abril junio "
    "julio agosto septiembre octubre noviembre diciembre",
}
_PART_WORDS: Final = {
    "am": "morning mornings early earlyish mananas madrugada",
    "noon": "noon noonish midday mediodia lunch lunchtime",
    "pm": "afternoon afternoons tarde tardes tardecita",
    "eve": "evening evenings noche noches",
}
_HOURS: Final = {
    **{
        word: hour
        for hour, words in enumerate(
            (
                "one una 1",
                "two dos 2",
                "three tres 3",
                "four cuatro 4",
                "five cinco 5",
                "six seis 6",
                "seven siete 7",
                "eight ocho 8",
                "nine nueve 9",
                "ten diez 10",
                "eleven once 11",
                "twelve doce 12",
            ),
            start=1,
        )
        for word in words.split()
    },
    # The mark of the plural or of `is`: `three's when I get the kids`.
    **dict(
        zip(
            ["twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines", "tens", "elevens", "twelves"],
            range(2, 13),
            strict=True,
        )
    ),
}
_MINUTES: Final = {
    **dict.fromkeys(("thirty", "30", "half", "media", "treinta"), "m30"),
    **dict.fromkeys(("fifteen", "15", "quarter", "cuarto", "quince"), "m15"),
    **dict.fromkeys(("fortyfive", "45"), "m45"),
}
_NOT_HOURS: Final = frozenset({"one", "una", "once"})
_BEFORE_AN_HOUR: Final = frozenset(
    {"at", "around", "about", "after", "before", "by", "til", "till", "until", "to", "las", "la"}
)
_HALVES: Final = frozenset({"am", "pm"})
_AFTER_NOT: Final = frozenset({"not", "at", "on", "this", "for"})
"""`Not today` and `not at ten` ask for no time; `not before noon` does."""
_FOR_ME: Final = frozenset({("4", "me"), ("4", "us"), ("2", "u"), ("4", "u")})
_BETWEEN: Final = frozenset({"-", "(", ")", "."})
_LONGEST_RUN: Final = 3
"""More number words than this in a row are a phone or a house, not a time."""
_HALF_DAY: Final = 12


def _table(groups: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in groups.items() for word in words.split()}


_DAYS: Final = _table(_DAY_WORDS)
_PARTS: Final = _table(_PART_WORDS)


def named_times(norms: Sequence[str]) -> frozenset[str]:
    """Names such as `d:fri`, `h:2`, `m30`, `p:pm`, `n:13` (a day of a month). Linear in the number of words."""
    found: set[str] = set()
    for at, norm in enumerate(norms):
        if ("not" in norms[max(0, at - 2) : at] and norms[at - 1] in _AFTER_NOT) or tuple(
            norms[at : at + 2]
        ) in _FOR_ME:
            continue
        if norm in _DAYS:
            found.add("d:" + _DAYS[norm])
        elif norm == "manana":
            found.add("p:am" if at and norms[at - 1] == "la" else "d:tomorrow")
        elif norm in _PARTS:
            found.add("p:" + _PARTS[norm])
        elif norm in _HALVES and at and (norms[at - 1] in _HOURS or norms[at - 1].isdigit()):
            found.add("p:" + norm)
            if at < 2 or norms[at - 2] != ":":
                found.add("m0")
        elif norm in _HOURS and _is_hour(norms, at):
            found.add(f"h:{_HOURS[norm]}")
        elif norm in _MINUTES:
            found.add(_MINUTES[norm])
        elif norm[:1].isdigit():
            found.update(_of_figures(norm, norms[at - 1] if at else ""))
    return frozenset(found)


def _is_hour(norms: Sequence[str], at: int) -> bool:
    before = norms[at - 1] if at else ""
    if norms[at] in _NOT_HOURS and before not in _BEFORE_AN_HOUR and len(norms) > 1:
        return (
            norms[at] == "one" and norms[at + 1 : at + 2] in ([], ["thirty"], ["fifteen"]) and before in {"how", "for"}
        )
    run = 1
    for step in (-1, 1):
        beside = at + step
        while 0 <= beside < len(norms) and run <= _LONGEST_RUN and _is_number(norms[beside]):
            run += 1
            beside += step
    return run <= _LONGEST_RUN


def _is_number(norm: str) -> bool:
    return norm in _HOURS or norm in _BETWEEN or norm == "oh" or norm.isdigit()


def _of_figures(norm: str, before: str) -> set[str]:
    """`3pm`, `11am`, `14` (after a colon it is minutes), `13th`."""
    digits = norm.rstrip("abcdefghijklmnopqrstuvwxyz")
    rest = norm[len(digits) :]
    if not digits.isdigit() or len(digits) > 2:
        return set()
    value = int(digits)
    if rest in {"am", "pm", "p", "a"}:
        return {f"h:{(value - 1) % _HALF_DAY + 1}", "p:am" if rest[0] == "a" else "p:pm"} | (
            {"m0"} if before != ":" else set()
        )
    if rest in {"st", "nd", "rd", "th"}:
        return {f"n:{value}"}
    if before == ":":
        return {f"m{value}"}
    if rest or not 0 < value <= 31:
        return set()
    return {f"h:{value - _HALF_DAY}" if _HALF_DAY < value <= 2 * _HALF_DAY else f"n:{value}"}


def is_echo(said: frozenset[str], asked: frozenset[str]) -> bool:
    """Whether everything that was named had been named before; `the morning` is an echo of 9, and of 9 AM."""
    morning = (
        any(name in asked for name in ("h:6", "h:7", "h:8", "h:9", "h:10", "h:11", "p:am")) and "p:pm" not in asked
    )
    midday = bool(asked & {"h:12", "p:noon"})
    afternoon = any(name in asked for name in ("h:1", "h:2", "h:3", "h:4", "h:5", "p:pm")) and "p:am" not in asked
    evening = any(name in asked for name in ("h:4", "h:5", "h:6", "h:7", "h:8")) and "p:am" not in asked
    full = not any(name[0] == "m" for name in asked)
    for name in said - asked:
        fits = (
            (name == "m0" and full)
            or (name == "p:am" and morning)
            or (name in {"h:12", "p:noon"} and midday)
            or (name == "p:pm" and (afternoon or midday))
            or (name == "p:eve" and evening)
        )
        if not fits:
            return False
    return True
