"""Card numbers never stay."""

from __future__ import annotations

import pytest

from common.testing.speed import seconds_of
from receptionist.dialogue.masking import MASK, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("my card is 4242 4242 4242 4242 expires 12 28", f"my card is {MASK} expires 12 28"),
        ("4242-4242-4242-4242, 123", f"{MASK}, 123"),
        ("378282246310005", MASK),
        ("it's four two four two four two four two four two four two four two four two ok", f"it's {MASK} ok"),
        ("es cuatro dos cuatro dos cuatro dos cuatro dos cuatro dos cuatro dos cuatro dos cuatro dos", f"es {MASK}"),
        ("one 4111111111111111 and 5555 5555 5555 4444", f"one {MASK} and {MASK}"),
    ],
)
def test_card_numbers_are_masked_written_or_spoken(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "call 312 555 0142 at 214 oak street",
        "4242 4242 4242 4243",
        "312 555 0142 or 312 555 0143",
        "two or three visits at nine",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


def test_two_thousand_digits_are_read_in_no_time() -> None:
    assert seconds_of(lambda: (mask("1 " * 1_000), mask("4" * 2_000))) < 0.2
