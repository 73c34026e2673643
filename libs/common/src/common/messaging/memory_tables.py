"""Tables in memory with transactions: values are copied in and out, nothing shows before the commit, nothing stays after a failure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class MemoryTable(Generic[K, V]):
    """Committed rows by key, in the order of their first insertion."""

    def __init__(self) -> None:
        self._rows: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """A copy of the row, or None."""
        return copy.deepcopy(self._rows.get(key))

    def rows(self) -> list[V]:
        """Copies of all rows."""
        return copy.deepcopy(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: K) -> bool:
        return key in self._rows


class Draft(Generic[K, V]):
    """A table as one transaction sees it: the committed rows and its own changes."""

    def __init__(self, table: MemoryTable[K, V]) -> None:
        self._table = table
        self._put: dict[K, V] = {}
        self._removed: set[K] = set()

    def get(self, key: K) -> V | None:
        """A copy of the row, or None."""
        if key in self._removed:
            return None
        if key in self._put:
            return copy.deepcopy(self._put[key])
        return self._table.get(key)

    def put(self, key: K, value: V) -> None:
        """Inserts or replaces."""
        self._removed.discard(key)
        self._put[key] = copy.deepcopy(value)

    def remove(self, key: K) -> None:
        """Deletes; no fault if it isn't there."""
        self._put.pop(key, None)
        self._removed.add(key)

    def where(self, matches: Callable[[V], bool], *, limit: int | None = None) -> list[V]:
        """Copies of the first `limit` rows that match. `matches` sees the rows themselves and must not change them."""
        return [copy.deepcopy(value) for value in islice((v for _, v in self._items() if matches(v)), limit)]

    def keys(self) -> list[K]:
        """All keys."""
        return [key for key, _ in self._items()]

    def commit(self) -> None:
        """Makes the changes visible to all."""
        for key in self._removed:
            self._table._rows.pop(key, None)
        self._table._rows.update(self._put)

    def _items(self) -> Iterator[tuple[K, V]]:
        for key, value in self._table._rows.items():
            if key in self._put:
                yield key, self._put[key]
            elif key not in self._removed:
                yield key, value
        for key, value in self._put.items():
            if key not in self._table._rows:
                yield key, value


class _Committing(Protocol):
    def commit(self) -> None: ...


class Scope:
    """The drafts of one transaction."""

    def __init__(self) -> None:
        self._drafts: list[_Committing] = []

    def open(self, table: MemoryTable[K, V]) -> Draft[K, V]:
        """Begins to change a table; once for each table and transaction."""
        draft = Draft(table)
        self._drafts.append(draft)
        return draft

    def commit(self) -> None:
        """Commits every draft; nothing else runs in between."""
        for draft in self._drafts:
            draft.commit()
