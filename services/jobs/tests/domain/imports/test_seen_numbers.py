from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

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
