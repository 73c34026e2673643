"""The root of every service's errors: the class docstring is the message, and what a caller may do about it is data."""

from __future__ import annotations

import inspect
from typing import ClassVar


class SuiteError(Exception):
    """Something went wrong."""

    slug: ClassVar[str] = "internal"
    """Stable name for machines: the last part of the problem's type, the parking cause, the metric label."""
    status: ClassVar[int] = 500
    """The HTTP status that stands for it."""
    retryable: ClassVar[bool] = False
    """True when the same request may succeed later, unchanged."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def title(self) -> str:
        """The class docstring's first line: one sentence, the same for every instance."""
        return (inspect.getdoc(type(self)) or type(self).__name__).splitlines()[0]

    def __str__(self) -> str:
        return f"{self.title} {self.detail}".strip()
