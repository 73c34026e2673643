from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from common.clock import ManualClock
from common.control.catalogue import (
    CHAT_MAX_CONCURRENCY,
    JOBS_BATCH_WINDOW,
    JOBS_PAUSE,
    TELEPHONY_OUTBOUND_RETRIES,
    BatchHours,
)
from common.control.setting import MAX_SETTINGS, Setting, decode_setting, encode_setting, version_at
from common.control.shelf import Remembered, SettingsFile
from common.control.switches import Switches

NOW = datetime(2026, 3, 9, 15, tzinfo=UTC)


def setting(
    value: Any = True,
    *,
    name: str = "jobs.pause",
    scope: str = "class:bulk",
    version: int = 1,
    expires_at: datetime | None = None,
) -> Setting:
    return Setting(
        name=name,
        scope=scope,
        value=value,
        reason="the backlog grows",
        actor="dana",
        set_at=NOW,
        expires_at=expires_at,
        version=version,
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def switches(clock: ManualClock) -> Switches:
    return Switches("jobs", clock=clock, initial={("chat.max_concurrency", ""): 8})


def test_a_switch_is_what_was_set_else_what_the_environment_says_else_its_default(switches: Switches) -> None:
    assert switches.value(TELEPHONY_OUTBOUND_RETRIES) is True
    assert switches.value(CHAT_MAX_CONCURRENCY) == 8
    switches.take([setting(3, name="chat.max_concurrency", scope="")], source="test")
    assert switches.value(CHAT_MAX_CONCURRENCY) == 3
    switches.take([setting(None, name="chat.max_concurrency", scope="", version=2)], source="test")
    assert switches.value(CHAT_MAX_CONCURRENCY) == 8


def test_values_come_in_the_switches_type(switches: Switches) -> None:
    switches.take(
        [setting({"hours": [["22:00", "06:00"]], "at_a_time": 2}, name="jobs.batch_window", scope="")], source="test"
    )
    assert switches.value(JOBS_BATCH_WINDOW) == BatchHours(hours=(("22:00", "06:00"),), at_a_time=2)


def test_the_higher_version_holds_in_whatever_order_they_come(switches: Switches) -> None:
    newer, older = setting(version=2), setting(False, version=1)
    assert switches.take([newer], source="bus")
    assert not switches.take([older, newer], source="store")
    assert switches.value(JOBS_PAUSE, "class:bulk") is True


def test_a_setting_ends_by_itself_and_those_who_watch_are_told_once(switches: Switches, clock: ManualClock) -> None:
    told: list[bool] = []
    switches.on_change(JOBS_PAUSE, lambda: told.append(switches.value(JOBS_PAUSE, "class:bulk")))
    end = NOW + timedelta(hours=2)
    switches.take([setting(expires_at=end)], source="test")
    assert switches.next_end() == end
    clock.advance(7_199.9)
    switches.let_lapse()
    assert switches.value(JOBS_PAUSE, "class:bulk") is True
    clock.advance(0.1)
    assert switches.value(JOBS_PAUSE, "class:bulk") is False
    assert switches.in_force() == ()
    for _ in range(2):
        switches.let_lapse()
    assert told == [True, False]
    assert switches.next_end() is None


def test_a_watcher_that_fails_keeps_nobody_in_the_dark(switches: Switches) -> None:
    told: list[str] = []

    def fail() -> None:
        raise RuntimeError("broken")

    switches.on_change(JOBS_PAUSE, fail)
    switches.on_change(JOBS_PAUSE, lambda: told.append("pause"))
    switches.on_change(CHAT_MAX_CONCURRENCY, lambda: told.append("chat"))
    switches.take([setting()], source="test")
    assert told == ["pause"]


def test_scopes_are_told_with_what_the_environment_says_of_them(clock: ManualClock) -> None:
    switches = Switches("jobs", clock=clock, initial={("jobs.pause", "kind:a"): True})
    switches.take([setting(), setting(False, scope="kind:a"), setting(None, scope="kind:b")], source="test")
    assert switches.scoped(JOBS_PAUSE) == {"class:bulk": True, "kind:a": False, "kind:b": False}
    assert [(held.setting.scope, held.on) for held in switches.in_force()] == [("class:bulk", True), ("kind:a", True)]


def test_a_setting_at_the_initial_value_is_not_on(switches: Switches) -> None:
    switches.take([setting(False), setting(8, name="chat.max_concurrency", scope="")], source="test")
    assert [held.on for held in switches.in_force()] == [False, False]


def test_what_came_over_the_bus_alone_holds_over_an_older_or_an_empty_database(switches: Switches) -> None:
    switches.take([setting(version=5)], source="bus")
    assert not switches.reconcile([])
    assert not switches.reconcile([setting(False, version=4)])
    assert switches.value(JOBS_PAUSE, "class:bulk") is True
    assert switches.reconcile([setting(None, version=6)])
    assert switches.value(JOBS_PAUSE, "class:bulk") is False


def test_what_was_in_the_database_and_is_no_longer_is_forgotten(switches: Switches, clock: ManualClock) -> None:
    told: list[bool] = []
    switches.take([setting(version=5), setting(scope="kind:a", version=5)], source="bus")
    assert switches.reconcile([setting(version=5), setting(scope="kind:a", version=5)])
    assert not switches.reconcile([setting(version=5), setting(scope="kind:a", version=5)])
    again = Switches("jobs", clock=clock)
    again.restore(Remembered(list(switches.known()), switches.written()))
    again.on_change(JOBS_PAUSE, lambda: told.append(again.value(JOBS_PAUSE, "class:bulk")))
    assert again.scoped(JOBS_PAUSE) == {"class:bulk": True, "kind:a": True}
    # Set back to a moment when bulk work went on, and kind:a was never heard of.
    assert again.reconcile([setting(False, version=3)])
    assert again.scoped(JOBS_PAUSE) == {"class:bulk": False}
    assert told
    assert not told[-1]


@pytest.mark.parametrize(
    "bad",
    [
        setting("yes", version=5),
        setting(scope="class:slow", version=5),
        setting(name="jobs.unheard_of", version=5),
        setting(version=version_at(NOW + timedelta(hours=25))),
        setting(version=2**62),
    ],
)
def test_what_no_switch_can_be_is_left_out_and_said_once(switches: Switches, bad: Setting) -> None:
    switches.take([setting(version=4)], source="test")
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            assert not switches.take([bad], source="store")
    assert [line["event"] for line in logs] == ["switch_setting_ignored"]
    assert switches.value(JOBS_PAUSE, "class:bulk") is True


def test_settings_do_not_grow_without_end(switches: Switches) -> None:
    switches.take([setting(scope=f"kind:k{number}") for number in range(MAX_SETTINGS + 10)], source="bus")
    assert len(switches.known()) == MAX_SETTINGS


def test_a_setting_travels_whole_and_what_is_none_is_refused() -> None:
    sent = setting({"hours": [["22:00", "06:00"]]}, name="jobs.batch_window", scope="", expires_at=NOW)
    assert decode_setting(encode_setting(sent)) == sent
    good = msgspec.json.decode(encode_setting(setting()))
    for fault in (
        {"name": "Jobs.Pause"},
        {"name": "jobs"},
        {"scope": "class bulk"},
        {"reason": "  "},
        {"reason": "two\nlines"},
        {"reason": "x" * 301},
        {"actor": "da na"},
        {"version": 0},
        {"version": 2**63},
        {"version": "1"},
        {"set_at": "2026-03-09T15:00:00"},
        {"expires_at": "tomorrow"},
    ):
        with pytest.raises(ValueError):
            decode_setting(msgspec.json.encode({**good, **fault}))
    for body in (b"", b"\xff", b"[]", b"{}", b"[" * 5_000, msgspec.json.encode({**good, "value": "x" * 9_000})):
        with pytest.raises(ValueError):
            decode_setting(body)


def test_the_last_settings_are_read_back_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "switches-jobs.json"
    file = SettingsFile(path)
    assert file.read().settings == []
    kept = [setting(), setting(None, scope="kind:a", version=7)]
    assert file.write(kept)
    assert file.write(kept, written=[kept[1].edition])
    assert SettingsFile(path).read().settings == kept
    assert SettingsFile(path).read().written == {("jobs.pause", "kind:a", 7)}
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_what_is_damaged_on_disk_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "switches-jobs.json"
    good = msgspec.json.decode(msgspec.json.encode(setting()))
    path.write_bytes(msgspec.json.encode({"settings": [{**good, "version": "x"}, good, 7]}))
    assert SettingsFile(path).read().settings == [setting()]
    for content in (b"", b"{", b'{"settings": 3}', b"\xff\xfe", b"[" * 100_000, b" " * 5_000_000):
        path.write_bytes(content)
        assert SettingsFile(path).read().settings == []
    path.unlink()
    path.mkdir()
    assert SettingsFile(path).read().settings == []


def test_a_disk_that_takes_nothing_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = SettingsFile(tmp_path / "file" / "switches.json")
    with structlog.testing.capture_logs() as logs:
        assert not file.write([])
        assert not file.write([])
    assert [line["event"] for line in logs] == ["switches_file_not_written"]
