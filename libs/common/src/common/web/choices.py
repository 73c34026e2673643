"""What a field may be, for whoever gave it something else: a validator says what is wrong, and not what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import msgspec.inspect

_WHERE: Final = re.compile(r"Invalid enum value .* - at `\$([^`]*)`$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[[^\]]*\]")
_MOST: Final = 30


def with_choices(message: str, kind: type[msgspec.Struct]) -> str:
    """The message of msgspec's `ValidationError` for a `kind`, and the words that the field takes where it takes only some."""
    found = _WHERE.search(message)
    choices = [] if found is None else sorted(_choices_at(kind, found[1]))
    return f"{message}; it must be one of {', '.join(choices)}" if 0 < len(choices) <= _MOST else message


def _choices_at(kind: type[msgspec.Struct], path: str) -> set[str]:
    """`path` is what follows the `$`: `.name` is a field, `[0]` and `[...]` an item."""
    here = list(_alternatives(msgspec.inspect.type_info(kind)))
    for step in _STEP.finditer(path):
        here = [inner for one in here for inner in _inside(one, step[1])]
    return {word for one in here for word in _words(one)}


def _inside(one: msgspec.inspect.Type, field: str | None) -> Iterator[msgspec.inspect.Type]:
    match one:
        case msgspec.inspect.StructType(fields=fields) if field is not None:
            for candidate in fields:
                if candidate.encode_name == field:
                    yield from _alternatives(candidate.type)
        case msgspec.inspect.DictType(value_type=inner) if field is None:
            yield from _alternatives(inner)
        case (
            msgspec.inspect.ListType(item_type=inner)
            | msgspec.inspect.VarTupleType(item_type=inner)
            | msgspec.inspect.SetType(item_type=inner)
            | msgspec.inspect.FrozenSetType(item_type=inner)
        ) if field is None:
            yield from _alternatives(inner)


def _alternatives(one: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    match one:
        case msgspec.inspect.UnionType(types=types):
            for inner in types:
                yield from _alternatives(inner)
        case msgspec.inspect.Metadata(type=inner):
            yield from _alternatives(inner)
        case _:
            yield one


def _words(one: msgspec.inspect.Type) -> Iterator[str]:
    values: tuple[Any, ...] = ()
    match one:
        case msgspec.inspect.LiteralType(values=values):
            pass
        case msgspec.inspect.EnumType(cls=cls) if issubclass(cls, Enum):
            values = tuple(member.value for member in cls)
    yield from (str(value) for value in values)
