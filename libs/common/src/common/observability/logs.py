"""Structured logs: static event names, values as fields, personal data only under `pii.` keys, which production drops."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final, Literal, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["json", "console"]
_PII_PREFIX: Final = "pii."
_ENCODER: Final = msgspec.json.Encoder(enc_hook=repr)


def pii(**values: object) -> dict[str, object]:
    """Fields that hold personal data: `log.info("call_answered", **pii(caller=phone))`."""
    return {f"{_PII_PREFIX}{name}": value for name, value in values.items()}


def drop_pii(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Removes every personal field."""
    for key in [key for key in event if key.startswith(_PII_PREFIX)]:
        del event[key]
    return event


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
        processors += [structlog.processors.format_exc_info, _render_json]
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


def get_logger(name: str) -> Any:
    """A logger whose lines carry `component=name`. It takes the configuration of the moment in which it writes."""
    return structlog.get_logger(component=name)
