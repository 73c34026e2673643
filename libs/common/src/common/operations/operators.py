"""Who may operate the suite: names, roles, and the hashes of their tokens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
import yaml

from common.clock import Clock
from common.observability.logs import get_logger
from common.settings import ConfigurationError

Role: TypeAlias = Literal["viewer", "operator", "admin"]
"""`viewer` looks, `operator` also acts, `admin` also sees personal data. Each may do what those before it may."""
ROLES: Final[tuple[Role, ...]] = ("viewer", "operator", "admin")
MAX_FILE_BYTES: Final = 64 * 1024
MAX_OPERATORS: Final = 500
NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,63}\Z"
"""Names are written to logs and beside switches: no blanks, no mail addresses."""
_PREFIX: Final = "ops_"
"""Lets people and scanners of leaked secrets see what it is."""
_LOOK_EVERY_S: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Somebody who showed a valid token."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """True when `role`, or a higher one, is theirs."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the file. A name may be there twice: with its old token and with its new one."""

    name: Annotated[str, msgspec.Meta(pattern=NAME_PATTERN)]
    token_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    roles: Annotated[tuple[Role, ...], msgspec.Meta(min_length=1, max_length=len(ROLES))]

    @property
    def operator(self) -> Operator:
        """Whose it is, in the highest of the roles."""
        return Operator(name=self.name, role=max(self.roles, key=ROLES.index))


def hash_of(token: str) -> str:
    """What the file keeps of a token. The tokens are random, so one round of SHA-256 is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def mint(name: str, roles: Sequence[Role], *, secret: Callable[[], str]) -> tuple[str, Entry]:
    """A new token and its line for the file. `secret` gives at least 32 random characters. Raises `ConfigurationError`."""
    token = f"{_PREFIX}{secret()}"
    raw = {"name": name, "token_sha256": hash_of(token), "roles": list(roles)}
    try:
        return token, msgspec.convert(raw, Entry)
    except msgspec.ValidationError as error:
        raise ConfigurationError([_reason(error)]) from error


def load_operators(path: Path) -> tuple[Entry, ...]:
    """Every line of the file (YAML or JSON). Raises `ConfigurationError` that says what is wrong, and quotes nothing of the file."""

    def fault(reason: str) -> ConfigurationError:
        return ConfigurationError([f"OPERATOR_TOKENS_FILE {path}: {reason}"])

    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise fault(f"can't be read ({error.strerror or type(error).__name__})") from error
    if len(content) > MAX_FILE_BYTES:
        raise fault(f"larger than {MAX_FILE_BYTES} bytes")
    try:
        raw = yaml.load(content.decode(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except UnicodeDecodeError as error:
        raise fault("not UTF-8") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise fault("not YAML" + (f" (line {mark.line + 1})" if mark is not None else "")) from error
    try:
        entries = msgspec.convert(raw, tuple[Entry, ...])
    except msgspec.ValidationError as error:
        raise fault(_reason(error)) from error
    if len(entries) > MAX_OPERATORS:
        raise fault(f"more than {MAX_OPERATORS} tokens")
    if len({entry.token_sha256 for entry in entries}) != len(entries):
        raise fault("two lines have the same token")
    return entries


def _reason(error: msgspec.ValidationError) -> str:
    """The words of the error; for a pattern, what would fit it."""
    words = str(error)
    if "regex" not in words:
        return words
    where = words.rpartition("at `")[2].rstrip("`")
    fits = (
        "64 hexadecimal digits, as `opsctl token new` prints them"
        if "token_sha256" in where
        else "1 to 64 of a-z, 0-9, dot, dash and underscore, not beginning with a sign"
    )
    return f"{where}: {fits}"


class Operators:
    """The file as it is now: read again within a second of a change.

    A file that can't be understood leaves the last good one in force, so that a slip of the pen locks nobody out, and is logged as
    an error. A file that is gone lets nobody in.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """Raises `ConfigurationError`."""
        self._path = path
        self._clock = clock
        self._seen = self._look()
        self._looked_at = clock.monotonic()
        self._entries = load_operators(path)

    def find(self, token: str) -> Operator | None:
        """Whose token it is. Takes as long for one that is right as for one that is wrong."""
        self._refresh()
        presented = hash_of(token)
        found: Operator | None = None
        for entry in self._entries:
            if hmac.compare_digest(entry.token_sha256, presented):
                found = entry.operator
        return found if token else None

    def _refresh(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        log = get_logger("operators")
        if seen is None:
            self._entries = ()
            log.error("operators_file_gone", effect="nobody is let in")
            return
        try:
            self._entries = load_operators(self._path)
        except ConfigurationError as error:
            log.error("operators_file_unusable", faults=list(error.faults), effect="the last good one stays in force")
        else:
            log.info("operators_file_read", tokens=len(self._entries))

    def _look(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError:
            return (0, 0, 0)
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
