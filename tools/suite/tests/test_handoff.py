from __future__ import annotations

import os
from pathlib import Path

import pytest

from suite.handoff import Handoff, SuiteNotRunning, find, publish


def _handoff(process_id: int) -> Handoff:
    return Handoff(
        process_id=process_id,
        url="http://127.0.0.1:8080",
        public_base_url="http://localhost:8080",
        auth_token="token",
        business_name="B",
        business_phone="+15125550100",
    )


def test_the_running_suite_is_found_and_its_secret_is_not_readable_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = publish(_handoff(os.getpid()), 8080)
    assert path.stat().st_mode & 0o777 == 0o600
    assert find(8080) == _handoff(os.getpid())


def test_a_suite_that_is_not_there_any_more_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SuiteNotRunning):
        find(8080)
    publish(_handoff(2**22 + 1), 8080)
    with pytest.raises(SuiteNotRunning):
        find(8080)
