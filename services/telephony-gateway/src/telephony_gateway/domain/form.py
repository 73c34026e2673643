"""The parameters of a webhook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Form:
    """Names with one or more values, blank ones included, in the order of arrival."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def get(self, name: str) -> str:
        """The first value without surrounding blanks, or empty."""
        values = self._values.get(name)
        return values[0].strip() if values else ""

    def getall(self, name: str) -> list[str]:
        """Every value, as it was sent. Raises `KeyError`."""
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
