from __future__ import annotations

from pathlib import Path

import pytest

from common.settings import ConfigurationError
from telephony_gateway.config import EMBEDDED_AUTH_TOKEN, from_env

DEPLOYED = {
    "HOST": "203.0.113.7",
    "DATABASE_URL": "postgresql://gateway:x@db/suite",
    "AMQP_URL": "amqp://broker",
    "PUBLIC_BASE_URL": "https://calls.example",
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "JOURNAL_DIR": "/var/lib/journal",
}


def test_with_nothing_set_it_is_embedded_on_loopback() -> None:
    config = from_env({})
    assert config.harmless
    assert config.host == "127.0.0.1"
    assert config.public_base_url == "http://localhost:8081"
    assert config.twilio_auth_token == EMBEDDED_AUTH_TOKEN
    assert config.verify_twilio_signatures
    assert config.sms_provider == "stub"


def test_a_deployment_takes_its_settings() -> None:
    config = from_env(
        {**DEPLOYED, "PORT": "9000", "ANSWER_DEADLINE_S": "6", "VOICE_ES": "Polly.Mia", "TEXT_LEASE_S": "15"}
    )
    assert not config.harmless
    assert (config.port, config.answer_deadline_s, config.voice_es) == (9000, 6.0, "Polly.Mia")
    assert config.journal_dir == Path("/var/lib/journal")
    assert config.text_lease_s == 15


def test_a_deployment_needs_its_secrets_and_address() -> None:
    with pytest.raises(ConfigurationError) as error:
        from_env({"HOST": "203.0.113.7", "DATABASE_URL": "postgresql://db"})
    assert {fault.split()[0] for fault in error.value.faults} == {"PUBLIC_BASE_URL", "TWILIO_AUTH_TOKEN"}


def test_signatures_may_be_off_on_loopback_only() -> None:
    assert not from_env({"VERIFY_TWILIO_SIGNATURES": "false"}).verify_twilio_signatures
    with pytest.raises(ConfigurationError, match="VERIFY_TWILIO_SIGNATURES"):
        from_env({**DEPLOYED, "VERIFY_TWILIO_SIGNATURES": "false"})


def test_use_db_telephony_false_puts_the_store_into_memory() -> None:
    assert from_env(DEPLOYED).stored
    assert not from_env({**DEPLOYED, "USE_DB_TELEPHONY": "false"}).stored


def test_a_speech_provider_that_does_not_exist_is_refused() -> None:
    assert from_env({"SPEECH_PROVIDER": "stub"}).speech_provider == "stub"
    with pytest.raises(ConfigurationError, match="SPEECH_PROVIDER"):
        from_env({"SPEECH_PROVIDER": "parrot"})


def test_all_faults_are_told_together() -> None:
    with pytest.raises(ConfigurationError) as error:
        from_env(
            {
                "PORT": "x",
                "DATABASE_URL": "mysql://",
                "ANSWER_DEADLINE_S": "60",
                "SMS_PROVIDER": "pigeon",
                "STATE_SEAL_KEYS": "too-short-for-this",
                "PUBLIC_BASE_URL": "https://calls.example/path",
            }
        )
    assert len(error.value.faults) == 6


def test_secrets_are_not_shown() -> None:
    config = from_env({**DEPLOYED, "STATE_SEAL_KEYS": "s" * 40})
    assert "0123456789abcdef" not in repr(config)
    assert "sssss" not in repr(config)
