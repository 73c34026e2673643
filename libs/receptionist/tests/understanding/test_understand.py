"""One utterance understood as a whole, and JSON lines from the shell."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.testing.speed import seconds_of
from receptionist.__main__ import main
from receptionist.understand_lines import understand_lines
from receptionist.understanding.intents import INTENTS
from receptionist.understanding.text import MAX_CHARACTERS
from receptionist.understanding.understand import understand

ZONE = ZoneInfo("America/Chicago")
NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)
FIELDS = [
    "id",
    "emergency",
    "category",
    "intent",
    "answer",
    "date",
    "time",
    "date_phrase",
    "time_phrase",
    "name",
    "address",
    "phone",
    "confidence",
]
BOOKING = "hi ravi shah six eleven birch street four oh eight five five five oh one three four friday at nine for a mini split"


def line(**fields: Any) -> bytes:
    """A line as it comes in, its fields replaced by `fields`."""
    whole = {"id": "a", "text": "hello", "now": "2026-03-02T09:00:00", "time_zone": "America/Chicago"} | fields
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


def answers_to(*lines: bytes) -> tuple[list[dict[str, Any]], int]:
    """The lines that come out, and the exit code."""
    out = io.BytesIO()
    code = understand_lines(lines, lambda written: out.write(written) and None)
    return [json.loads(each) for each in out.getvalue().splitlines()], code


def test_many_facts_are_taken_from_one_breath() -> None:
    found = understand(BOOKING, now=NOW, zone=ZONE)
    assert found.intent.intent == "book"
    assert found.name is not None
    assert found.name.text == "Ravi Shah"
    assert found.phone is not None
    assert found.phone.e164 == "+14085550134"
    assert found.address is not None
    assert found.address.text == "611 birch street"
    assert (found.when.date, found.when.time) == (dt.date(2026, 3, 6), dt.time(9))
    assert found.language == "en"
    assert not found.triage.emergency
    assert found.answer is None


def test_an_emergency_is_told_with_its_kind_and_wants_a_visit() -> None:
    found = understand("i smell gas in the kitchen real strong", now=NOW, zone=ZONE, trade="plumbing")
    assert found.triage.emergency
    assert found.triage.category == "gas"
    assert found.intent.intent == "book"


def test_the_language_is_the_given_one_else_that_of_the_words_else_that_of_the_question() -> None:
    assert understand("quiero una cita", now=NOW, zone=ZONE).language == "es"
    assert understand("quiero una cita", now=NOW, zone=ZONE, lang="en").language == "en"
    assert understand("no", now=NOW, zone=ZONE, prompt="¿Le queda bien el lunes a las 9?").language == "es"
    assert understand("no", now=NOW, zone=ZONE).language == "en"


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        understand("tomorrow", now=dt.datetime(2026, 3, 2), zone=ZONE)  # noqa: DTZ001


def test_an_answer_comes_only_where_something_was_asked() -> None:
    assert understand("yes", now=NOW, zone=ZONE).answer is None
    assert understand("yes", now=NOW, zone=ZONE, prompt="Is that right?").answer == "yes"


@settings(max_examples=60)
@given(st.text(max_size=400), st.one_of(st.none(), st.text(max_size=100)))
def test_anything_at_all_can_be_understood(text: str, prompt: str | None) -> None:
    assert understand(text, now=NOW, zone=ZONE, prompt=prompt).intent.intent in INTENTS


@pytest.mark.parametrize(
    "unit", ["five ", "monday at ", "no ", "' ", "a", "water leak gas ", "calle ", "1 ", "not i mean "]
)
def test_the_worst_utterance_takes_less_than_fifty_milliseconds(unit: str) -> None:
    text = unit * MAX_CHARACTERS
    assert seconds_of(lambda: understand(text, now=NOW, zone=ZONE, prompt="Does Friday at 2 work?")) < 0.05


def test_a_line_has_every_field_in_its_order() -> None:
    (found,), code = answers_to(line(text=BOOKING))
    assert code == 0
    assert list(found) == FIELDS
    assert found["date"] == "2026-03-06"
    assert found["time"] == "09:00"
    assert found["date_phrase"] == "friday"
    assert found["phone"] == "+14085550134"
    assert found["answer"] is None
    assert 0 <= found["confidence"] <= 1


def test_now_without_an_offset_is_the_time_on_the_wall_of_the_zone() -> None:
    late = {"text": "tomorrow morning", "time_zone": "America/Los_Angeles"}
    (wall, world), _ = answers_to(line(now="2026-03-02T23:30:00", **late), line(now="2026-03-03T07:30:00Z", **late))
    assert wall["date"] == world["date"] == "2026-03-03"


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (b"nope", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "not a JSON object"),
        (line(text=...), "text: missing"),
        (line(text=5), "text: not a string"),
        (line(now=...), "now: missing"),
        (line(now="yesterday"), "now: not an ISO 8601 time"),
        (line(now="9999-12-31T23:59:59Z", time_zone="Asia/Tokyo"), "now: not an ISO 8601 time"),
        (line(time_zone="Mars/Olympus"), "time_zone: unknown"),
        (line(time_zone="../../etc/passwd"), "time_zone: unknown"),
        (line(lang="fr"), "lang: not one of en, es"),
        (line(trade="roofing"), "trade: not one of plumbing, hvac, electrical"),
        (line(prompt=[]), "prompt: not a string"),
    ],
)
def test_a_bad_line_is_told_and_the_next_is_understood(bad: bytes, error: str) -> None:
    (first, second), code = answers_to(bad, line(id="b"))
    assert first["error"] == error
    assert second["intent"] == "other"
    assert code == 1


def test_a_bad_line_keeps_its_id() -> None:
    (found,), _ = answers_to(line(id=17, text=...))
    assert found == {"id": 17, "error": "text: missing"}


def test_odd_characters_come_out_as_json() -> None:
    (found,), code = answers_to(line(id="\ud800", text="\x00 my name is José\u2028 '"))
    assert code == 0
    assert found["id"] == "\ud800"


def test_empty_lines_are_left_out() -> None:
    assert answers_to(b"\n", b"  \n", line()) == answers_to(line())


def test_each_line_is_answered_before_the_next_is_read() -> None:
    written: list[bytes] = []

    def lines() -> Iterable[bytes]:
        for count in range(3):
            assert len(written) == count
            yield line(id=count)

    assert understand_lines(lines(), written.append) == 0


def test_the_command_reads_stdin_and_tells_failures_by_its_exit_code() -> None:
    command = [sys.executable, "-m", "receptionist", "understand"]
    run = subprocess.run(command, input=line() + b"\nnope\n", capture_output=True, check=False, timeout=60)
    assert run.returncode == 1
    assert run.stderr == b""
    assert [list(json.loads(each)) for each in run.stdout.splitlines()] == [FIELDS, ["error"]]


def test_an_unknown_command_shows_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fly"]) == 2
    assert main([]) == 2
    assert "understand" in capsys.readouterr().err
    assert main(["--help"]) == 0
