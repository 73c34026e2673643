from __future__ import annotations

from pathlib import Path

import pytest

from chat.config import Records, from_env
from common.settings import ConfigurationError

POSTGRES = "postgresql://chat@db/suite"
AMQP = "amqp://broker"


def test_without_any_variable_it_is_the_embedded_mode() -> None:
    config = from_env({})
    assert (config.port, config.host, config.records, config.tenants_file) == (8082, "127.0.0.1", "embedded", None)


@pytest.mark.parametrize(
    ("variables", "records"),
    [
        ({"DATABASE_URL": POSTGRES}, "stored"),
        ({"DATABASE_URL": POSTGRES, "USE_DB_CHAT": "true", "HOST": "10.0.0.7"}, "stored"),
        ({"AMQP_URL": AMQP}, "embedded"),
        ({"USE_DB_CHAT": "false"}, "embedded"),
        ({"USE_DB_CHAT": "false", "DATABASE_URL": POSTGRES}, "off"),
        ({"USE_DB_CHAT": "false", "AMQP_URL": AMQP}, "off"),
        ({"USE_DB_CHAT": "false", "HOST": "10.0.0.7"}, "off"),
    ],
)
def test_where_the_records_are(variables: dict[str, str], records: Records) -> None:
    assert from_env(variables).records == records


def test_memory_is_no_place_for_records_that_others_can_reach() -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        from_env({"HOST": "10.0.0.7"})


def test_all_faults_are_told_together() -> None:
    with pytest.raises(ConfigurationError) as raised:
        from_env({"PORT": "x", "DRAIN_S": "-1", "USE_DB_CHAT": "perhaps", "AMQP_URL": "http://x"})
    assert len(raised.value.faults) == 4


def test_the_tenants_file_is_a_path() -> None:
    assert from_env({"TENANTS_FILE": "tenants.yaml"}).tenants_file == Path("tenants.yaml")
