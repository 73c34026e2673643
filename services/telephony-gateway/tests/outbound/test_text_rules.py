from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from gateway_outbound_contract import CALLER, NOON, text

from telephony_gateway.domain.consent import keyword_of
from telephony_gateway.domain.phone import country_of
from telephony_gateway.domain.text import (
    Basis,
    Drop,
    Go,
    SendingRules,
    Verdict,
    Wait,
    decide,
    end_of_quiet,
    segments_of,
    start_of_day,
)

CHICAGO = ZoneInfo("America/Chicago")
RULES = SendingRules(
    zone=CHICAGO, quiet_from=time(21), quiet_until=time(8), allowed_countries=frozenset({"US", "CA"}), daily_limit=10
)


@pytest.mark.parametrize(
    "body",
    [
        "STOP",
        " stop. ",
        "StopAll",
        "stop all",
        "UNSUBSCRIBE",
        "Cancel",
        "end",
        "QUIT",
        "revoke",
        "opt out",
        "OPTOUT",
        "alto",
        "Parar",
        "baja",
    ],
)
def test_a_bare_keyword_opts_out(body: str) -> None:
    keyword = keyword_of(body, opted_out=False)
    assert keyword is not None
    assert keyword.word == "stop"


@pytest.mark.parametrize(
    "body",
    [
        "stop by tomorrow",
        "please cancel my appointment",
        "end of the week",
        "quit leaking",
        "don't stop",
        "",
        "yes",
        "stopped",
        "stoplight " * 9,
    ],
)
def test_a_sentence_is_no_keyword(body: str) -> None:
    assert keyword_of(body, opted_out=False) is None


def test_yes_resumes_only_where_the_number_is_opted_out() -> None:
    assert keyword_of("YES", opted_out=False) is None
    resumed = keyword_of("yes", opted_out=True)
    assert resumed is not None
    assert (resumed.word, resumed.carrier_answers) == ("start", True)
    assert keyword_of("Sí", opted_out=True) is not None


def test_words_that_the_carrier_does_not_know_are_answered_by_us() -> None:
    for body, answered in (("STOP", True), ("alto", False), ("HELP", True), ("ayuda", False), ("START", True)):
        keyword = keyword_of(body, opted_out=False)
        assert keyword is not None
        assert keyword.carrier_answers is answered


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("é" * 160, 1),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
    ],
)
def test_segments_are_counted_as_the_carrier_bills_them(body: str, segments: int) -> None:
    assert segments_of(body) == segments


def _local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (_local(10, 20, 59), None),
        (_local(10, 21), _local(11, 8)),
        (_local(11, 3), _local(11, 8)),
        (_local(11, 8), None),
        # The clocks change at 2 AM on March 8 and on November 1.
        (_local(7, 22), _local(8, 8)),
        (_local(31, 23, month=10), _local(1, 8, month=11)),
    ],
)
def test_quiet_hours_end_at_the_businesss_wall_clock(now: datetime, until: datetime | None) -> None:
    assert end_of_quiet(now, RULES) == until


def test_quiet_hours_may_lie_within_a_day_or_not_exist() -> None:
    siesta = SendingRules(
        zone=CHICAGO, quiet_from=time(12), quiet_until=time(14), allowed_countries=frozenset(), daily_limit=1
    )
    assert end_of_quiet(_local(10, 13), siesta) == _local(10, 14)
    assert end_of_quiet(_local(10, 15), siesta) is None
    none = SendingRules(
        zone=CHICAGO, quiet_from=time(0), quiet_until=time(0), allowed_countries=frozenset(), daily_limit=1
    )
    assert end_of_quiet(_local(10, 0), none) is None


def _decide(**changes: object) -> Verdict:
    facts: dict[str, object] = {"opted_out": False, "country": "US", "sent_today": 0, "dealt_with": True}
    made = {name: changes.pop(name) for name in list(changes) if name not in {*facts, "now"}}
    now = changes.pop("now", NOON)
    return decide(text(**made), now, RULES, **{**facts, **changes})  # type: ignore[arg-type]


def test_stop_is_above_everything() -> None:
    assert _decide(opted_out=True, purpose="alert") == Drop(status="opted_out", error="stop")


@pytest.mark.parametrize("country", [None, "KP", "DO"])
def test_only_allowed_countries_are_texted(country: str | None) -> None:
    assert _decide(country=country) == Drop(status="blocked", error="country")


def test_what_is_of_no_use_any_more_is_not_sent() -> None:
    assert _decide(not_after=NOON) == Drop(status="expired", error="too-late")
    assert _decide(not_after=NOON + timedelta(seconds=1)) == Go()


def test_texts_that_nobody_waits_for_wait_for_the_morning_and_others_do_not() -> None:
    night = _local(10, 23)
    assert _decide(now=night, wait_for_quiet_hours=True) == Wait(until=_local(11, 8))
    assert _decide(now=night, wait_for_quiet_hours=False) == Go()
    assert _decide(now=night, wait_for_quiet_hours=True, purpose="alert") == Go()


def test_a_business_over_its_daily_cap_waits_for_tomorrow_but_alerts_go() -> None:
    assert _decide(sent_today=10) == Wait(until=start_of_day(NOON + timedelta(days=1), CHICAGO))
    assert _decide(sent_today=9) == Go()
    assert _decide(sent_today=10, purpose="alert") == Go()


def test_what_would_come_too_late_after_the_night_is_dropped_at_once_and_says_why() -> None:
    night = _local(10, 23)
    reminder = {"now": night, "wait_for_quiet_hours": True, "purpose": "reminder"}
    assert _decide(**reminder, not_after=_local(11, 7)) == Drop(status="expired", error="quiet-hours")
    assert _decide(**reminder, not_after=_local(11, 8)) == Drop(status="expired", error="quiet-hours")
    assert _decide(**reminder, not_after=_local(11, 9)) == Wait(until=_local(11, 8))
    assert _decide(sent_today=10, not_after=NOON + timedelta(hours=1)) == Drop(status="expired", error="daily-limit")


def test_advertising_goes_only_to_whoever_has_dealt_with_the_business() -> None:
    assert _decide(basis="marketing", dealt_with=False) == Drop(status="blocked", error="stranger")
    assert _decide(basis="marketing", opted_out=True) == Drop(status="opted_out", error="stop")
    assert _decide(basis="marketing") == Go()
    assert _decide(dealt_with=False) == Go(), "a service that somebody asked for"


def test_advertising_waits_for_the_morning_whatever_it_says_of_itself() -> None:
    assert _decide(now=_local(10, 23), basis="marketing") == Wait(until=_local(11, 8))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (_local(10, 20, 59), None),
        (_local(10, 21), _local(11, 8)),
        (_local(10, 23), _local(11, 8)),
        (_local(11, 7, 59), _local(11, 8)),
        (_local(11, 8), None),
    ],
)
def test_no_advertising_at_night_even_where_a_business_has_no_quiet_hours(
    now: datetime, until: datetime | None
) -> None:
    awake = replace(RULES, quiet_from=time(0), quiet_until=time(0))
    assert end_of_quiet(now, awake) is None
    assert end_of_quiet(now, awake, "marketing") == until


def test_a_business_with_longer_nights_is_quiet_for_longer() -> None:
    early = replace(RULES, quiet_from=time(19), quiet_until=time(10))
    assert end_of_quiet(_local(10, 19, 30), early, "marketing") == _local(11, 10)
    assert end_of_quiet(_local(10, 22), early, "marketing") == _local(11, 10)


@pytest.mark.parametrize(
    ("purpose", "basis", "automated"),
    [
        ("reminder", "service", True),
        ("follow_up", "marketing", True),
        ("command", "marketing", True),
        ("command", "service", False),
        ("confirmation", "service", False),
        ("alert", "service", False),
    ],
)
def test_what_nobody_asked_for_just_now_is_automated(purpose: str, basis: Basis, automated: bool) -> None:
    assert text(purpose=purpose, basis=basis).automated is automated


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        (CALLER, "US"),
        ("+16045550123", "CA"),
        ("+18095551234", "DO"),
        ("+5215512345678", "MX"),
        ("+15555550123", "US"),
        ("+15", None),
        ("+80012345678", None),
        ("+999999999999", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_a_numbers_country_is_known(phone: str, country: str | None) -> None:
    assert country_of(phone) == country
