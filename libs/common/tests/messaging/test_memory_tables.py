from __future__ import annotations

from common.messaging.memory_tables import MemoryTable, Scope


def _filled() -> MemoryTable[str, list[int]]:
    table: MemoryTable[str, list[int]] = MemoryTable()
    scope = Scope()
    draft = scope.open(table)
    draft.put("a", [1])
    draft.put("b", [2])
    scope.commit()
    return table


def test_a_draft_sees_its_own_changes_and_others_see_them_after_the_commit() -> None:
    table = _filled()
    scope = Scope()
    draft = scope.open(table)
    draft.put("a", [10])
    draft.put("c", [3])
    draft.remove("b")
    assert draft.get("a") == [10]
    assert draft.get("b") is None
    assert draft.keys() == ["a", "c"]
    assert draft.where(lambda value: value[0] > 5) == [[10]]
    assert table.rows() == [[1], [2]]
    scope.commit()
    assert table.rows() == [[10], [3]]


def test_what_is_put_or_got_is_a_copy() -> None:
    table = _filled()
    value = table.get("a")
    assert value is not None
    value.append(5)
    rows = table.rows()
    rows[0].append(6)
    scope = Scope()
    draft = scope.open(table)
    mine = [7]
    draft.put("a", mine)
    mine.append(8)
    got = draft.get("a")
    assert got == [7]
    assert table.get("a") == [1]


def test_a_row_that_is_removed_and_put_again_is_there() -> None:
    table = _filled()
    scope = Scope()
    draft = scope.open(table)
    draft.remove("a")
    draft.put("a", [9])
    scope.commit()
    assert table.get("a") == [9]
    assert len(table) == 2
    assert "a" in table


def test_a_search_can_stop_early() -> None:
    scope = Scope()
    assert scope.open(_filled()).where(lambda value: True, limit=1) == [[1]]
