from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chat.domain.received import EARLIEST, LATEST, UnfitKey, cleaned, in_utc, key_of
from common.testing.speed import seconds_of


def test_text_loses_control_characters_and_its_excess() -> None:
    assert cleaned(" a\x00b\nc\u2028d\x7f ", 100) == "a b c d"
    assert cleaned("x" * 300, 200) == "x" * 200
    assert cleaned("¿Ñandú? ☎", 200) == "¿Ñandú? ☎"


def test_cleaning_is_linear() -> None:
    assert seconds_of(lambda: cleaned("\x00" * 1_000_000, 1_000_000)) < 0.5


@pytest.mark.parametrize("value", ["", "x" * 201, "a b", "a\x00", "ñ", "a\n"])
def test_an_id_that_no_store_would_hold_is_refused(value: str) -> None:
    with pytest.raises(UnfitKey):
        key_of(value)


def test_an_id_is_kept_as_it_is() -> None:
    assert key_of("CA0123-b1") == "CA0123-b1"


def test_moments_are_utc_and_within_the_years_that_can_be_reckoned_with() -> None:
    offset = timezone(timedelta(hours=-5))
    assert in_utc(datetime(2027, 3, 1, 7, tzinfo=offset)) == datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert in_utc(datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))) == LATEST
    assert in_utc(datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))) == EARLIEST
    assert LATEST + timedelta(days=365) > LATEST
