from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from chat_samples import local, promise

from chat.domain.callback import CallbackSettled, Result, Status, kept, reworded


@pytest.mark.parametrize("result", ["reached", "not_reached", "dropped"])
def test_an_open_promise_takes_any_result(result: Result) -> None:
    settled = kept(promise(), result, now=local(9))
    assert settled is not None
    assert (settled.status, settled.kept_at) == (result, local(9))


def test_who_was_not_reached_can_be_tried_again() -> None:
    tried = promise(status="not_reached", kept_at=local(9))
    settled = kept(tried, "reached", now=local(10))
    assert settled is not None
    assert settled.status == "reached"


@pytest.mark.parametrize("status", ["reached", "dropped"])
def test_what_is_settled_stays_so(status: Status) -> None:
    with pytest.raises(CallbackSettled):
        kept(promise(status=status), "not_reached", now=local(9))


@pytest.mark.parametrize("status", ["reached", "dropped", "not_reached"])
def test_the_same_result_twice_changes_nothing(status: Result) -> None:
    assert kept(promise(status=status), status, now=local(9)) is None


def test_a_promise_is_overdue_when_nobody_has_tried_in_time() -> None:
    assert promise().overdue(local(8, 1))
    assert not promise().overdue(local(8))
    assert not promise(status="not_reached").overdue(local(9))


def test_newer_words_replace_older_ones_and_not_the_result() -> None:
    known = promise(status="reached", kept_at=local(9), recording_url="https://example.com/1")
    newer = promise(message="and please bring a ladder", promised_at=known.promised_at + timedelta(minutes=1))
    merged = reworded(known, newer)
    assert merged is not None
    assert (merged.message, merged.status, merged.recording_url) == (
        "and please bring a ladder",
        "reached",
        "https://example.com/1",
    )
    assert reworded(newer, known) is None
    assert reworded(known, replace(known, recording_url="")) is None
