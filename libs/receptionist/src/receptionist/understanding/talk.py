"""What each mention of a day or a time is to the caller: wanted, ruled out, held at present, or beside the point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Final, Literal

from receptionist.understanding.day_arithmetic import plus, upcoming
from receptionist.understanding.day_mention import DayMention, span
from receptionist.understanding.lookup import PhraseTable, Words, word_set
from receptionist.understanding.page import Page
from receptionist.understanding.time_mention import TimeMention
from receptionist.understanding.wanted import PAST_VERBS, Role, refused_words, role_of

_ORS: Final = word_set("or o u and y")
_OR_FILLERS: Final = _ORS | word_set(", on the el maybe even either at a las possibly tal vez para")
_THROUGH: Final = word_set("through thru -")
_TO: Final = word_set("to till until a al hasta")
_AND: Final = word_set("and y or o")
_BETWEEN: Final = word_set("between entre")
_FROM: Final = word_set("from de desde")

_FREE_FROM: Final = word_set(
    "puedo podemos pueden disponible libre estoy estamos estare desocupado abren trabajan casa"
)

Edge = Literal["after", "from", "before", "by"]

BOUNDS: Final[PhraseTable[Edge]] = PhraseTable(
    {
        "after": "after",
        "not until|till|before": "from",
        "until|till|til": "by",
        "hasta": "by",
        "starting|beginning": "from",
        "starting|beginning on|from": "from",
        "before": "before",
        "sooner|earlier than": "before",
        "no later than": "by",
        "not after|past": "by",
        "by": "by",
        "later than": "after",
        "despues de|del": "after",
        "a partir de|del": "from",
        "antes de|del": "before",
        "mas tardar": "by",
        "a mas tardar": "by",
        "pasando|pasado": "after",
    }
)
"""Words before a day that make it an edge."""


@dataclass(frozen=True, slots=True)
class Talk:
    """The mentions in order with their roles."""

    days: tuple[tuple[DayMention, Role], ...]
    times: tuple[tuple[TimeMention, Role], ...]


def joined_days(page: Page, days: Sequence[DayMention]) -> list[DayMention]:
    """Two days that are the edges of a stretch become one mention (`monday through wednesday`), and weekdays go into the
    week that was named beside them (`next week, maybe tuesday`)."""
    if len(days) < 2:
        return list(days)
    joined: list[DayMention] = []
    for mention in _in_named_week(page, days):
        stretch = _stretch(page, joined[-1], mention) if joined else None
        if stretch is not None:
            joined[-1] = stretch
        else:
            joined.append(mention)
    return joined


def linked(words: Words, before: int, after: int) -> bool:
    """Whether only an `or` or an `and` stands between two mentions, so that both are meant alike."""
    if after - before > 4:
        return False
    between = words[before:after]
    return any(word in _ORS for word in between) and all(word in _OR_FILLERS for word in between)


def talk_of(page: Page, days: Sequence[DayMention], times: Sequence[TimeMention], clock: time) -> Talk:
    """Gives every mention its role. `clock` is the time of day that it is."""
    mentions: list[DayMention | TimeMention] = [*days, *times]
    mentions.sort(key=lambda each: each.first)
    roles: dict[int, Role] = {}
    before: DayMention | TimeMention | None = None
    for mention in mentions:
        role = _own_role(page, mention, before, clock)
        if before is not None and role == "wanted":
            role = _shared_role(page, before, mention, roles[before.first])
        roles[mention.first] = role
        before = mention
    return Talk(
        days=tuple((day, roles[day.first]) for day in days),
        times=tuple((each, roles[each.first]) for each in times),
    )


def _own_role(
    page: Page, mention: DayMention | TimeMention, before: DayMention | TimeMention | None, clock: time
) -> Role:
    if isinstance(mention, DayMention):
        if mention.kind == "past":
            return "past"
    elif _is_over(page, mention, clock) or _is_since(page.words, mention):
        return "past"
    floor = 0 if before is None else before.last + refused_words(page.words, before.last)
    return role_of(page, mention.first, mention.last, floor=min(floor, mention.first))


def _shared_role(
    page: Page, before: DayMention | TimeMention, mention: DayMention | TimeMention, role_before: Role
) -> Role:
    """Two days joined by `or` are meant alike, and so are a day and the time right beside it (`my tuesday at nine`)."""
    if isinstance(before, DayMention) == isinstance(mention, DayMention):
        return role_before if linked(page.words, before.last, mention.first) else "wanted"
    beside = mention.first - before.last <= 2 and not _starts_anew(page.words, before.last, mention.first)
    if not beside or role_before == "not_until" or (role_before == "ruled_out" and isinstance(before, TimeMention)):
        return "wanted"
    return role_before


def _starts_anew(words: Words, start: int, end: int) -> bool:
    return any(word in {",", ".", "so", "but", "no", "can", "how", "?", "pero", "mejor"} for word in words[start:end])


def _is_over(page: Page, mention: TimeMention, clock: time) -> bool:
    """`This morning` in the afternoon, or with something that has happened."""
    part = mention.any_part
    if part is None or not part.today:
        return False
    if part.latest is not None and part.latest <= clock and part.name == "morning":
        return True
    return any(word in PAST_VERBS for word in page.words[mention.last : mention.last + 3])


def _is_since(words: Words, mention: TimeMention) -> bool:
    """`Desde las seis no hay luz` tells how long; `estoy libre desde las seis` from when on."""
    if words[mention.first] != "desde" or mention.until is not None:
        return False
    return _FREE_FROM.isdisjoint(words[max(0, mention.first - 4) : mention.first])


def _in_named_week(page: Page, days: Sequence[DayMention]) -> list[DayMention]:
    """Bare weekdays go into the week that was named, which then has no more to say itself."""
    week = next((day.week for day in reversed(days) if day.week is not None and day.week.weekday() == 0), None)
    if week is None:
        return list(days)
    placed: list[DayMention] = []
    for index, mention in enumerate(days):
        day = plus(week, mention.weekday) if mention.weekday is not None else page.today
        beside_another = any(
            near.kind == "span" and linked(page.words, min(near.last, mention.last), max(near.first, mention.first))
            for near in days[max(0, index - 1) : index + 2]
        )
        if mention.weekday is None or day < page.today or beside_another:
            placed.append(mention)
        else:
            placed.append(replace(mention, start=day, end=day, weekday=None, week=week))
    if not any(each.kind == "day" and each.week == week for each in placed):
        return placed
    return [each for each in placed if each.kind != "span" or each.week != week]


def _stretch(page: Page, before: DayMention, mention: DayMention) -> DayMention | None:
    if before.kind != "day" or mention.kind != "day" or before.start is None or mention.start is None:
        return None
    words = page.words
    if mention.first - before.last != 1:
        return None
    joint, opener = words[before.last], words[before.first - 1]
    if joint in _AND:
        opened = opener in _BETWEEN
        joined = opened
    else:
        opened = opener in _FROM
        joined = joint in _THROUGH or (joint in _TO and not page.moving)
    if not joined:
        return None
    end = mention.start
    if end < before.start:
        if mention.weekday is None:
            return None
        end = upcoming(before.start, mention.weekday, today_counts=True)
    return span(before.first - opened, mention.last, before.start, end)
