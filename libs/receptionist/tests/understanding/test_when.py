"""When callers want a visit, in the words they use."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from common.testing.speed import seconds_of
from receptionist.understanding.text import Lang, read
from receptionist.understanding.when import NOTHING, When, find_when

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 6, 10, 10, 0, tzinfo=CHICAGO)
"""A Wednesday morning."""


def when(said: str, *, lang: Lang = "en", prompt: str | None = None, now: datetime = NOW) -> When:
    return find_when(read(said), now=now, zone=CHICAGO, lang=lang, prompt=prompt)


def table(lang: Lang) -> list[tuple[Lang, str, str, str, str, str]]:
    rows: list[tuple[Lang, str, str, str, str, str]] = []
    for line in Path(__file__).with_name(f"when_{lang}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            said, day, at, date_phrase, time_phrase = (cell.strip() for cell in line.split("|"))
            full = f"2026-{day}" if len(day) == 5 else day
            rows.append((lang, said, full, at, date_phrase, time_phrase))
    return rows


@pytest.mark.parametrize(("lang", "said", "day", "at", "date_phrase", "time_phrase"), [*table("en"), *table("es")])
def test_a_phrasing_means_what_its_row_says(
    lang: Lang, said: str, day: str, at: str, date_phrase: str, time_phrase: str
) -> None:
    found = when(said, lang=lang)
    shown = tuple(
        "-" if value is None else str(value)
        for value in (found.date, found.time and found.time.strftime("%H:%M"), found.date_phrase, found.time_phrase)
    )
    assert shown == (day, at, date_phrase, time_phrase)


@pytest.mark.parametrize(
    ("lang", "said", "earliest", "latest"),
    [
        ("en", "after three", time(15), None),
        ("en", "any time after half past nine", time(9, 30), None),
        ("en", "before noon", None, time(12)),
        ("en", "by five", None, time(17)),
        ("en", "no later than two", None, time(14)),
        ("en", "not before ten", time(10), None),
        ("en", "we can't be there until three", time(15), None),
        ("en", "till four", None, time(16)),
        ("en", "between ten and two", time(10), time(14)),
        ("en", "between two and four", time(14), time(16)),
        ("en", "from nine to five", time(9), time(17)),
        ("en", "from 9 am to 2", time(9), time(14)),
        ("en", "10 to 2 pm", time(10), time(14)),
        ("en", "2 to 4 pm", time(14), time(16)),
        ("en", "eight to ten am", time(8), time(10)),
        ("en", "friday 2-4", time(14), time(16)),
        ("en", "between eleven and one on friday", time(11), time(13)),
        ("en", "three or later", time(15), None),
        ("en", "at nine or earlier", None, time(9)),
        ("en", "in the morning", None, time(12)),
        ("en", "tomorrow afternoon", time(12), time(18)),
        ("en", "late afternoon", time(15), time(18)),
        ("en", "friday evening", time(17), None),
        ("en", "tonight", time(17), None),
        ("en", "first thing in the morning", None, time(9)),
        ("en", "after lunch", time(13), None),
        ("en", "friday afternoon after three", time(15), time(18)),
        ("en", "at nine", None, None),
        ("es", "después de las tres", time(15), None),
        ("es", "antes de las cinco", None, time(17)),
        ("es", "entre las diez y las dos", time(10), time(14)),
        ("es", "de dos a cuatro", time(14), time(16)),
        ("es", "por la tarde", time(12), time(18)),
        ("es", "mañana temprano", None, time(9, 30)),
        ("es", "a partir de las dos", time(14), None),
    ],
)
def test_words_that_open_or_close_the_day_become_its_edges(
    lang: Lang, said: str, earliest: time | None, latest: time | None
) -> None:
    found = when(said, lang=lang)
    assert (found.earliest, found.latest) == (earliest, latest)
    assert found.time == (time(9) if said == "at nine" else None)


@pytest.mark.parametrize(
    ("lang", "said", "first", "last"),
    [
        ("en", "this week", date(2026, 6, 10), date(2026, 6, 14)),
        ("en", "next week", date(2026, 6, 15), date(2026, 6, 21)),
        ("en", "the week after next", date(2026, 6, 22), date(2026, 6, 28)),
        ("en", "later this week", date(2026, 6, 11), date(2026, 6, 14)),
        ("en", "early next week", date(2026, 6, 15), date(2026, 6, 16)),
        ("en", "the end of the week", date(2026, 6, 11), date(2026, 6, 12)),
        ("en", "this weekend", date(2026, 6, 13), date(2026, 6, 14)),
        ("en", "next weekend", date(2026, 6, 20), date(2026, 6, 21)),
        ("en", "next month", date(2026, 7, 1), date(2026, 7, 31)),
        ("en", "end of the month", date(2026, 6, 24), date(2026, 6, 30)),
        ("en", "sometime in august", date(2026, 8, 1), date(2026, 8, 31)),
        ("en", "after the holidays", date(2027, 1, 2), None),
        ("en", "after monday", date(2026, 6, 16), None),
        ("en", "before the 20th", date(2026, 6, 10), date(2026, 6, 19)),
        ("en", "starting monday", date(2026, 6, 15), None),
        ("en", "i can't until friday", date(2026, 6, 12), None),
        ("en", "monday through wednesday", date(2026, 6, 15), date(2026, 6, 17)),
        ("en", "between friday and monday", date(2026, 6, 12), date(2026, 6, 15)),
        ("en", "the week of the twenty second", date(2026, 6, 22), date(2026, 6, 28)),
        ("en", "within the next two weeks", date(2026, 6, 10), date(2026, 6, 24)),
        ("en", "sooner than friday", date(2026, 6, 10), date(2026, 6, 11)),
        ("es", "la semana que viene", date(2026, 6, 15), date(2026, 6, 21)),
        ("es", "este fin de semana", date(2026, 6, 13), date(2026, 6, 14)),
        ("es", "a fin de mes", date(2026, 6, 24), date(2026, 6, 30)),
        ("es", "después del lunes", date(2026, 6, 16), None),
        ("es", "de lunes a miércoles", date(2026, 6, 15), date(2026, 6, 17)),
        ("es", "la semana del veintidós", date(2026, 6, 22), date(2026, 6, 28)),
    ],
)
def test_a_stretch_of_days_has_a_first_and_a_last(lang: Lang, said: str, first: date | None, last: date | None) -> None:
    found = when(said, lang=lang)
    assert (found.first_day, found.last_day) == (first, last)
    assert found.date is None


def test_a_day_to_be_done_by_is_a_day_and_an_edge() -> None:
    found = when("by friday")
    assert (found.date, found.last_day) == (date(2026, 6, 12), date(2026, 6, 12))


@pytest.mark.parametrize(
    ("lang", "said", "days"),
    [
        ("en", "i can't do thursday", [11]),
        ("en", "thursday or friday won't work", [12]),
        ("en", "i can't do thursday or friday", [11, 12]),
        ("en", "not today", [10]),
        ("en", "tuesday's no good how about wednesday", [16]),
        ("en", "anything but monday", [15]),
        ("en", "i have a meeting on the 12th", [12]),
        ("en", "the 13th instead of the 12th", [12]),
        ("es", "el martes no puedo", [16]),
        ("es", "cualquier día menos el lunes", [15]),
        ("es", "mañana no puedo pasado mañana sí", [11]),
        ("en", "friday is fine", []),
    ],
)
def test_days_said_no_to_are_told_apart(lang: Lang, said: str, days: list[int]) -> None:
    assert [day.day for day in when(said, lang=lang).ruled_out] == days


@pytest.mark.parametrize(
    ("lang", "said", "held", "wanted"),
    [
        ("en", "move my thursday appointment to friday", 11, 12),
        ("en", "my appointment is friday at ten can we make it monday", 12, 15),
        ("en", "can i change mine from the sixteenth to the eighteenth", 16, 18),
        ("en", "i've got an appointment tuesday and i need to reschedule", 16, None),
        ("es", "cambiar mi cita del jueves para el viernes", 11, 12),
    ],
)
def test_the_day_of_the_booking_is_not_the_day_wanted(lang: Lang, said: str, held: int, wanted: int | None) -> None:
    found = when(said, lang=lang)
    assert found.moving_from == date(2026, 6, held)
    assert found.date == (None if wanted is None else date(2026, 6, wanted))


@pytest.mark.parametrize(
    ("lang", "said", "shift"),
    [
        ("en", "you have me next thursday anything sooner", "sooner"),
        ("en", "is it possible to do later in the day", "later"),
        ("en", "do you have anything earlier", "sooner"),
        ("en", "a later date would be better", "later"),
        ("es", "pueden venir más tarde", "later"),
        ("es", "tiene algo antes", "sooner"),
        ("en", "i'll call you later", None),
        ("en", "sooner or later it breaks", None),
        ("en", "later today", None),
    ],
)
def test_sooner_and_later_are_heard_only_as_wishes(lang: Lang, said: str, shift: str | None) -> None:
    found = when(said, lang=lang)
    assert found.shift == shift
    assert found.time is None


@pytest.mark.parametrize("said", ["as soon as possible", "asap", "the first available", "the earliest you have"])
def test_the_soonest_visit_is_a_wish_of_its_own(said: str) -> None:
    found = when(said)
    assert found.asap
    assert found.date is None
    assert found.date_phrase == said


def test_a_day_beside_the_soonest_visit_wins_the_phrase() -> None:
    found = when("as soon as possible tomorrow if you can")
    assert (found.asap, found.date, found.date_phrase) == (True, date(2026, 6, 11), "tomorrow")


@pytest.mark.parametrize(
    ("said", "at", "explicit"),
    [
        ("at nine", time(9), False),
        ("at two", time(14), False),
        ("4:30", time(16, 30), False),
        ("at six", time(18), False),
        ("at seven", time(7), False),
        ("at 12", time(12), False),
        ("noon", time(12), True),
        ("9 am", time(9), True),
        ("15:30", time(15, 30), True),
        ("09:30", time(9, 30), True),
        ("two in the afternoon", time(14), True),
        ("eight in the evening", time(20), True),
    ],
)
def test_a_bare_hour_is_one_of_the_working_day(said: str, at: time, explicit: bool) -> None:
    found = when(said)
    assert (found.time, found.explicit) == (at, explicit)


@pytest.mark.parametrize(
    ("said", "prompt", "day", "at"),
    [
        ("nine", "What time works for you?", None, time(9)),
        ("two thirty", "What time works for you?", None, time(14, 30)),
        ("um three i guess", "What time works for you?", None, time(15)),
        ("nine", "How many outlets is it for?", None, None),
        ("the fifth", "What day works best?", date(2026, 7, 5), None),
        ("15", "What day works best?", date(2026, 6, 15), None),
        ("15", None, None, None),
        ("the second", "I have Tuesday at 9 AM or Tuesday at 2 PM. Which one?", None, None),
        ("the second", "What day works best?", date(2026, 7, 2), None),
        ("wednesday at two", "I have today, Wednesday, at 2 or Thursday at 9.", date(2026, 6, 10), time(14)),
        ("wednesday at two", "What day works best?", date(2026, 6, 17), time(14)),
        ("how about three", "Does Thursday at 2 work for you?", None, time(15)),
    ],
)
def test_the_question_before_settles_a_bare_answer(
    said: str, prompt: str | None, day: date | None, at: time | None
) -> None:
    found = when(said, prompt=prompt)
    assert (found.date, found.time) == (day, at)


@pytest.mark.parametrize(
    ("said", "prompt", "day", "at"),
    [
        ("las nueve", "¿A qué hora le queda bien?", None, time(9)),
        ("el cinco", "¿Qué día le queda bien?", date(2026, 7, 5), None),
        ("a las dos", None, None, time(14)),
    ],
)
def test_the_question_before_settles_a_bare_answer_in_spanish(
    said: str, prompt: str | None, day: date | None, at: time | None
) -> None:
    found = when(said, prompt=prompt, lang="es")
    assert (found.date, found.time) == (day, at)


@pytest.mark.parametrize(
    ("today", "said", "day"),
    [
        (date(2026, 6, 8), "next tuesday", date(2026, 6, 16)),
        (date(2026, 6, 8), "this tuesday", date(2026, 6, 9)),
        (date(2026, 6, 8), "monday", date(2026, 6, 15)),
        (date(2026, 6, 8), "this monday", date(2026, 6, 8)),
        (date(2026, 6, 14), "next monday", date(2026, 6, 15)),
        (date(2026, 6, 14), "this weekend", None),
        (date(2026, 12, 30), "january second", date(2027, 1, 2)),
        (date(2026, 12, 30), "the fifth of next month", date(2027, 1, 5)),
        (date(2026, 12, 30), "tomorrow", date(2026, 12, 31)),
        (date(2026, 1, 31), "the thirtieth", date(2026, 3, 30)),
        (date(2027, 2, 28), "february 29th", date(2028, 2, 29)),
        (date(2026, 6, 10), "june third", date(2026, 6, 3)),
        (date(2026, 6, 10), "march third", date(2027, 3, 3)),
        (date(2026, 6, 1), "a week from monday", date(2026, 6, 15)),
        (date(2026, 11, 20), "thanksgiving", date(2026, 11, 26)),
        (date(2026, 11, 27), "thanksgiving", date(2027, 11, 25)),
        (date(2026, 6, 10), "friday the thirteenth", date(2026, 6, 13)),
        (date(2026, 10, 20), "friday the thirteenth", date(2026, 11, 13)),
    ],
)
def test_days_are_counted_from_today(today: date, said: str, day: date | None) -> None:
    found = when(said, now=datetime.combine(today, time(9), tzinfo=CHICAGO))
    assert found.date == day


def test_today_is_the_day_in_the_zone_of_the_business() -> None:
    late = datetime(2026, 6, 11, 2, 30, tzinfo=UTC)
    assert when("tomorrow", now=late).date == date(2026, 6, 11)


def test_this_morning_is_over_in_the_afternoon() -> None:
    assert when("this morning", now=NOW.replace(hour=14)) == when("") == NOTHING


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        when("tomorrow", now=datetime(2026, 6, 10, 10, 0))  # noqa: DTZ001


def test_around_a_time_is_that_time_roughly() -> None:
    found = when("around noon works")
    assert (found.time, found.approximate) == (time(12), True)


def test_nothing_said_about_when_is_false() -> None:
    assert not when("my sink is leaking")
    assert when("tomorrow")


@pytest.mark.parametrize(
    "said", ["'", "\u2019 ' tomorrow '", "\u0000\u200b", "½ ² Ⅻ", "9:", ":30", "a", "$", "٣:٣٠", "12:99"]
)
def test_odd_signs_do_no_harm(said: str) -> None:
    assert when(said).time is None


def test_the_end_of_the_calendar_does_no_harm() -> None:
    last = datetime(9999, 12, 30, 12, tzinfo=UTC)
    for said in (
        "in two weeks",
        "next month",
        "next friday",
        "christmas",
        "the fifth",
        "after the holidays",
        "in 9 weeks",
    ):
        find_when(read(said), now=last, zone=ZoneInfo("UTC"), lang="en")


@pytest.mark.parametrize(
    "said",
    [
        "ten ",
        "5/",
        "5-",
        "(5",
        "a ",
        "9am ",
        "one ten a ",
        "at nine ",
        "monday or ",
        "not on the ",
        "between two and ",
        "a week from the day after ",
        "el lunes de la ",
        "un cuarto para las ",
        "in the morning ",
        "from ",
        "the first of may the ",
    ],
)
@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_worst_input_takes_less_than_ten_milliseconds(said: str, lang: Lang) -> None:
    heard = read(said * (2_000 // len(said)))
    assert seconds_of(lambda: find_when(heard, now=NOW, zone=CHICAGO, lang=lang)) < 0.010


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("tomorrow at ten ann lee 12 elm street", time(10, 0)),
        ("friday at two dana can let you in", time(14, 0)),
        ("tomorrow at ten elm street", None),
        ("friday at two ten oak avenue", None),
    ],
)
def test_an_hour_right_behind_a_day_is_one_unless_a_street_follows(said: str, at: time | None) -> None:
    assert when(said).time == at
