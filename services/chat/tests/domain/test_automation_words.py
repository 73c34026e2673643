from __future__ import annotations

from dataclasses import replace

import pytest
from chat_automation_contract import visit
from chat_samples import local, tenant

from chat.domain.automation_words import follow_up_words, reminder_words, retention_words
from common.contracts.tenants import Language

TUESDAY = visit("a1", local(10, days=1), language="en")


def test_a_reminder_names_the_business_the_service_and_the_local_day_and_time() -> None:
    assert reminder_words(tenant(), TUESDAY) == (
        "Hill Country Plumbing: a reminder of your visit (drain cleaning) on Tuesday, March 2 at 10 AM. "
        "To change it, text us here or call."
    )


def test_a_reminder_in_spanish_is_spanish() -> None:
    assert reminder_words(tenant(), replace(TUESDAY, language="es", starts_at=local(13, 30, days=1))) == (
        "Hill Country Plumbing: le recordamos su visita (drain cleaning) el martes 2 de marzo a la 1:30 de la tarde. "
        "Para cambiarla, escríbanos aquí o llámenos."
    )


def test_noon_is_called_noon() -> None:
    assert "March 2 at noon" in reminder_words(tenant(), replace(TUESDAY, starts_at=local(12, days=1)))
    spanish = replace(TUESDAY, starts_at=local(12, days=1), language="es")
    assert "2 de marzo al mediodía" in reminder_words(tenant(), spanish)


def test_a_service_that_is_offered_no_more_is_left_out() -> None:
    assert "your visit on Tuesday" in reminder_words(tenant(), replace(TUESDAY, service="gone"))


def test_a_language_that_the_business_does_not_speak_gives_way_to_its_own() -> None:
    assert "a reminder" in reminder_words(tenant(languages=("en",)), replace(TUESDAY, language="es"))
    assert "le recordamos" in reminder_words(tenant(languages=("es",)), TUESDAY)


@pytest.mark.parametrize("language", ["en", "es"])
def test_advertising_says_whose_it_is_and_how_to_end_it(language: Language) -> None:
    for words in (follow_up_words(tenant(), language), retention_words(tenant(), language)):
        assert words.startswith("Hill Country Plumbing: ")
        assert "STOP" in words
        assert len(words) < 306, "two segments, or five in Spanish"


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_text_asks_for_a_word_that_carriers_take_for_an_opt_out(language: Language) -> None:
    for words in (reminder_words(tenant(), replace(TUESDAY, language=language)), follow_up_words(tenant(), language)):
        assert "cancel" not in words.lower()


def test_signs_in_a_name_are_no_places() -> None:
    assert reminder_words(tenant(business_name="Pipes {when} & Co"), TUESDAY).startswith("Pipes {when} & Co: ")
