from __future__ import annotations

from pathlib import Path

import pytest
from opsctl_rig import Terminal

from common.clock import SystemClock
from common.operations.operators import Operator, Operators


@pytest.fixture
def opsctl(tmp_path: Path) -> Terminal:
    return Terminal(folder=tmp_path, urls={}, who="")


async def test_a_new_token_opens_with_the_line_that_is_shown_beside_it(opsctl: Terminal, tmp_path: Path) -> None:
    said = await opsctl("token", "new", "dana", "--role", "operator", width=80)
    assert said.code == 0
    token = next(line for line in said.out.splitlines() if line.startswith("ops_"))
    entry = next(line for line in said.out.splitlines() if line.startswith("- "))
    path = tmp_path / "operators.yaml"
    path.write_text(entry + "\n")
    assert Operators(path, SystemClock()).find(token) == Operator(name="dana", role="operator")
    assert token not in entry


async def test_no_two_tokens_are_the_same_and_roles_add_up(opsctl: Terminal) -> None:
    first, second = [
        (await opsctl("token", "new", "dana", "--role", "viewer", "--role", "admin", "--json")).json for _ in "ab"
    ]
    assert first["token"] != second["token"]
    assert len(first["token"]) > 40
    assert first["entry"]["roles"] == ["viewer", "admin"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dana",), "which role? --role viewer | operator | admin"),
        (("dana", "--role", "root"), "--role root: one of viewer, operator, admin"),
        (("Dana Smith", "--role", "admin"), "1 to 64 of a-z"),
        (("dana@example.com", "--role", "admin"), "1 to 64 of a-z"),
    ],
)
async def test_a_token_for_nobody_or_nothing_is_wrong_use(
    opsctl: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    said = await opsctl("token", "new", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err
