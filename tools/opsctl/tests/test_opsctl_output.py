from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from opsctl.output import Output, ago, span

NOW = datetime(2026, 3, 9, 15, tzinfo=UTC)


def test_scripts_get_one_document_and_people_get_the_table() -> None:
    for as_json in (True, False):
        out, err = io.StringIO(), io.StringIO()
        output = Output(as_json=as_json, out=out, err=err)
        output.data({"jobs": 1})
        output.table(["job", "state"], [["a[b]\x1b[2J", "failed"]])
        output.say("one job")
        output.remark("it is late")
        assert err.getvalue() == "it is late\n"
        if as_json:
            assert json.loads(out.getvalue()) == {"jobs": 1}
        else:
            assert out.getvalue().split() == ["job", "state", "a[b]", "[2J", "failed", "one", "job"]


def test_an_empty_table_says_so() -> None:
    out = io.StringIO()
    Output(as_json=False, out=out).table(["job"], [], empty="no jobs")
    assert out.getvalue() == "no jobs\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (61, "1 min"),
        (7_200, "2 h"),
        (7_500, "2 h 5 min"),
        (172_800, "2 d"),
        (180_000, "2 d 2 h"),
    ],
)
def test_lengths_are_told_in_their_largest_units(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_moments_are_told_from_now() -> None:
    assert ago(NOW - timedelta(minutes=3), NOW) == "3 min ago"
    assert ago(NOW + timedelta(hours=2), NOW) == "in 2 h"
    assert ago(None, NOW) == "-"
