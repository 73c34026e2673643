from __future__ import annotations

from pathlib import Path

import pytest

from common.settings import ConfigurationError
from opsctl.config import DEFAULT_URL, read_config


def test_without_any_setting_it_is_the_suite_on_this_machine(tmp_path: Path) -> None:
    config = read_config({"USER": "dana"}, home=tmp_path)
    assert config.services["jobs"] == f"{DEFAULT_URL}/jobs"
    assert (config.actor, config.token(), config.timeout_s) == ("dana", "", 5.0)
    assert config.folder == tmp_path / ".config" / "opsctl"


def test_variables_go_before_the_file_and_the_file_before_what_is_usual(tmp_path: Path) -> None:
    folder = tmp_path / "opsctl"
    folder.mkdir()
    (folder / "config.toml").write_text(
        'url = "http://suite:8080/"\nactor = "file"\ntimeout_s = 2.5\n[services]\nchat = "http://chat:8082/"\n'
    )
    config = read_config({"XDG_CONFIG_HOME": str(tmp_path), "OPSCTL_ACTOR": "env"}, home=tmp_path)
    assert config.actor == "env"
    assert config.timeout_s == 2.5
    assert config.services["chat"] == "http://chat:8082"
    assert config.services["telephony-gateway"] == "http://suite:8080/telephony-gateway"
    told = {"XDG_CONFIG_HOME": str(tmp_path), "OPSCTL_TELEPHONY_GATEWAY_URL": "http://gw:8081"}
    assert read_config(told, home=tmp_path).services["telephony-gateway"] == "http://gw:8081"


def test_the_token_comes_from_a_file_and_secrets_stay_out_of_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("ops_secret\n")
    (tmp_path / "url").write_text("postgresql://control:hidden@db/suite\n")
    config = read_config(
        {
            "OPSCTL_TOKEN_FILE": str(tmp_path / "token"),
            "OPSCTL_CONTROL_DATABASE_URL_FILE": str(tmp_path / "url"),
            "OPSCTL_AMQP_URL": "amqp://control:hidden@mq/",
            "USER": "dana",
        },
        home=tmp_path,
    )
    assert config.token() == "ops_secret"
    assert config.control_database_url == "postgresql://control:hidden@db/suite"
    assert "hidden" not in repr(config)
    assert "ops_secret" not in repr(config)


def test_the_usual_token_file_is_read_where_none_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "opsctl"
    folder.mkdir(parents=True)
    (folder / "token").write_text("ops_usual")
    assert read_config({"USER": "dana"}, home=tmp_path).token() == "ops_usual"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('urls = "x"', "unknown in the configuration: urls"),
        ('[services]\ngateway = "http://x"', "unknown in the configuration: services.gateway"),
        ("services = 3", "unknown in the configuration: services"),
        ('control_database_url = "postgresql://a:b@c/d"', "unknown in the configuration: control_database_url"),
        ("url = ", "config.toml: Invalid value"),
        ('url = "ftp://x"', "OPSCTL_URL must begin with"),
        ("timeout_s = 0", "OPSCTL_TIMEOUT_S must be between"),
        ('actor = "a b"', "OPSCTL_ACTOR must be"),
    ],
)
def test_a_faulty_file_is_refused_with_the_reason(tmp_path: Path, content: str, fault: str) -> None:
    (tmp_path / "opsctl").mkdir()
    (tmp_path / "opsctl" / "config.toml").write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        read_config({"XDG_CONFIG_HOME": str(tmp_path), "USER": "dana"}, home=tmp_path)
    assert fault in str(caught.value)


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not there"):
        read_config({"OPSCTL_CONFIG": str(tmp_path / "none.toml"), "USER": "dana"}, home=tmp_path)


@pytest.mark.parametrize("content", ["", "two words", "x" * 5_000, "line\nother"])
def test_a_token_file_without_a_token_is_refused_and_not_quoted(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)
    config = read_config({"OPSCTL_TOKEN_FILE": str(tmp_path / "token"), "USER": "dana"}, home=tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        config.token()
    assert "words" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        read_config({"OPSCTL_TOKEN_FILE": str(tmp_path / "gone"), "USER": "dana"}, home=tmp_path).token()
