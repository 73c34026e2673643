"""The copies on the disk, where the disk or the number of customers has done them harm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from gateway_copies_contract import visit
from gateway_outbound_contract import NOON, SETTINGS, customer

from common.clock import ManualClock
from telephony_gateway.adapters import copy_shelf
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.adapters.copy_shelf import FileShelf
from telephony_gateway.domain.copies import CopySet


@pytest.fixture
def book() -> CopyBook:
    return CopyBook(ManualClock(NOON), seed=[SETTINGS])


async def test_a_shelf_whose_first_line_is_garbled_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "copies.json").write_bytes(b'{"customers":[{"name":"\xff"}]}')
    assert (await FileShelf(tmp_path).read()).empty


@pytest.mark.parametrize(("good", "bad"), [(b"Ann Lee", b"Ann \xff"), (b'"name"', b"name")])
async def test_a_garbled_customer_costs_neither_businesses_nor_visits(
    tmp_path: Path, book: CopyBook, good: bytes, bad: bytes
) -> None:
    many = tuple(replace(customer(version=1), phone=f"+1512{number:07}") for number in range(4_500))
    book.apply(CopySet(visits=(visit(),), customers=many))
    await FileShelf(tmp_path).write(book.everything())
    file = tmp_path / "copies.json"
    first, second, third = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(first + second.replace(good, bad, 1) + third)
    read = await FileShelf(tmp_path).read()
    assert (len(read.tenants), len(read.visits), len(read.customers)) == (1, 1, 2_000)


async def test_a_shelf_that_has_grown_too_large_still_tells_the_businesses(
    tmp_path: Path, book: CopyBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple(replace(customer(version=1), phone=f"+1512{number:07}") for number in range(6_500))
    book.apply(CopySet(visits=(visit(),), customers=many))
    await FileShelf(tmp_path).write(book.everything())
    monkeypatch.setattr(copy_shelf, "_MAX_BYTES", (tmp_path / "copies.json").stat().st_size * 2 // 3)
    read = await FileShelf(tmp_path).read()
    assert (len(read.tenants), len(read.visits)) == (1, 1)
    assert 2_000 <= len(read.customers) < 6_500
