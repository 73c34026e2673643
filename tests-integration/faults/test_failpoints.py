"""The table of moments says what the path has, and an order is fulfilled once, at its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.failpoints import FAILPOINTS, STEPS, Failpoints, Injected, Order, give_order, read_marks, withdraw_order


def order(moment: str, *, hit: int = 1, serial: int = 1) -> Order:
    return Order(serial=serial, moment=moment, hit=hit, act="raise")


def test_each_step_of_the_path_has_a_moment_before_it_and_one_after_it() -> None:
    everywhere = {moment.name for moments in FAILPOINTS.values() for moment in moments}
    for step, (before, after) in STEPS.items():
        assert {before, after} <= everywhere, step
    for schema in ("gateway", "chat", "billing", "jobs"):
        names = [moment.name for moment in FAILPOINTS[schema]]
        assert len(names) == len(set(names))
        for step in ("outbox select", "publish", "confirm", "mark-sent", "claim", "effect", "consumer's commit", "ack"):
            assert set(STEPS[step]) <= set(names), f"{schema}: {step}"


def test_nothing_happens_without_an_order(tmp_path: Path) -> None:
    failpoints = Failpoints("billing", tmp_path)
    failpoints.hit("claimed")
    failpoints.hit("claimed")
    assert [mark.moment for mark in read_marks(tmp_path)] == ["claimed"]


def test_a_moment_that_a_service_is_not_declared_to_have_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Failpoints("billing", tmp_path).hit("body-read")


def test_an_order_is_fulfilled_at_its_time_and_once(tmp_path: Path) -> None:
    failpoints = Failpoints("billing", tmp_path)
    give_order(tmp_path, order("claimed", hit=3))
    failpoints.hit("claimed")
    failpoints.hit("applied")
    failpoints.hit("claimed")
    with pytest.raises(Injected):
        failpoints.hit("claimed")
    failpoints.hit("claimed")
    assert [mark.serial for mark in read_marks(tmp_path) if mark.serial] == [1]
    # Nor by the process that comes after the one that fulfilled it.
    Failpoints("billing", tmp_path).hit("claimed")


def test_another_order_counts_anew_and_one_that_is_withdrawn_is_none(tmp_path: Path) -> None:
    failpoints = Failpoints("billing", tmp_path)
    give_order(tmp_path, order("claimed", hit=2, serial=1))
    failpoints.hit("claimed")
    give_order(tmp_path, order("applied", hit=2, serial=2))
    failpoints.hit("claimed")
    failpoints.hit("applied")
    with pytest.raises(Injected):
        failpoints.hit("applied")
    give_order(tmp_path, order("claimed", serial=3))
    withdraw_order(tmp_path)
    failpoints.hit("claimed")
