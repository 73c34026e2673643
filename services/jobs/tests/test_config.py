from __future__ import annotations

from pathlib import Path

import pytest

from common.settings import ConfigurationError
from jobs.config import Config, SmtpConfig, from_env

SMTP = {
    "EMAIL_PROVIDER": "smtp",
    "SMTP_URL": "smtp+starttls://mail.example.com",
    "EMAIL_FROM": "Receptionist <receptionist@mail.example.com>",
}


def faults_of(variables: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        from_env(variables)
    return refused.value.faults


def test_without_a_word_mail_goes_to_the_stub() -> None:
    config = from_env({})
    assert (config.email_provider, config.smtp) == ("stub", None)
    assert config.email_from == Config(port=0).email_from


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://localhost", ("localhost", 25, "none")),
        ("smtp://10.0.0.5:2525", ("10.0.0.5", 2525, "none")),
        ("smtp+starttls://mail.example.com", ("mail.example.com", 587, "starttls")),
        ("smtps://mail.example.com", ("mail.example.com", 465, "implicit")),
        ("smtps://[::1]:4650", ("::1", 4650, "implicit")),
    ],
)
def test_a_server_is_named_by_its_url(url: str, expected: tuple[str, int, str]) -> None:
    smtp = from_env({**SMTP, "SMTP_URL": url}).smtp
    assert smtp is not None
    assert (smtp.host, smtp.port, smtp.tls) == expected


def test_the_login_comes_from_variables_or_a_file_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2\n")
    for secret in ({"SMTP_PASSWORD": "hunter2"}, {"SMTP_PASSWORD_FILE": str(file)}):
        config = from_env({**SMTP, "SMTP_USER": "mailer", **secret})
        assert config.smtp is not None
        assert (config.smtp.user, config.smtp.password) == ("mailer", "hunter2")
        assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    ("raw", "name", "address"),
    [
        ("receptionist@mail.example.com", "", "receptionist@mail.example.com"),
        ("Bright's Receptionist <r@mail.example.com>", "Bright's Receptionist", "r@mail.example.com"),
        ("<r@mail.example.com>", "", "r@mail.example.com"),
    ],
)
def test_the_sender_is_an_address_and_perhaps_a_name(raw: str, name: str, address: str) -> None:
    config = from_env({**SMTP, "EMAIL_FROM": raw})
    assert (config.email_from_name, config.email_from) == (name, address)


@pytest.mark.parametrize(
    "raw",
    [
        "receptionist",
        "r@localhost",
        "r@x.example, s@x.example",
        "Name <r@x.example",
        "r@x.example\nBcc: a@b.example",
        "ñ@x.example",
        "a..b@x.example",
        "r@-x.example",
        "r@x..example",
        "Name \\ <r@x.example>",
    ],
)
def test_what_is_no_sender_is_refused(raw: str) -> None:
    assert faults_of({**SMTP, "EMAIL_FROM": raw}) == (
        "EMAIL_FROM must be an address, or a name and an address in angle brackets",
    )


def test_a_mail_server_needs_its_url_and_a_sender_and_every_fault_is_told_at_once() -> None:
    assert faults_of({"EMAIL_PROVIDER": "smtp"}) == ("EMAIL_FROM must be set", "SMTP_URL must be set")
    assert faults_of({"EMAIL_PROVIDER": "pigeon"}) == ("EMAIL_PROVIDER must be one of stub, smtp",)
    faults = faults_of(
        {
            **SMTP,
            "SMTP_URL": "smtp://user:hunter2@mail.example.com/inbox",
            "SMTP_PASSWORD": "hunter2",
            "SMTP_CA_FILE": "/nowhere/ca.pem",
            "SMTP_TIMEOUT_S": "0",
            "SMTP_CONNECTIONS": "500",
        }
    )
    assert len(faults) == 7
    assert "hunter2" not in " ".join(faults)


@pytest.mark.parametrize(
    "url", ["https://mail.example.com", "mail.example.com:25", "smtp://", "smtp://h:notaport", "smtp://h:99999"]
)
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    assert any(fault.startswith("SMTP_URL") for fault in faults_of({**SMTP, "SMTP_URL": url}))


def test_a_password_never_goes_over_the_wire_in_the_clear_but_on_this_machine() -> None:
    login = {"SMTP_USER": "mailer", "SMTP_PASSWORD": "hunter2"}
    (fault,) = faults_of({**SMTP, **login, "SMTP_URL": "smtp://mail.example.com"})
    assert "in the clear" in fault
    assert from_env({**SMTP, **login, "SMTP_URL": "smtp://localhost"}).smtp == SmtpConfig(
        host="localhost", port=25, tls="none", user="mailer", password="hunter2"
    )
