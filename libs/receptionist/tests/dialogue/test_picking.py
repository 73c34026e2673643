"""Which offer is meant."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from receptionist.dialogue.picking import Pick, pick
from receptionist.scheduling.slots import Slot, Wanted
from receptionist.understanding.text import read

ZONE = ZoneInfo("America/Chicago")


def slot(day: int, hour: int, minute: int = 0) -> Slot:
    start = dt.datetime(2026, 6, day, hour, minute, tzinfo=ZONE).astimezone(dt.UTC)
    return Slot(start=start, end=start + dt.timedelta(hours=1))


OFFERED = (slot(2, 9), slot(2, 11, 30), slot(4, 14))
NINE, NEAR_NOON, THURSDAY = OFFERED


def choose(words: str, heard: Wanted | None = None, answer: str | None = None) -> Pick:
    return pick(read(words).norms, heard, answer, OFFERED, ZONE)


@pytest.mark.parametrize(
    ("words", "picked"),
    [
        ("the second one", NEAR_NOON),
        ("2", NEAR_NOON),
        ("number three please", THURSDAY),
        ("option 1", NINE),
        ("the first", NINE),
        ("the last one", THURSDAY),
        ("the later one", THURSDAY),
        ("the earliest", NINE),
        ("either is fine", NINE),
        ("la segunda", NEAR_NOON),
        ("la primera por favor", NINE),
        ("la más tarde", THURSDAY),
        ("la última", THURSDAY),
        ("cualquiera", NINE),
        ("la tres", THURSDAY),
    ],
)
def test_picks_by_number_and_order(words: str, picked: Slot) -> None:
    assert choose(words) == picked


def test_a_day_or_time_picks_the_offer_that_it_fits() -> None:
    assert choose("thursday", Wanted(first_day=dt.date(2026, 6, 4))) == THURSDAY
    assert choose("nine works", Wanted(at_minute=540)) == NINE
    assert choose("two", Wanted(at_minute=120)) == THURSDAY
    assert choose("an afternoon", Wanted(from_minute=720)) == THURSDAY


def test_around_noon_works_picks_the_offer_near_noon_and_is_no_refusal() -> None:
    assert choose("around noon works", Wanted(at_minute=720), "alternative") == NEAR_NOON


def test_a_day_with_two_offers_narrows_the_choice() -> None:
    assert choose("tuesday", Wanted(first_day=dt.date(2026, 6, 2))) == (NINE, NEAR_NOON)
    assert choose("tuesday the later one", Wanted(first_day=dt.date(2026, 6, 2))) == NEAR_NOON


def test_yes_to_several_is_asked_about_and_yes_to_one_takes_it() -> None:
    assert choose("yes", answer="yes") == OFFERED
    assert pick(("yes",), None, "yes", (NINE,), ZONE) == NINE


@pytest.mark.parametrize(
    ("words", "heard", "answer"),
    [
        ("none of these", None, None),
        ("ninguna", None, None),
        ("no", None, "no"),
        ("what about friday", Wanted(first_day=dt.date(2026, 6, 5)), "alternative"),
    ],
)
def test_refusals_pick_none(words: str, heard: Wanted | None, answer: str | None) -> None:
    assert choose(words, heard, answer) == "none"


def test_words_about_something_else_pick_nothing() -> None:
    assert choose("is there a charge for that") is None


def test_two_is_a_time_when_a_visit_at_two_is_offered() -> None:
    offers = (slot(2, 9), slot(2, 11), slot(2, 14))
    assert pick(("two",), Wanted(at_minute=14 * 60), None, offers, ZONE) == offers[2]
