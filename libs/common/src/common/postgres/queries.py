"""SQL by name, from files: a `-- name: save_turn` line begins each statement."""

from __future__ import annotations

import dataclasses
import re
from importlib.resources.abc import Traversable
from typing import Final, TypeVar

_NAME: Final = re.compile(r"^--\s*name:\s*(\S*)\s*$")
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]*")

Q = TypeVar("Q")


def load_queries(kind: type[Q], *files: Traversable) -> Q:
    """Fills the dataclass `kind`, whose fields are all `str`, with the statements of `files` by name.

    So a typo in a name is mypy's to find, and a statement that is missing, superfluous, empty or there twice stops the service
    at load. Raises `ValueError` that names every fault. Comment lines before the first name are the file's own.

    >>> @dataclass(frozen=True, kw_only=True)
    ... class Queries:
    ...     save_turn: str
    >>> QUERIES = load_queries(Queries, importlib.resources.files("telephony_gateway") / "sql" / "queries.sql")
    """
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is no dataclass")
    wanted = {field.name for field in dataclasses.fields(kind)}
    found: dict[str, str] = {}
    faults: list[str] = []
    for file in files:
        for name, text in _statements(file, faults):
            if name in found:
                faults.append(f"{file.name}: {name} is there twice")
            found[name] = text
    faults += [f"{name} is missing" for name in sorted(wanted - found.keys())]
    faults += [f"{name} is not asked for" for name in sorted(found.keys() - wanted)]
    if faults:
        raise ValueError(f"queries of {kind.__name__}: " + "; ".join(faults))
    return kind(**found)


def _statements(file: Traversable, faults: list[str]) -> list[tuple[str, str]]:
    blocks: list[tuple[str, list[str]]] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if match := _NAME.match(line):
            if not _IDENTIFIER.fullmatch(match.group(1)):
                faults.append(f"{file.name}:{number}: {match.group(1)!r} is no name")
            blocks.append((match.group(1), []))
        elif blocks:
            blocks[-1][1].append(line)
        elif line.strip() and not line.lstrip().startswith("--"):
            faults.append(f"{file.name}:{number}: a statement without a name")
    statements = []
    for name, lines in blocks:
        text = "\n".join(lines).strip().removesuffix(";").strip()
        if not text:
            faults.append(f"{file.name}: {name} is empty")
        statements.append((name, text))
    return statements
