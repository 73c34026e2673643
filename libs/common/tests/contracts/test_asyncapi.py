from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.contracts.asyncapi import document, main, rendered
from common.contracts.codec import CONTRACTS
from common.contracts.topology import QUEUES, RPC_QUEUES


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [reference for part in value.values() for reference in _references(part)]
    if isinstance(value, list):
        return [reference for part in value for reference in _references(part)]
    return []


def test_every_reference_leads_somewhere() -> None:
    made = yaml.safe_load(rendered())
    for reference in _references(made):
        place: Any = made
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]


def test_every_contract_and_every_queue_is_in_it() -> None:
    made = document()
    assert set(made["components"]["messages"]) == set(CONTRACTS)
    assert {queue.name for queue in (*QUEUES, *RPC_QUEUES)} < set(made["channels"])
    received = {
        operation["channel"]["$ref"] for operation in made["operations"].values() if operation["action"] == "receive"
    }
    assert received == {f"#/channels/{queue.name}" for queue in (*QUEUES, *RPC_QUEUES)}


def test_names_fit_the_specifications_pattern() -> None:
    made = document()
    for part in (made["components"]["messages"], made["components"]["schemas"]):
        assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in part)


def test_the_document_is_the_same_each_time() -> None:
    assert rendered() == rendered()


def test_a_file_that_differs_fails_the_check_and_shows_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "asyncapi.yaml"
    assert main(["--check", str(file)]) == 1
    assert main([]) == 0
    file.write_text(capsys.readouterr().out)
    assert main(["--check", str(file)]) == 0
    file.write_text(file.read_text().replace("call.ended.v1", "call.over.v1"))
    assert main(["--check", str(file)]) == 1
    shown = capsys.readouterr().err
    assert "call.over.v1" in shown
    assert "run 'make asyncapi'" in shown


def test_the_committed_document_is_up_to_date() -> None:
    committed = Path(__file__).parents[4] / "docs" / "asyncapi.yaml"
    assert main(["--check", str(committed)]) == 0
