from __future__ import annotations

from typing import Any

import msgspec
import pytest

from common.control.catalogue import CATALOGUE, SwitchRefused, UnknownSwitch, switch_named
from common.control.initial import read_initial, value_of
from common.control.setting import Name
from common.settings import ConfigurationError, Environment


def test_every_switch_of_the_playbook_is_there_and_says_what_it_does() -> None:
    assert set(CATALOGUE) == {
        "telephony.fail_soft",
        "telephony.outbound_retries",
        "speech.provider",
        "assistant.provider",
        "chat.max_concurrency",
        "chat.client_timeout_ms",
        "jobs.pause",
        "jobs.batch_window",
        "owner.banner",
        "twilio.owner_alert_channel",
    }
    for name, switch in CATALOGUE.items():
        assert msgspec.convert(name, Name) == name
        assert switch.about.endswith(".")
        assert switch.default is None or switch.convert(msgspec.to_builtins(switch.default)) == switch.default
    assert len({switch.variable for switch in CATALOGUE.values()}) == len(CATALOGUE)


def test_only_what_a_service_reads_is_offered() -> None:
    assert switch_named("jobs.pause") is CATALOGUE["jobs.pause"]
    unread = [name for name, switch in CATALOGUE.items() if not switch.read_by]
    for name in (*unread, "jobs.pauze", "", "x" * 1_000):
        with pytest.raises(UnknownSwitch, match=r"There are: .*jobs\.pause"):
            switch_named(name)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("jobs.pause", "yes"),
        ("jobs.pause", 1),
        ("jobs.pause", None),
        ("chat.max_concurrency", 0),
        ("chat.max_concurrency", True),
        ("chat.client_timeout_ms", 10**30),
        ("speech.provider", "Stub!"),
        ("speech.provider", "stub\n"),
        ("twilio.owner_alert_channel", "fax"),
        ("owner.banner", {"en": "x"}),
        ("owner.banner", {"en": "x", "es": "x", "color": "red"}),
        ("owner.banner", {"en": "x" * 301, "es": "x"}),
        ("jobs.batch_window", {"hours": []}),
        ("jobs.batch_window", {"hours": [["24:00", "06:00"]]}),
        ("jobs.batch_window", {"hours": [["22:00", "06:00"]], "time_zone": "Mars/Base"}),
        ("jobs.batch_window", {"hours": [["22:00", "06:00"]], "time_zone": "../etc/passwd"}),
        ("jobs.batch_window", {"hours": [["22:00", "06:00"]], "at_a_time": 0}),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(name: str, raw: Any) -> None:
    with pytest.raises(SwitchRefused, match=name):
        CATALOGUE[name].convert(raw)


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("jobs.pause", ""),
        ("jobs.pause", "class:slow"),
        ("jobs.pause", "kind:Contacts"),
        ("jobs.pause", "kind:contacts.import\n"),
        ("jobs.pause", "kind:a.b.c.d.e"),
        ("owner.banner", "tenant:1"),
    ],
)
def test_a_scope_that_a_switch_does_not_have_is_refused(name: str, scope: str) -> None:
    with pytest.raises(SwitchRefused):
        CATALOGUE[name].check_scope(scope)
    CATALOGUE["jobs.pause"].check_scope("kind:contacts.import")
    CATALOGUE["jobs.pause"].check_scope("class:bulk")


def initial(**variables: str) -> dict[Any, Any]:
    env = Environment(variables)
    found = read_initial(env)
    env.finish()
    return found


def test_the_environment_gives_initial_values() -> None:
    found = initial(
        SPEECH_PROVIDER="stub",
        CHAT_MAX_CONCURRENCY="8",
        TELEPHONY_OUTBOUND_RETRIES="off",
        JOBS_PAUSE="class:bulk, kind:contacts.import,",
        OWNER_BANNER='{"en": "We are late", "es": "Vamos tarde"}',
    )
    assert found.pop(("owner.banner", "")).es == "Vamos tarde"
    assert found == {
        ("speech.provider", ""): "stub",
        ("chat.max_concurrency", ""): 8,
        ("telephony.outbound_retries", ""): False,
        ("jobs.pause", "class:bulk"): True,
        ("jobs.pause", "kind:contacts.import"): True,
    }
    assert initial() == {}


def test_all_faults_of_the_environment_are_told_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        initial(CHAT_MAX_CONCURRENCY="many", JOBS_PAUSE="bulk", OWNER_BANNER="{", TELEPHONY_FAIL_SOFT="null")
    assert len(caught.value.faults) == 4
    assert all(fault.partition(":")[0].isupper() for fault in caught.value.faults)


def test_people_type_words_without_quotation_marks() -> None:
    assert value_of(CATALOGUE["jobs.pause"], "on") is True
    assert value_of(CATALOGUE["jobs.pause"], "False") is False
    assert value_of(CATALOGUE["speech.provider"], "stub") == "stub"
    assert value_of(CATALOGUE["chat.max_concurrency"], "12") == 12
    with pytest.raises(SwitchRefused, match="not JSON"):
        value_of(CATALOGUE["jobs.batch_window"], "{hours: []}")
    with pytest.raises(SwitchRefused, match="clear it"):
        value_of(CATALOGUE["owner.banner"], "null")
