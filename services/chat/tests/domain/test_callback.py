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
    assert reworded(newer, replace(known, recording_url="")) is None
    assert reworded(known, replace(known, recording_url="")) is None


def test_a_recording_without_words_leaves_name_and_message_as_they_were() -> None:
    known = promise(name="Maria", message="the heater is out")
    recorded = promise(
        name="",
        message="",
        phone=None,
        recording_url="https://example.com/1",
        promised_at=known.promised_at + timedelta(minutes=1),
    )
    for first, second in ((known, recorded), (recorded, known)):
        merged = reworded(first, second)
        assert merged is not None
        assert (merged.name, merged.message, merged.phone) == ("Maria", "the heater is out", known.phone)
        assert (merged.recording_url, merged.promised_at) == ("https://example.com/1", recorded.promised_at)


def test_a_recording_that_arrives_behind_newer_words_is_kept() -> None:
    known = promise(message="call me today")
    recorded = promise(
        message="", recording_url="https://example.com/1", promised_at=known.promised_at - timedelta(minutes=1)
    )
    assert reworded(known, recorded) == replace(known, recording_url="https://example.com/1")
