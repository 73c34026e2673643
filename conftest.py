"""What holds for every test."""

from __future__ import annotations

import pytest
import structlog


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Tracebacks are written as Python writes them, as in production. structlog's own default draws them with every local
    variable, which takes seconds of the loop's time on a busy machine: deadlines pass that have nothing to do with the test."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
