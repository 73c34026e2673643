from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from common.contracts.jobs import PurgeData
from common.contracts.purging import ROWS_A_ROUND, Cutoffs, PurgeRefused, cutoffs_of, left_over
from common.contracts.tenants import Retention
from common.testing.envelopes import received

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def command(**changes: Any) -> PurgeData:
    """A purge by the shortest retention there is."""
    fields: dict[str, Any] = {
        "purge_id": "p1:1",
        "conversations_before": NOW - timedelta(days=30),
        "records_before": NOW - timedelta(days=90),
        "deliveries_before": NOW - timedelta(days=45),
        **changes,
    }
    return PurgeData(**fields)


def cutoffs(wanted: PurgeData, *, now: datetime = NOW, sent: datetime = NOW) -> Cutoffs:
    message = received(wanted, at=sent)
    return cutoffs_of(message.data, message.envelope, now=now)


def test_the_shortest_retention_is_obeyed_and_older_dates_always() -> None:
    assert cutoffs(command()).conversations == NOW - timedelta(days=30)
    assert cutoffs(command(), now=NOW + timedelta(days=400)).records == NOW - timedelta(days=90)
    assert cutoffs(command(), now=NOW - timedelta(seconds=50)).deliveries == NOW - timedelta(days=45)


@pytest.mark.parametrize("name", ["conversations_before", "records_before", "deliveries_before"])
def test_what_is_nearer_than_that_is_refused_by_name(name: str) -> None:
    for days in (27, 0, -365):
        with pytest.raises(PurgeRefused, match=name):
            cutoffs(command(**{name: NOW - timedelta(days=days)}))


def test_the_least_that_settings_may_say_is_the_least_that_is_obeyed() -> None:
    for name, days in (("conversations_days", 30), ("records_days", 90), ("deliveries_days", 45)):
        msgspec.convert({name: days}, Retention)
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({name: days - 1}, Retention)


def test_what_is_reckoned_from_now_is_reckoned_from_the_earlier_clock() -> None:
    for apart in (timedelta(days=1), -timedelta(days=1)):
        old = command(conversations_before=NOW - timedelta(days=400), records_before=NOW - timedelta(days=400))
        old = msgspec.structs.replace(old, deliveries_before=NOW - timedelta(days=400))
        assert cutoffs(old, now=NOW, sent=NOW + apart).asked_at == min(NOW, NOW + apart)


def test_a_count_that_reaches_the_limit_says_that_there_may_be_more() -> None:
    assert left_over({"texts": ROWS_A_ROUND, "calls": 0})
    assert not left_over({"texts": ROWS_A_ROUND - 1})
    assert not left_over({})
