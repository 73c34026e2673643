"""The trades' data."""

from __future__ import annotations

from typing import get_args

import pytest

from receptionist.dialogue.effects import Category
from receptionist.tenant import Service, TenantProfile
from receptionist.trades import load, match_service, names, service_of
from receptionist.understanding.text import Lang, read

LIFE = ("gas", "carbon_monoxide", "electrical_fire_risk")


def tenant(trade: str = "plumbing", services: tuple[Service, ...] = ()) -> TenantProfile:
    return TenantProfile(id="t", name="n", trade=trade, time_zone="America/Chicago", services=services)


def test_the_three_trades_ship() -> None:
    assert names() == ("electrical", "hvac", "plumbing")


@pytest.mark.parametrize("name", names())
def test_every_text_of_a_trade_is_there_in_both_languages(name: str) -> None:
    trade = load(name)
    ids = [service.id for service in trade.services]
    assert len(set(ids)) == len(ids)
    assert "general" in ids
    assert set(trade.menu) <= set(ids)
    for service in trade.services:
        assert service.name
        assert service.name_es
        assert service.keywords
        assert 15 <= service.duration_minutes <= 480
    for check in trade.checks.values():
        assert check.category in get_args(Category)
        assert set(check.question) == {"en", "es"}
    for category in get_args(Category):
        assert set(trade.safety[category]) == {"en", "es"}


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("category", LIFE)
@pytest.mark.parametrize("lang", ["en", "es"])
def test_danger_to_life_names_911_and_the_way_out(name: str, category: Category, lang: Lang) -> None:
    words = load(name).safety[category][lang].lower()
    assert "911" in words
    assert any(way in words for way in ("leave", "out", "salga", "saque"))


@pytest.mark.parametrize("category", ["flood", "burst_pipe"])
def test_water_gets_shut_off_advice(category: Category) -> None:
    safety = load("plumbing").safety[category]
    assert "main water valve" in safety["en"]
    assert "llave principal" in safety["es"]


def test_a_trade_without_data_answers_as_the_first_one() -> None:
    assert load("roofing").services


@pytest.mark.parametrize(
    ("trade", "words", "service"),
    [
        ("plumbing", "my kitchen sink is leaking", "leak"),
        ("plumbing", "there's no hot water since last night", "water_heater"),
        ("plumbing", "se tapó el baño, el drenaje no baja", "drain"),
        ("hvac", "la calefacción no prende", "no_heat"),
        ("hvac", "the A/C is blowing warm", "no_cool"),
        ("electrical", "hang a ceiling fan in the den", "lighting"),
        ("electrical", "se botó la pastilla", "no_power"),
        ("plumbing", "I just moved here", ""),
    ],
)
def test_services_are_known_by_their_words(trade: str, words: str, service: str) -> None:
    assert match_service(read(words).norms, tenant(trade)) == service


def test_a_business_with_services_of_its_own_offers_those() -> None:
    own = (Service(id="rooter", name="Rooter", keywords=("rooter", "roots")), Service(id="drain", name="Drain"))
    business = tenant(services=own)
    assert match_service(read("roots in the line").norms, business) == "rooter"
    assert match_service(read("clogged").norms, business) == "drain", "without keywords the trade's are used"
    assert service_of(business, "unheard-of").id == "rooter"
