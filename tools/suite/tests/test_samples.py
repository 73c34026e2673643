from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import aiohttp
import pytest

from suite.samples import SAMPLES, Caller, Reply, Sample, play_all
from suite.services import RunningSuite, SuiteOptions, running_suite
from suite.terminal import Role, Terminal
from suite.twilio_peer import Account

VARIABLES = {"PUBLIC_BASE_URL": "https://receptionist.example"}
PHONE_CALL, EMERGENCY, TEXTS = SAMPLES
SAMPLE = Sample(
    title="",
    by_text=False,
    phone="+15125550142",
    opening=(),
    replies=(
        Reply(to=("name",), says="Maria"),
        Reply(to=("right?", "correct?"), says="yes", times=2),
        Reply(to=("name", "which"), says="the first"),
    ),
    hopes=(("booked", "confirmed"), ("maria",)),
)


@dataclass(kw_only=True)
class Recorder(Terminal):
    """Every line, by who spoke it, in the order in which it was shown."""

    shown: list[tuple[Role, str]] = field(default_factory=list)

    def show(self, role: Role, text: str) -> None:
        """Remembers it."""
        self.shown.append((role, text))

    def note_outgoing(self, kind: Literal["text", "call"], to: str, purpose: str, words: str) -> None:
        """A `Shown`: a text or a call that went out."""
        self.shown.append(("owner" if purpose == "alert" else "note", f"{kind} to {to}: {words}"))

    def first(self, role: Role, words: str, *, after: int = 0) -> int:
        """The place of the first line of this speaker with these words. Raises `AssertionError`."""
        for place, (speaker, text) in enumerate(self.shown):
            if place >= after and speaker == role and words.casefold() in text.casefold():
                return place
        raise AssertionError(f"{role} never said {words!r}: {self.shown}")


@pytest.fixture
def terminal() -> Recorder:
    return Recorder()


@pytest.fixture
async def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: Recorder) -> AsyncIterator[RunningSuite]:
    monkeypatch.chdir(tmp_path)
    async with running_suite(SuiteOptions(port=0, drain_s=0.5), VARIABLES, show=terminal.note_outgoing) as running:
        yield running


async def play(suite: RunningSuite, terminal: Recorder, sample: Sample) -> int:
    account = Account(public_base_url=suite.public_base_url, auth_token=suite.auth_token, connect_url=suite.url)
    return await play_all(account, suite.tenants[0].phone_numbers[0], terminal, (sample,))


async def visits(suite: RunningSuite) -> list[dict[str, str]]:
    headers = {"X-API-Key": "demo-key-for-loopback-only"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{suite.url}/v1/appointments") as answer:
        listed: list[dict[str, str]] = (await answer.json())["items"]
        return listed


def test_each_reply_is_said_as_often_as_it_may_and_then_the_next_that_fits() -> None:
    caller = Caller(sample=SAMPLE)
    assert [caller.answer("What's your NAME?") for _ in range(3)] == ["Maria", "the first", None]
    assert [caller.answer("Is that right?") for _ in range(3)] == ["yes", "yes", None]


def test_a_caller_is_satisfied_when_every_hope_was_met() -> None:
    caller = Caller(sample=SAMPLE)
    caller.heard.append("You're booked.")
    assert not caller.satisfied
    caller.heard.append("Thank you, Maria.")
    assert caller.satisfied


async def test_facts_out_of_order_and_one_corrected_become_a_stored_visit(
    suite: RunningSuite, terminal: Recorder
) -> None:
    assert await play(suite, terminal, PHONE_CALL) == 0
    (visit,) = await visits(suite)
    assert visit["customer_name"] == "Maria Delgado"
    assert visit["address"].startswith("240 Barton Springs")
    assert not [text for speaker, text in terminal.shown if speaker == "owner"]


async def test_in_an_emergency_safety_comes_first_and_the_owner_is_alerted_at_once(
    suite: RunningSuite, terminal: Recorder
) -> None:
    assert await play(suite, terminal, EMERGENCY) == 0
    opening = terminal.first("caller", "rotten eggs")
    words = next(text for speaker, text in terminal.shown[opening:] if speaker == "receptionist")
    assert "leave the building" in words.casefold()
    assert "911" in words
    alerted = terminal.first("owner", "gas", after=opening)
    assert alerted < terminal.first("caller", "18 Rainey", after=opening)
    owner = suite.tenants[0].contacts[0].phone
    assert owner in terminal.shown[alerted][1]


async def test_a_visit_is_booked_by_text_in_spanish_over_several_messages(
    suite: RunningSuite, terminal: Recorder
) -> None:
    assert await play(suite, terminal, TEXTS) == 0
    (visit,) = await visits(suite)
    assert visit["customer_name"] == "Guadalupe Torres"
    assert visit["language"] == "es"
    assert sum(speaker == "caller" for speaker, _ in terminal.shown) >= 4


async def test_who_does_not_get_what_they_called_for_is_counted(suite: RunningSuite, terminal: Recorder) -> None:
    disappointed = Sample(
        title="", by_text=False, phone="+15125550142", opening=("hello",), replies=(), hopes=(("a pony",),)
    )
    assert await play(suite, terminal, disappointed) == 1
    terminal.first("bad", "did not get")
