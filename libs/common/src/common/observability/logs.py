"""Structured logs: static event names, values as fields, personal data only under `pii.` keys, which production drops."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from common.errors import SuiteError

LogFormat = Literal["json", "console"]
_PII_PREFIX: Final = "pii."
_ENCODER: Final = msgspec.json.Encoder(enc_hook=repr)
_SPEAKS_OF_CODE: Final = (SuiteError, OSError, TypeError, AttributeError, NameError, ImportError, AssertionError)
"""Errors whose words tell of programs and machines. Those of others quote what they choke on: a statement's values, a header."""


def pii(**values: object) -> dict[str, object]:
    """Fields that hold personal data: `log.info("call_answered", **pii(caller=phone))`."""
    return {f"{_PII_PREFIX}{name}": value for name, value in values.items()}


def drop_pii(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Removes every personal field."""
    for key in [key for key in event if key.startswith(_PII_PREFIX)]:
        del event[key]
    return event


def traceback_of(error: BaseException, *, keep_pii: bool) -> str:
    """The traceback; without the words of errors that may quote personal data, unless `keep_pii`."""
    if keep_pii:
        return "".join(traceback.format_exception(error)).rstrip()
    return "\n\n".join(_wordless(error, set()))


def _wordless(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for other in (before, *(error.exceptions if isinstance(error, BaseExceptionGroup) else ())):
        if other is not None and id(other) not in seen:
            yield from _wordless(other, seen)
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    words = f": {error}" if isinstance(error, _SPEAKS_OF_CODE) else ""
    sqlstate = getattr(error, "sqlstate", None)
    yield "".join(traceback.format_tb(error.__traceback__)) + name + (f" [{sqlstate}]" if sqlstate else "") + words


def _add_traceback(*, keep_pii: bool) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        error = event.pop("exc_info", None)
        if error is True:
            error = sys.exc_info()[1]
        if isinstance(error, BaseException):
            event["exception"] = traceback_of(error, keep_pii=keep_pii)
        return event

    return add


class _LibraryLines(logging.Formatter):
    """What libraries log, one JSON object a line like our own. Their words may quote what was sent to us: personal data."""

    def __init__(self, *, keep_pii: bool) -> None:
        super().__init__()
        self._keep_pii = keep_pii

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        event: EventDict = {
            "component": record.name,
            "event": "library_log",
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            # The template before its values, or the first line of a text without any.
            "template": str(record.msg).partition("\n")[0][:200],
        }
        if self._keep_pii:
            event[f"{_PII_PREFIX}message"] = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            event["exception"] = traceback_of(record.exc_info[1], keep_pii=self._keep_pii)
        return _ENCODER.encode(event).decode()


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return _ENCODER.encode(event).decode()


def configure_logs(
    log_format: LogFormat, *, keep_pii: bool, level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Sets up structlog and the standard library's root logger for the process. Call once, from `__main__`."""
    target = stream or sys.stderr
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not keep_pii:
        processors.append(drop_pii)
    if log_format == "json":
        processors += [_add_traceback(keep_pii=keep_pii), _render_json]
    else:
        # Not the pretty tracebacks: they print local variables, and those hold what callers said.
        processors.append(
            structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback)
        )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    # Libraries log through the standard library; only their warnings are of use to anyone on call.
    logging.basicConfig(stream=target, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", force=True)
    if log_format == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(_LibraryLines(keep_pii=keep_pii))


def get_logger(name: str) -> Any:
    """A logger whose lines carry `component=name`. It takes the configuration of the moment in which it writes."""
    return structlog.get_logger(component=name)
