"""A golden file is what a publisher of that version once wrote. It is never edited: a change that breaks one is a new version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from common.contracts.codec import CONTRACTS, decode, encode

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))


def test_every_contract_has_a_golden_file_and_every_file_a_contract() -> None:
    assert sorted(CONTRACTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_was_written_once_is_read_for_ever(name: str) -> None:
    envelope, contract = decode((GOLDEN / f"{name}.json").read_bytes())
    assert type(contract) is CONTRACTS[name]
    assert envelope.type == name


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_written_the_same_again(name: str) -> None:
    golden = (GOLDEN / f"{name}.json").read_bytes()
    envelope, contract = decode(golden)
    written = encode(
        contract,
        event_id=envelope.id,
        source=envelope.source,
        time=envelope.time,
        subject=envelope.subject,
        tenant=envelope.tenant,
        correlation_id=envelope.correlationid,
        traceparent=envelope.traceparent,
    )
    assert missing(json.loads(golden), json.loads(written)) == []


def missing(before: Any, after: Any, path: str = "$") -> list[str]:
    """Where `after` lacks or changes something of `before`. New keys are no fault: they have defaults, since the file was read."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            fault
            for key, value in before.items()
            for fault in ([f"{path}.{key}"] if key not in after else missing(value, after[key], f"{path}.{key}"))
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return [fault for n, (old, new) in enumerate(pairs) for fault in missing(old, new, f"{path}[{n}]")]
    return [] if before == after else [path]
