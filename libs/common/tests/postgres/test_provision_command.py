from __future__ import annotations

import pytest

from common.postgres.__main__ import read_passwords
from common.settings import ConfigurationError


def test_every_password_must_be_given_and_long_enough() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_passwords(
            {"ADMIN_DATABASE_URL": "mysql://x", "CHAT_DB_PASSWORD": "short", "GATEWAY_DB_PASSWORD": "g" * 20}
        )
    assert len(caught.value.faults) == 5
    assert "short " not in str(caught.value)


def test_passwords_are_read_by_service() -> None:
    variables = {
        f"{service}_DB_PASSWORD": service * 10 for service in ("GATEWAY", "CHAT", "BILLING", "JOBS", "CONTROL")
    }
    url, passwords = read_passwords({"ADMIN_DATABASE_URL": "postgresql://a@h/d", **variables})
    assert url == "postgresql://a@h/d"
    assert passwords["jobs"] == "JOBS" * 10
