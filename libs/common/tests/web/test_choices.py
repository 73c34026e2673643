from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
import pytest

from common.web.choices import with_choices


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Inner(msgspec.Struct, frozen=True, kw_only=True, rename={"states": "state"}):
    states: Annotated[tuple[Literal["waiting", "running"], ...], msgspec.Meta(max_length=5)] = ()


class Body(msgspec.Struct, frozen=True, kw_only=True):
    size: Literal["small", "large"] | None = None
    colour: Colour = Colour.RED
    inner: Inner = Inner()
    by_day: dict[str, Literal["open", "closed"]] = {}
    name: Annotated[str, msgspec.Meta(max_length=3)] = ""


def complaint(body: bytes) -> str:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.json.decode(body, type=Body)
    return with_choices(str(raised.value), Body)


@pytest.mark.parametrize(
    ("body", "choices"),
    [
        (b'{"size": "huge"}', "large, small"),
        (b'{"colour": "blue"}', "green, red"),
        (b'{"inner": {"state": ["waiting", "lost"]}}', "running, waiting"),
        (b'{"by_day": {"mon": "perhaps"}}', "closed, open"),
    ],
)
def test_a_field_that_takes_some_words_names_them(body: bytes, choices: str) -> None:
    said = complaint(body)
    assert said.startswith("Invalid enum value ")
    assert said.endswith(f"; it must be one of {choices}")


def test_other_complaints_stay_as_they_are() -> None:
    assert complaint(b'{"name": "Maria"}') == "Expected `str` of length <= 3 - at `$.name`"
    assert with_choices("Invalid enum value 'x' - at `$.nowhere`", Body) == "Invalid enum value 'x' - at `$.nowhere`"
