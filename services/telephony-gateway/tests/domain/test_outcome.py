from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from gateway_samples import CALLER, call

from receptionist.dialogue.state import begin
from telephony_gateway.domain.call import EndedBy, Tier, worse
from telephony_gateway.domain.outcome import Outcome, is_billable, outcome_of

START = begin("voice")


@pytest.mark.parametrize(
    ("state", "ended_by", "outcome"),
    [
        ({"booking": "booked"}, "hung_up", "booked"),
        ({"booking": "booked", "alerts": ("flood",)}, "booked", "booked"),
        ({"booking": "requested"}, "hung_up", "requested"),
        ({"outcome": "moved"}, "moved", "rescheduled"),
        ({"outcome": "cancelled"}, "hung_up", "cancelled"),
        ({"alerts": ("gas",)}, "hung_up", "emergency"),
        ({"outcome": "callback", "callbacks": 1}, "callback", "callback"),
        ({"callbacks": 1}, "hung_up", "callback"),
        ({"outcome": "answered"}, "answered", "answered"),
        ({"booking": "booked"}, "spam", "spam"),
        ({}, "wrong_number", "wrong_number"),
        ({}, "hung_up", "abandoned"),
        ({}, "silent", "abandoned"),
        ({}, "nothing", "abandoned"),
        ({}, "failed", "failed"),
    ],
)
def test_the_best_that_came_of_it_counts(state: dict[str, Any], ended_by: EndedBy, outcome: Outcome) -> None:
    assert outcome_of(call(state=replace(START, **state), ended_by=ended_by)) == outcome


def test_a_call_that_we_failed_is_not_abandoned() -> None:
    assert outcome_of(call(tier="fail_soft", ended_by="hung_up")) == "failed"


@pytest.mark.parametrize(
    ("billable", "seconds", "contacts", "billed"),
    [
        (True, 15, frozenset[str](), True),
        (True, 14, frozenset[str](), False),
        (False, 600, frozenset[str](), False),
        (True, 600, frozenset({CALLER}), False),
    ],
)
def test_spam_short_calls_and_the_owner_s_own_are_not_billed(
    billable: bool,
    seconds: int,
    contacts: frozenset[str],
    billed: bool,
) -> None:
    assert is_billable(call(billable=billable), timedelta(seconds=seconds), contacts) is billed


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [("full", "basic", "basic"), ("fail_soft", "basic", "fail_soft"), ("full", "full", "full")],
)
def test_the_worse_tier_counts(one: Tier, other: Tier, result: Tier) -> None:
    assert worse(one, other) == worse(other, one) == result
