"""`python -m receptionist understand`: JSON lines in, one JSON line out for each, as soon as it is understood."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import Final, TypeVar, get_args
from zoneinfo import ZoneInfo

from receptionist.understanding.text import Lang
from receptionist.understanding.triage import Trade
from receptionist.understanding.understand import understand

T = TypeVar("T")

_LANGUAGES: Final[dict[str, Lang]] = {lang: lang for lang in get_args(Lang)}
_TRADES: Final[dict[str, Trade]] = {trade: trade for trade in get_args(Trade)}


class LineError(ValueError):
    """The line is not what this command reads."""


def understand_lines(lines: Iterable[bytes], write: Callable[[bytes], None]) -> int:
    """Answers each line in its turn; returns 1 if one was bad, else 0.

    In: {id, text, lang?, prompt?, trade?, now, time_zone}; `now` is ISO 8601, without an offset it is the time on the
    clocks of `time_zone`. Out: {id, emergency, category, intent, answer, date, time, date_phrase, time_phrase, name,
    address, phone, confidence}, or {id?, error} for a bad line. Empty lines are left out.
    """
    failed = 0
    for line in lines:
        if line.strip():
            found, bad = _answer(line)
            failed |= bad
            write(json.dumps(found, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
    return failed


def _answer(line: bytes) -> tuple[dict[str, object], bool]:
    found: dict[str, object] = {}
    try:
        asked = _object(line)
        if "id" in asked:
            found["id"] = asked["id"]
        found.update(_understood(asked))
    except LineError as error:
        return found | {"error": str(error)}, True
    except Exception as error:  # noqa: BLE001 - the edge: one line must not take the rest with it
        return found | {"error": f"not understood: {type(error).__name__}"}, True
    return found, False


def _object(line: bytes) -> dict[str, object]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        raise LineError("not JSON") from None
    if not isinstance(asked, dict):
        raise LineError("not a JSON object")
    return asked


def _understood(asked: dict[str, object]) -> dict[str, object]:
    zone = _zone(_text(asked, "time_zone"))
    prompt = _optional(asked, "prompt")
    understood = understand(
        _text(asked, "text"),
        now=_instant(_text(asked, "now"), zone),
        zone=zone,
        lang=_choice(asked, "lang", _LANGUAGES),
        prompt=prompt or None,
        trade=_choice(asked, "trade", _TRADES),
    )
    when, name, address, phone = understood.when, understood.name, understood.address, understood.phone
    return {
        "emergency": understood.triage.emergency,
        "category": understood.triage.category,
        "intent": understood.intent.intent,
        "answer": understood.answer,
        "date": None if when.date is None else when.date.isoformat(),
        "time": None if when.time is None else when.time.strftime("%H:%M"),
        "date_phrase": when.date_phrase,
        "time_phrase": when.time_phrase,
        "name": None if name is None else name.text,
        "address": None if address is None else address.text,
        "phone": None if phone is None else phone.e164,
        "confidence": round(understood.confidence, 3),
    }


def _text(asked: dict[str, object], field: str) -> str:
    value = asked.get(field)
    if not isinstance(value, str):
        raise LineError(f"{field}: missing" if value is None else f"{field}: not a string")
    return value


def _optional(asked: dict[str, object], field: str) -> str | None:
    return None if asked.get(field) is None else _text(asked, field)


def _choice(asked: dict[str, object], field: str, choices: dict[str, T]) -> T | None:
    value = _optional(asked, field)
    if not value:
        return None
    if value not in choices:
        raise LineError(f"{field}: not one of {', '.join(choices)}")
    return choices[value]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise LineError("time_zone: unknown") from None


def _instant(text: str, zone: ZoneInfo) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
        # Arithmetic at the edges of the calendar has to fit as well.
        return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant.astimezone(zone)
    except (ValueError, OverflowError):
        raise LineError("now: not an ISO 8601 time") from None
