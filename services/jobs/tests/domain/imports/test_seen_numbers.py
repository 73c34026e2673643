from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from common.testing.speed import seconds_of
from jobs.domain.imports.seen_numbers import SeenNumbers


@given(st.lists(st.integers(1_000_000, 999_999_999_999_999).map(lambda number: f"+{number}")))
def test_it_knows_what_a_dict_knows(numbers: list[str]) -> None:
    seen, known = SeenNumbers(), dict[str, int]()
    for line, number in enumerate([*numbers, *numbers], start=1):
        assert seen.first_line(number, line) == known.get(number, 0)
        known.setdefault(number, line)
    assert len(seen) == len(known)


def test_it_grows_and_forgets_nobody() -> None:
    seen = SeenNumbers()
    for number in range(20_000):
        assert seen.first_line(f"+1512{number:07}", number + 1) == 0
    assert all(seen.first_line(f"+1512{number:07}", 99) == number + 1 for number in range(20_000))
    assert len(seen) == 20_000


def test_numbers_that_were_chosen_to_crowd_one_place_cost_no_more_than_others() -> None:
    # The golden ratio is what anybody would guess that the places are made with.
    guess, mask, count = 0x9E3779B97F4A7C15, (1 << 13) - 1, 4_000
    crowded = (number for number in range(12_000_000_000, 20_000_000_000) if (number * guess >> 20) & mask < 8)
    chosen = [f"+{number}" for number in islice(crowded, count)]

    def take_in() -> None:
        seen = SeenNumbers()
        for line, number in enumerate(chosen, start=1):
            assert seen.first_line(number, line) == 0

    assert seconds_of(take_in, tries=2) < 0.1
