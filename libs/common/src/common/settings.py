"""Configuration from environment variables: every fault is found and reported together, before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final, TypeVar
from urllib.parse import urlsplit

from common.errors import SuiteError

_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})
_Choice = TypeVar("_Choice", bound=str)


class ConfigurationError(SuiteError):
    """The configuration can't be used."""

    slug: ClassVar[str] = "configuration"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class Environment:
    """Reads typed values from a mapping and collects what is wrong; call `finish` once at the end.

    An unset or empty variable takes the default. A faulty one also takes it, so that reading goes on and all faults are seen.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._faults: list[str] = []

    def fault(self, message: str) -> None:
        """Adds a fault of the caller's own finding."""
        self._faults.append(message)

    def finish(self) -> None:
        """Raises `ConfigurationError` with every fault found so far."""
        if self._faults:
            raise ConfigurationError(self._faults)

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """The value without surrounding blanks."""
        value = self._variables.get(name, "").strip()
        if value:
            return value
        if required:
            self.fault(f"{name} must be set")
        return default

    def secret(self, name: str, *, required: bool, minimum_length: int = 16) -> str:
        """A secret: `NAME`, or the content of the file that `NAME_FILE` names. Never echoed in a fault."""
        file = self.text(f"{name}_FILE")
        value = self.text(name)
        if file and value:
            self.fault(f"set {name} or {name}_FILE, not both")
        if file:
            try:
                value = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self.fault(f"{name}_FILE can't be read: {type(error).__name__}")
        if not value and required:
            self.fault(f"{name} (or {name}_FILE) must be set")
        if value and len(value) < minimum_length:
            self.fault(f"{name} is shorter than {minimum_length} characters")
        return value

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        """A whole number in [minimum, maximum]."""
        raw = self.text(name)
        if not raw:
            return default
        try:
            value = int(raw)
        except ValueError:
            self.fault(f"{name} must be a whole number")
            return default
        if not minimum <= value <= maximum:
            self.fault(f"{name} must be between {minimum} and {maximum}")
            return default
        return value

    def seconds(self, name: str, default: float, *, minimum: float, maximum: float) -> float:
        """A duration in seconds in [minimum, maximum]."""
        raw = self.text(name)
        if not raw:
            return default
        try:
            value = float(raw)
        except ValueError:
            self.fault(f"{name} must be a number of seconds")
            return default
        if not minimum <= value <= maximum:
            self.fault(f"{name} must be between {minimum:g} and {maximum:g} seconds")
            return default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """true/false, 1/0, yes/no or on/off."""
        raw = self.text(name).lower()
        if not raw:
            return default
        if raw not in _TRUE | _FALSE:
            self.fault(f"{name} must be true or false")
            return default
        return raw in _TRUE

    def choice(self, name: str, default: _Choice, *, among: tuple[_Choice, ...]) -> _Choice:
        """One of a closed set of words."""
        raw = self.text(name)
        for option in among:
            if raw == option:
                return option
        if raw:
            self.fault(f"{name} must be one of {', '.join(among)}")
        return default

    def url(self, name: str, default: str = "", *, schemes: tuple[str, ...], required: bool = False) -> str:
        """A URL with one of `schemes`, without a trailing slash."""
        raw = self.text(name, default, required=required)
        if not raw:
            return default
        try:
            parts = urlsplit(raw)
            parts.port  # noqa: B018 - reading it is what checks it
        except ValueError:
            self.fault(f"{name} is not a URL")
            return default
        if parts.scheme not in schemes:
            self.fault(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
            return default
        return raw.rstrip("/") if parts.scheme in {"http", "https"} else raw

    def folder(self, name: str, default: str) -> Path:
        """A folder's path; it need not exist yet."""
        return Path(self.text(name, default))
