"""Which of the offered times a caller means: "the second one", "the later one", "two", "Tuesday", "around noon"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal
from zoneinfo import ZoneInfo

from receptionist.scheduling.slots import Slot, Wanted

Pick = Slot | tuple[Slot, ...] | Literal["none"] | None
"""A slot; several that fit; none of them; or nothing said about it."""

_NEAR_MINUTES: Final = 45
_ORDINALS: Final = {
    word: index
    for index, words in enumerate(
        (
            "first 1st primero primera primer",
            "second 2nd segundo segunda",
            "third 3rd tercero tercera tercer",
        )
    )
    for word in words.split()
}
_NUMBERS: Final = {
    word: index for index, words in enumerate(("1 one uno una", "2 two dos", "3 three tres")) for word in words.split()
}
_NUMBER_LEADS: Final = frozenset({"number", "option", "numero", "opcion", "la", "el", "choice", "#"})
_FIRST: Final = frozenset({"earlier", "earliest", "sooner", "soonest", "former", "temprano", "antes", "pronto"})
_LAST: Final = frozenset({"later", "latest", "last", "latter", "ultimo", "ultima", "tarde", "despues"})
_ANY: Final = frozenset({"any", "either", "whichever", "whatever", "cualquiera", "cualquier", "igual"})
_NONE: Final = frozenset({"none", "neither", "ninguno", "ninguna", "ningun"})
_ABOUT: Final = frozenset(
    {"around", "about", "ish", "near", "roughly", "close", "como", "alrededor", "eso", "cerca", "aproximadamente"}
)
"""Only with these a time means an offer near it: "two thirty" is another time than two."""
_HOURS: Final = frozenset({"am", "pm", "oclock", "at", "a", "las", "de", "manana", "noon", "p", "m"})


def pick(
    norms: Sequence[str], heard: Wanted | None, answer: str | None, offered: Sequence[Slot], zone: ZoneInfo
) -> Pick:
    """What was picked of `offered`. `heard` are the day and time in the same words, `answer` the yes or no in them."""
    if not offered:
        return None
    words = frozenset(norms)
    if words & _NONE:
        return "none"
    named = _by_number(norms, heard, offered, zone)
    if named is not None:
        return named
    if heard is not None:
        fitting = _by_time(heard, offered, zone, near=not _ABOUT.isdisjoint(words))
        if len(fitting) == 1:
            return fitting[0]
        if len(fitting) > 1:
            return _by_order(words, fitting) or tuple(fitting)
        return "none"
    ordered = _by_order(words, offered)
    if ordered is not None and (len(offered) > 1 or answer != "alternative"):
        return ordered
    if answer == "yes":
        return offered[0] if len(offered) == 1 else tuple(offered)
    if answer in ("no", "alternative"):
        return "none"
    return None


def fits(slot: Slot, wanted: Wanted, zone: ZoneInfo) -> bool:
    """Whether a slot is what was wanted, to the minute where one was named."""
    return slot in _by_time(wanted, (slot,), zone) and (
        wanted.at_minute is None or _minute(slot, zone) == wanted.at_minute
    )


def _by_number(norms: Sequence[str], heard: Wanted | None, offered: Sequence[Slot], zone: ZoneInfo) -> Slot | None:
    said_time = heard is not None and heard.at_minute is not None
    for position, norm in enumerate(norms):
        index = _ORDINALS.get(norm)
        if index is None and norm in _NUMBERS:
            bare = len(norms) <= 2 or (position > 0 and norms[position - 1] in _NUMBER_LEADS)
            spoken_hour = any(word in _HOURS for word in norms[position + 1 : position + 3])
            led_by_hour = position > 0 and norms[position - 1] in {"at", "las"}
            is_hour = said_time and _some_start_at(_NUMBERS[norm] + 1, offered, zone)
            if bare and not spoken_hour and not led_by_hour and not is_hour:
                index = _NUMBERS[norm]
        if index is None or index >= len(offered):
            continue
        # "the first" may be a day of the month that was offered: then it is that day.
        dated = [slot for slot in offered if slot.start.astimezone(zone).day == index + 1]
        if norm in _ORDINALS and len(dated) == 1 and dated[0] is not offered[index]:
            return None
        return offered[index]
    return None


def _some_start_at(hour: int, offered: Sequence[Slot], zone: ZoneInfo) -> bool:
    return any(slot.start.astimezone(zone).hour % 12 == hour % 12 for slot in offered)


def _by_order(words: frozenset[str], offered: Sequence[Slot]) -> Slot | None:
    if words & _ANY or words & _FIRST:
        return offered[0]
    if words & _LAST:
        return offered[-1]
    if words & {"middle", "medio"} and len(offered) == 3:
        return offered[1]
    return None


def _by_time(heard: Wanted, offered: Sequence[Slot], zone: ZoneInfo, *, near: bool = False) -> list[Slot]:
    on_day = [slot for slot in offered if _on_day(slot, heard, zone)]
    if heard.from_minute is not None:
        on_day = [slot for slot in on_day if _minute(slot, zone) >= heard.from_minute]
    if heard.to_minute is not None:
        on_day = [slot for slot in on_day if _minute(slot, zone) < heard.to_minute]
    if heard.at_minute is None:
        return on_day
    at_minute = heard.at_minute
    exact = [slot for slot in on_day if _minute(slot, zone) == at_minute]
    if not exact and at_minute < 12 * 60:
        # "two" of a time that was offered as two in the afternoon.
        exact = [slot for slot in on_day if _minute(slot, zone) == at_minute + 12 * 60]
    if exact or not near:
        return exact
    return [slot for slot in on_day if abs(_minute(slot, zone) - at_minute) <= _NEAR_MINUTES]


def _on_day(slot: Slot, heard: Wanted, zone: ZoneInfo) -> bool:
    day: dt.date = slot.start.astimezone(zone).date()
    if heard.first_day is None:
        return heard.last_day is None or day <= heard.last_day
    return heard.first_day <= day <= (heard.last_day or heard.first_day)


def _minute(slot: Slot, zone: ZoneInfo) -> int:
    local = slot.start.astimezone(zone)
    return local.hour * 60 + local.minute
