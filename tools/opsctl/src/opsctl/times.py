"""Times as people say and read them: `2h`, `3 min ago, 12:01:05Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from opsctl.errors import WrongUse
from opsctl.output import ago

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LENGTH: Final = re.compile(r"(?:[0-9]{1,6}[smhdw])+", re.IGNORECASE)
_PART: Final = re.compile(r"([0-9]+)([smhdw])", re.IGNORECASE)
_LONGEST: Final = timedelta(days=3_650)


def both(moment: datetime | None, now: datetime) -> str:
    """How long ago and exactly when, in UTC (Z); the day where it is another one."""
    if moment is None:
        return "-"
    exact = moment.astimezone(UTC)
    same_day = exact.date() == now.astimezone(UTC).date()
    return f"{ago(moment, now)}, {exact:%H:%M:%SZ}" if same_day else f"{ago(moment, now)}, {exact:%Y-%m-%d %H:%MZ}"


def length_of(text: str, option: str) -> timedelta:
    """`90s`, `15m`, `2h`, `1h30m`, `7d`, `2w`. Raises `WrongUse`."""
    if not _LENGTH.fullmatch(text.strip()):
        raise WrongUse(f"{option} {text!r}: a length of time is written 90s, 15m, 2h, 1h30m, 7d or 2w")
    seconds = sum(int(count) * _UNITS[unit.lower()] for count, unit in _PART.findall(text))
    length = timedelta(seconds=min(seconds, 10**9))
    if not timedelta() < length <= _LONGEST:
        raise WrongUse(f"{option} {text!r}: more than nothing and at most ten years")
    return length


def moment_of(text: str, option: str) -> datetime:
    """A time in ISO 8601; UTC where it has no offset. Raises `WrongUse`."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongUse(f"{option} {text!r}: a time is written 2026-03-10T12:00Z") from None


def end_of(*, lasting: str, until: str, now: datetime) -> datetime | None:
    """When `--for` or `--until` ends; None where neither is told. Raises `WrongUse` for both, and for what is over."""
    if lasting and until:
        raise WrongUse("--for and --until say the same thing: use one of them")
    if lasting:
        return now + length_of(lasting, "--for")
    if not until:
        return None
    end = moment_of(until, "--until")
    if end <= now:
        raise WrongUse(f"--until {until}: that is over")
    return end


def iso(moment: datetime) -> str:
    """For a request."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
