from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from jobs_samples import NOW

from jobs.domain.limits import Bucket, KindLimit, allowance, refilled_in_s

RATES = st.floats(min_value=0.01, max_value=500.0)
PAUSES = st.lists(st.floats(min_value=0.0, max_value=20.0), max_size=40)


@given(RATES, PAUSES)
def test_no_more_is_started_than_the_rate_allows_however_often_somebody_asks(rate: float, pauses: list[float]) -> None:
    now, bucket, started = NOW, Bucket(), 0
    for pause_s in pauses:
        now += timedelta(seconds=pause_s)
        bucket = bucket.at(now, rate)
        may = int(bucket.tokens)
        bucket, started = bucket.take(may), started + may
        assert started <= max(1.0, rate / 4) + rate * (now - NOW).total_seconds() + 1e-6


@given(RATES)
def test_after_the_wait_that_it_names_there_is_a_start_to_be_made(rate: float) -> None:
    bucket = Bucket().at(NOW, rate)
    bucket = bucket.take(int(bucket.tokens))
    wait_s = refilled_in_s(bucket, rate)
    assert wait_s > 0
    assert bucket.at(NOW + timedelta(seconds=wait_s + 1e-5), rate).tokens >= 1.0 - 1e-3


def test_a_clock_that_goes_back_adds_nothing_and_takes_nothing() -> None:
    bucket = Bucket(tokens=0.5, filled_at=NOW).at(NOW - timedelta(hours=1), 1.0)
    assert (bucket.tokens, bucket.filled_at) == (0.5, NOW - timedelta(hours=1))


def test_a_limited_kind_whose_limit_others_hold_waits_and_the_rest_does_not() -> None:
    allowed = allowance(
        ("a", "b"),
        job_class="bulk",
        slots=3,
        limits={"a": KindLimit(concurrency=2)},
        at_a_time=None,
        buckets={},
        running={},
        now=NOW,
    )
    assert allowed.most == {"b": 3}


def test_what_runs_in_both_classes_counts_for_a_kind_and_only_its_own_for_a_class() -> None:
    allowed = allowance(
        ("a",),
        job_class="bulk",
        slots=9,
        limits={"a": KindLimit(concurrency=5)},
        at_a_time=4,
        buckets={"a": Bucket()},
        running={("critical", "a"): 2, ("bulk", "a"): 1, ("critical", "b"): 50},
        now=NOW,
    )
    assert (allowed.slots, allowed.most) == (3, {"a": 2})
    assert allowed.pick([("1", "a"), ("2", "a"), ("3", "a")]) == ["1", "2"]
