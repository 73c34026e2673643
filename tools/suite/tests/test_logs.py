from __future__ import annotations

import pytest
import structlog

from common.observability.logs import get_logger, pii
from suite.__main__ import _configure_logs


@pytest.mark.parametrize(("said", "shown"), [("", True), ("true", True), ("false", False)])
def test_the_suite_shows_personal_data_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: str, shown: bool
) -> None:
    monkeypatch.setenv("LOG_PII", said)
    monkeypatch.setenv("LOG_FORMAT", "json")
    try:
        _configure_logs(to_file=False)
        get_logger("suite").info("call_answered", **pii(caller="+15125550123"))
    finally:
        structlog.reset_defaults()
    assert ("+15125550123" in capsys.readouterr().err) == shown
