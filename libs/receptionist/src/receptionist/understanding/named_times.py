"""The days and hours that words name, rough and without a calendar: enough to tell an echo from another time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from receptionist.understanding.numbers import ORDINAL_WORDS, ordinal_at

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
    "am": "morning mornings early earlyish mananas madrugada temprano tempranito",
    "noon": "noon noons noonish midday mediodia lunch lunchtime",
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
_WEEKS: Final = frozenset({"week", "weeks", "month", "semana", "mes", "wk"})
_NEXT: Final = frozenset({"next", "following", "another", "otra", "otro", "proxima", "proximo", "couple", "few", "nxt"})
_NOT_DAYS: Final = frozenset(
    {"first", "second", "primero", "primera", "primer", "segundo", "segunda", "quinta", "once"}
)
"""The first one, a second, and the like: no day of a month."""
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
_MONTHS: Final = frozenset(_DAY_WORDS["month"].split()) | {"march", "may"}


def named_times(norms: Sequence[str]) -> frozenset[str]:
    """Names such as `d:fri`, `h:2`, `m30`, `p:pm`, `n:13` (a day of a month). Linear in the number of words."""
    words = tuple(norms)
    found: set[str] = set()
    for at, word in enumerate(words):
        if word and not _is_put_aside(words, at):
            found.update(_day_at(words, at) or _clock_at(words, at))
    return frozenset(found)


def _is_put_aside(words: tuple[str, ...], at: int) -> bool:
    before = words[max(0, at - 2) : at]
    return ("not" in before and before[-1] in _AFTER_NOT) or words[at : at + 2] in _FOR_ME


def _day_at(words: tuple[str, ...], at: int) -> tuple[str, ...]:
    word = words[at]
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if word in _WEEKS and (before in _NEXT or after == "que"):
        return ("d:later",)
    if word in _NEXT and after in _DAYS:
        return ("q:next",)
    if word == "manana":
        return ("p:am" if before == "la" else "d:tomorrow",)
    if word.isdigit() and before in _MONTHS:
        return (f"n:{word}",)
    if word in ORDINAL_WORDS and word not in _NOT_DAYS:
        day = ordinal_at(words, at)
        return () if day is None else (f"n:{day[0]}",)
    return ("d:" + _DAYS[word],) if word in _DAYS else ()


def _clock_at(words: tuple[str, ...], at: int) -> tuple[str, ...]:
    word = words[at]
    before = words[at - 1] if at else ""
    if word in _PARTS:
        return ("p:" + _PARTS[word],)
    if word in _HALVES and (before in _HOURS or before.isdigit()):
        full = at < 2 or words[at - 2] != ":"
        return ("p:" + word, "m0") if full else ("p:" + word,)
    if word in _HOURS and _is_hour(words, at):
        return (f"h:{_HOURS[word]}",)
    if word in _MINUTES:
        return (_MINUTES[word],)
    return tuple(sorted(_of_figures(word, before))) if word[0].isdigit() else ()


def _is_hour(words: tuple[str, ...], at: int) -> bool:
    before = words[at - 1] if at else ""
    if words[at] in _NOT_HOURS and before not in _BEFORE_AN_HOUR and len(words) > 1:
        after = words[at + 1] if at + 1 < len(words) else ""
        return words[at] == "one" and after in {"", "thirty", "fifteen"} and before in {"how", "for"}
    run = 1
    for step in (-1, 1):
        beside = at + step
        while 0 <= beside < len(words) and run <= _LONGEST_RUN and _is_number(words[beside]):
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
