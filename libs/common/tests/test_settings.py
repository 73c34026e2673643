from __future__ import annotations

from pathlib import Path

import pytest

from common.settings import ConfigurationError, Environment


def test_every_fault_is_reported_together_and_no_secret_is_echoed() -> None:
    environment = Environment(
        {"PORT": "eighty", "FLAG": "maybe", "URL": "ftp://x", "MODE": "huge", "TOKEN": "short", "WAIT": "x"}
    )
    environment.integer("PORT", 8080, minimum=1, maximum=65_535)
    environment.flag("FLAG", default=True)
    environment.url("URL", schemes=("http", "https"))
    environment.choice("MODE", "small", among=("small", "large"))
    environment.secret("TOKEN", required=True)
    environment.seconds("WAIT", 1.0, minimum=0.1, maximum=10)
    environment.text("NAME", required=True)
    with pytest.raises(ConfigurationError) as caught:
        environment.finish()
    assert len(caught.value.faults) == 7
    assert (
        "short"
        not in " ".join(fault for fault in caught.value.faults if fault.startswith("TOKEN=")) + caught.value.faults[0]
    )
    assert {fault.split()[0] for fault in caught.value.faults} == {
        "PORT",
        "FLAG",
        "URL",
        "MODE",
        "TOKEN",
        "WAIT",
        "NAME",
    }


def test_unset_and_empty_variables_take_their_defaults() -> None:
    environment = Environment({"PORT": " ", "FLAG": ""})
    assert environment.integer("PORT", 8080, minimum=1, maximum=65_535) == 8080
    assert environment.flag("FLAG", default=True) is True
    assert environment.seconds("WAIT", 1.5, minimum=0, maximum=2) == 1.5
    assert environment.choice("MODE", "a", among=("a", "b")) == "a"
    assert environment.url("URL", "memory://", schemes=("memory",)) == "memory://"
    environment.finish()


def test_values_are_read_with_their_types() -> None:
    environment = Environment(
        {"PORT": "0", "FLAG": "Off", "WAIT": "0.5", "MODE": "b", "URL": "https://a.example/x/", "DIR": "/srv/journal"}
    )
    assert environment.integer("PORT", 1, minimum=0, maximum=1) == 0
    assert environment.flag("FLAG", default=True) is False
    assert environment.seconds("WAIT", 1, minimum=0, maximum=1) == 0.5
    assert environment.choice("MODE", "a", among=("a", "b")) == "b"
    assert environment.url("URL", schemes=("https",)) == "https://a.example/x"
    assert environment.folder("DIR", "x") == Path("/srv/journal")
    environment.finish()


@pytest.mark.parametrize("raw", ["70000", "-1"])
def test_numbers_out_of_range_are_faults(raw: str) -> None:
    environment = Environment({"PORT": raw, "WAIT": raw})
    environment.integer("PORT", 1, minimum=0, maximum=65_535)
    environment.seconds("WAIT", 1, minimum=0, maximum=60)
    with pytest.raises(ConfigurationError, match=r"PORT.*WAIT"):
        environment.finish()


def test_a_url_with_a_bad_port_is_a_fault() -> None:
    environment = Environment({"URL": "http://a:99999/"})
    environment.url("URL", schemes=("http",))
    with pytest.raises(ConfigurationError, match="not a URL"):
        environment.finish()


def test_a_secret_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-secret-that-is-long-enough\n", encoding="utf-8")
    environment = Environment({"TOKEN_FILE": str(tmp_path / "token")})
    assert environment.secret("TOKEN", required=True) == "a-secret-that-is-long-enough"
    environment.finish()


def test_a_secret_given_twice_or_unreadable_is_a_fault(tmp_path: Path) -> None:
    environment = Environment({"A": "x" * 20, "A_FILE": str(tmp_path / "a"), "B_FILE": str(tmp_path / "missing")})
    environment.secret("A", required=False)
    environment.secret("B", required=False)
    with pytest.raises(ConfigurationError) as caught:
        environment.finish()
    assert any("not both" in fault for fault in caught.value.faults)
    assert any(fault.startswith("B_FILE can't be read") for fault in caught.value.faults)
