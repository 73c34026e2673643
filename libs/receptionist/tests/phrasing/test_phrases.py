"""Both languages say the same things."""

from __future__ import annotations

import datetime as dt
import string

import pytest

from receptionist.phrasing import BOOKS, phrase
from receptionist.phrasing.book import grouped_phone
from receptionist.tenant import Price, week
from receptionist.understanding.text import Lang

KEYS = sorted(set(BOOKS["en"].phrases) | set(BOOKS["es"].phrases))
TODAY = dt.date(2026, 6, 1)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", KEYS)
def test_every_phrase_exists_in_both_languages_with_the_same_places(key: str) -> None:
    english, spanish = BOOKS["en"].phrases.get(key), BOOKS["es"].phrases.get(key)
    assert english, f"no English for {key}"
    assert spanish, f"no Spanish for {key}"
    assert places(english) == places(spanish)


@pytest.mark.parametrize("lang", ["en", "es"])
def test_only_the_phrase_for_a_stored_booking_says_that_it_is_booked(lang: Lang) -> None:
    words = {"en": ("booked", "confirmed"), "es": ("confirmada", "reservad", "agendad")}[lang]
    saying = {key for key, text in BOOKS[lang].phrases.items() if any(word in text.lower() for word in words)}
    assert saying - {"booked", "booked.text", "booked.no_address", "visit.requested"} == set()
    assert {"booked", "booked.text"} <= saying


@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_question_can_be_asked_again_in_other_words_and_has_keys(lang: Lang) -> None:
    phrases = BOOKS[lang].phrases
    asked = [key for key in phrases if key.startswith("ask.") and key.count(".") == 1]
    for key in asked:
        assert phrases[f"{key}.again"] != phrases[key]
        assert phrases[key.replace("ask.", "keys.")]


@pytest.mark.parametrize("lang", ["en", "es"])
def test_prompts_are_short_enough_for_a_tired_ear(lang: Lang) -> None:
    for key, text in BOOKS[lang].phrases.items():
        assert len(text.split()) <= 32, key


def test_no_written_prompt_invites_the_word_that_opts_out() -> None:
    for lang in BOOKS:
        for key, text in BOOKS[lang].phrases.items():
            if key.startswith("ask."):
                assert "reply cancel" not in text.lower()
                assert "reply stop" not in text.lower()


def test_braces_in_a_name_are_no_places() -> None:
    assert phrase("en", "greeting.known", name="{business}", business="Lake {0}") == (
        "Hi {business}, thanks for calling Lake {0}. I'm the virtual assistant."
    )


@pytest.mark.parametrize(
    ("lang", "day", "time", "said"),
    [
        ("en", TODAY, dt.time(14, 30), "today at 2:30 PM"),
        ("en", dt.date(2026, 6, 2), dt.time(12), "tomorrow at noon"),
        ("en", dt.date(2026, 6, 5), dt.time(8), "Friday, June 5 at 8 AM"),
        ("es", TODAY, dt.time(13, 30), "hoy a la 1:30 de la tarde"),
        ("es", dt.date(2026, 6, 2), dt.time(12), "mañana al mediodía"),
        ("es", dt.date(2026, 6, 5), dt.time(8), "el viernes 5 de junio a las 8 de la mañana"),
    ],
)
def test_days_and_times_are_said_as_people_say_them(lang: Lang, day: dt.date, time: dt.time, said: str) -> None:
    assert BOOKS[lang].at(day, TODAY, time) == said


@pytest.mark.parametrize(
    ("lang", "price", "said"),
    [
        ("en", Price(amount_cents=8_900), "$89"),
        ("en", Price(kind="from", amount_cents=14_950), "from $149.50"),
        ("en", Price(kind="range", amount_cents=10_000, to_cents=120_000), "$100 to $1,200"),
        ("es", Price(kind="hourly", amount_cents=12_000, note="más piezas"), "$120 por hora, más piezas"),
    ],
)
def test_prices_are_said_as_configured(lang: Lang, price: Price, said: str) -> None:
    assert BOOKS[lang].money(price) == said


def test_equal_days_are_said_together() -> None:
    hours = week({"mon-fri": "08:00-17:00", "sat": "09:00-12:00"})
    assert BOOKS["en"].weekly(hours) == "Monday to Friday, 8 AM to 5 PM; Saturday, 9 AM to noon"
    assert BOOKS["es"].weekly(hours) == (
        "de lunes a viernes, de las 8 de la mañana a las 5 de la tarde; el sábado, de las 9 de la mañana a el mediodía"
    )
    assert "al mediodía" in phrase("es", "hours.week", hours=BOOKS["es"].weekly(hours))


def test_spanish_contracts_but_leaves_names_alone() -> None:
    assert phrase("es", "kept", visit="el viernes") == "Está bien, su visita del viernes queda igual."
    assert "a El Paso" in phrase("es", "ask.address_right.again", address="El Paso")


def test_phone_numbers_are_read_in_groups() -> None:
    assert grouped_phone("+13125550142", spoken=False) == "(312) 555-0142"
    assert grouped_phone("+13125550142", spoken=True) == "3 1 2, 5 5 5, 0 1 4 2"
    assert grouped_phone("+525512345678", spoken=False) == "+525512345678"
