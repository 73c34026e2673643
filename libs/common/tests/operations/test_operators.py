from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import yaml
from structlog.testing import capture_logs

from common.clock import ManualClock
from common.operations.operators import (
    MAX_FILE_BYTES,
    ROLES,
    Entry,
    Operator,
    Operators,
    Role,
    hash_of,
    load_operators,
    mint,
)
from common.operations.reasons import Reason, masked
from common.service_config import read_service
from common.settings import ConfigurationError, Environment

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def minted(name: str, *roles: Role) -> tuple[str, dict[str, object]]:
    token, entry = mint(name, roles, secret=lambda: f"{name}-secret-of-thirty-two-characters")
    return token, msgspec.to_builtins(entry)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "operators.yaml"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def write(path: Path, *lines: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(list(lines)))


@pytest.mark.parametrize("dump", [json.dumps, yaml.safe_dump])
def test_a_token_lets_in_whose_hash_stands_in_the_file(path: Path, clock: ManualClock, dump: object) -> None:
    token, line = minted("dana", "viewer", "operator")
    assert callable(dump)
    path.write_text(dump([line]))
    operators = Operators(path, clock)
    assert operators.find(token) == Operator(name="dana", role="operator")
    for wrong in ("", token[:-1], token + "x", token.upper(), "\udcff", "x" * 5_000):
        assert operators.find(wrong) is None
    assert token not in path.read_text()


def test_nothing_is_no_token_even_where_its_hash_stands_in_the_file(path: Path, clock: ManualClock) -> None:
    write(path, {"name": "dana", "token_sha256": hash_of(""), "roles": ["admin"]})
    assert Operators(path, clock).find("") is None


def test_each_role_may_do_what_those_before_it_may() -> None:
    may = {role: [other for other in ROLES if Operator(name="a", role=role).may(other)] for role in ROLES}
    assert may == {"viewer": ["viewer"], "operator": ["viewer", "operator"], "admin": ["viewer", "operator", "admin"]}


def test_an_operator_may_have_an_old_and_a_new_token_at_once(path: Path, clock: ManualClock) -> None:
    old, line = minted("dana", "admin")
    new, entry = mint("dana", ["admin"], secret=lambda: "another")
    write(path, line, msgspec.to_builtins(entry))
    operators = Operators(path, clock)
    assert operators.find(old) == operators.find(new) == Operator(name="dana", role="admin")


def test_a_changed_file_is_in_force_within_a_second(path: Path, clock: ManualClock) -> None:
    dana, dana_line = minted("dana", "admin")
    sam, sam_line = minted("sam", "viewer")
    write(path, dana_line)
    operators = Operators(path, clock)
    write(path, sam_line)
    assert operators.find(sam) is None
    clock.advance(1.0)
    assert operators.find(sam) is not None
    assert operators.find(dana) is None


def test_a_file_that_was_replaced_within_the_same_instant_is_read_again(path: Path, clock: ManualClock) -> None:
    _, dana_line = minted("dana", "admin")
    fred, fred_line = minted("fred", "admin")
    write(path, dana_line)
    operators, stat = Operators(path, clock), path.stat()
    other = path.with_name("other")
    write(other, fred_line)
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)
    clock.advance(1.0)
    assert operators.find(fred) is not None


def test_a_slip_of_the_pen_leaves_the_last_good_file_in_force_and_is_logged_once(
    path: Path, clock: ManualClock
) -> None:
    token, line = minted("dana", "admin")
    write(path, line)
    operators = Operators(path, clock)
    path.write_text("- name: [dana")
    with capture_logs() as logs:
        for _ in range(3):
            clock.advance(2.0)
            assert operators.find(token) is not None
    assert [entry["event"] for entry in logs] == ["operators_file_unusable"]
    write(path, line)
    clock.advance(2.0)
    assert operators.find(token) is not None


def test_a_file_that_is_gone_lets_nobody_in_until_it_is_back(path: Path, clock: ManualClock) -> None:
    token, line = minted("dana", "admin")
    write(path, line)
    operators = Operators(path, clock)
    path.unlink()
    clock.advance(2.0)
    assert operators.find(token) is None
    write(path, line)
    clock.advance(2.0)
    assert operators.find(token) is not None


GOOD = {"name": "dana", "token_sha256": "a" * 64, "roles": ["viewer"]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("- name: [dana", "not YAML (line "),
        ("", "Expected `array`, got `null`"),
        ("{}", "Expected `array`"),
        (b"\xff\xfe", "not UTF-8"),
        ([{**GOOD, "name": "Dana Smith"}], "1 to 64 of a-z"),
        ([{**GOOD, "name": "dana\n"}], "1 to 64 of a-z"),
        ([{**GOOD, "token_sha256": "ops_in-the-clear"}], "64 hexadecimal digits"),
        ([{**GOOD, "token_sha256": "A" * 64}], "64 hexadecimal digits"),
        ([{**GOOD, "roles": ["root"]}], "Invalid enum value 'root' - at `$[0].roles[0]`"),
        ([{**GOOD, "roles": []}], "length >= 1"),
        ([{**GOOD, "token": "ops_in-the-clear"}], "unknown field `token`"),
        ([{"name": "dana"}], "missing required field `token_sha256`"),
        ([GOOD, {**GOOD, "name": "sam"}], "two lines have the same token"),
        ([{**GOOD, "token_sha256": f"{number:064x}"} for number in range(501)], "more than 500 tokens"),
        ("# " + "x" * MAX_FILE_BYTES, "larger than"),
    ],
)
def test_each_fault_of_a_file_is_named_and_nothing_of_it_is_quoted(path: Path, content: object, reason: str) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ConfigurationError) as caught:
        load_operators(path)
    (fault,) = caught.value.faults
    assert fault.startswith(f"OPERATOR_TOKENS_FILE {path}: ")
    assert reason in fault
    assert "in-the-clear" not in fault
    assert "Smith" not in fault


def test_a_file_that_is_not_there_is_a_fault_at_the_start(path: Path, clock: ManualClock) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        Operators(path, clock)
    with pytest.raises(ConfigurationError, match="can't be read"):
        load_operators(path.parent)


def test_nobody_gets_a_token_under_a_name_that_can_not_stand_in_the_file() -> None:
    with pytest.raises(ConfigurationError):
        mint("Dana Smith", ["viewer"], secret=lambda: "x")
    token, entry = mint("dana", ["viewer"], secret=lambda: "x")
    assert token == "ops_x"
    assert entry == Entry(name="dana", token_sha256=entry.token_sha256, roles=("viewer",))


@pytest.mark.parametrize(
    ("reason", "written"),
    [
        ("queue stuck since 10:45, see INC-1234", "queue stuck since 10:45, see INC-1234"),
        ("asked by dana@example.com", "asked by …"),
        ("caller +1 (512) 555-0142 says so", "caller … says so"),
        ("caller 5125550142", "caller …"),
    ],
)
def test_a_reason_is_written_down_without_addresses_and_numbers_to_call(reason: str, written: str) -> None:
    assert masked(reason) == written


@pytest.mark.parametrize("reason", ["", "  ", "   ", "a\nb c", "x" * 301, "ok\x00ok"])
def test_a_reason_is_one_line_that_says_something(reason: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(reason, Reason)


def test_a_file_of_operators_that_can_not_be_used_is_told_with_the_other_faults_of_a_configuration(path: Path) -> None:
    path.write_text("- name: [dana")
    env = Environment({"OPERATOR_TOKENS_FILE": str(path), "DRAIN_S": "soon"})
    read_service(env, port=1, use_db="JOBS")
    with pytest.raises(ConfigurationError) as caught:
        env.finish()
    assert [fault.split()[0] for fault in caught.value.faults] == ["DRAIN_S", "OPERATOR_TOKENS_FILE"]
    write(path, minted("dana", "admin")[1])
    assert (
        read_service(Environment({"OPERATOR_TOKENS_FILE": str(path)}), port=1, use_db="JOBS")["operator_tokens_file"]
        == path
    )
    assert read_service(Environment({}), port=1, use_db="JOBS")["operator_tokens_file"] is None
