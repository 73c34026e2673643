from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gateway_samples import CALLER, T1, tenant

from common.tenant_profiles import cached_profile_of
from receptionist.tenant import Capabilities
from telephony_gateway.domain.ids import CallId
from telephony_gateway.domain.late import LateOutcome, call_of
from telephony_gateway.domain.late_words import words_of

FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)
"""Nine in the morning in Chicago, two days before the clocks go forward."""
TEN_ON_MONDAY = datetime(2026, 3, 9, 15, tzinfo=UTC)


def words(kind: str, change_id: str = "", *, lang: str = "es", offers: int = 0) -> str:
    times = [TEN_ON_MONDAY + timedelta(hours=hour) for hour in range(1, offers + 1)]
    fields: dict[str, Any] = {
        "outcome_id": "o1",
        "tenant_id": T1,
        "booking_id": "CA1-b1",
        "change_id": change_id,
        "kind": kind,
        "starts_at": None if kind == "rejected" else TEN_ON_MONDAY,
        "alternatives": tuple((at, at + timedelta(hours=1)) for at in times),
        "lang": lang,
        "phone": CALLER,
        "told_at": FRIDAY,
    }
    profile = cached_profile_of(tenant(), Capabilities(reschedule=True))
    return words_of(LateOutcome(**fields), profile, FRIDAY)


@pytest.mark.parametrize(
    ("kind", "change_id", "said"),
    [
        ("booked", "", "su visita queda confirmada para el lunes 9 de marzo"),
        ("booked", "CA1-x3", "su visita cambió para el lunes 9 de marzo"),
        ("cancelled", "CA1-x3", "queda cancelada"),
        ("rejected", "", "ese horario ya no está libre. Escríbanos o llame para encontrar otro horario."),
        ("rejected", "CA1-x3", "no pudimos cambiar su visita; sigue como estaba."),
    ],
)
def test_what_was_decided_is_told_in_the_customers_language(kind: str, change_id: str, said: str) -> None:
    assert words(kind, change_id).startswith("Hill Country Plumbing: ")
    assert said in words(kind, change_id)


def test_the_hour_is_the_business_s_own_after_the_clocks_changed() -> None:
    assert "at 10 AM" in words("booked", lang="en")


def test_at_most_two_other_times_are_offered() -> None:
    text = words("rejected", lang="en", offers=3)
    assert "11 AM" in text
    assert "noon" in text or "12" in text
    assert "1 PM" not in text


@pytest.mark.parametrize(
    ("name", "stored"), [("CA1", "CA1"), ("sms-ab.2", "sms-ab"), ("sms-ab", "sms-ab"), ("a.b", "a.b")]
)
def test_the_episodes_of_a_thread_are_one_conversation(name: str, stored: str) -> None:
    assert call_of(CallId(name)) == stored
