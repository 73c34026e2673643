"""From the words for a time of day to the hours they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import assert_never

from receptionist.understanding.clock import Clock, Half, resolve
from receptionist.understanding.day_parts import PartOfDay
from receptionist.understanding.time_mention import TimeMention


@dataclass(frozen=True, slots=True)
class Hours:
    """One time, or a stretch of the day in which a visit begins: at `earliest` or later, before `latest`."""

    at: time | None = None
    earliest: time | None = None
    latest: time | None = None
    explicit: bool = False


def hours_of(mention: TimeMention | None) -> Hours:
    """The hours that a mention stands for; none for none."""
    if mention is None:
        return Hours()
    part = mention.part
    if mention.clock is None:
        if part is None:
            return Hours()
        return Hours(earliest=part.earliest, latest=part.latest, explicit=part.name is not None)
    name = part.name if part is not None else None
    if mention.until is not None:
        return _stretch(mention.clock, mention.until, name)
    at, explicit = resolve(mention.clock, part=name)
    match mention.relation:
        case "at" | "around":
            return Hours(at=at, explicit=explicit)
        case "after":
            return Hours(earliest=at, latest=part.latest if part is not None else None, explicit=explicit)
        case "before":
            return Hours(earliest=part.earliest if part is not None else None, latest=at, explicit=explicit)
        case _:
            assert_never(mention.relation)


def _stretch(start: Clock, end: Clock, part: PartOfDay | None) -> Hours:
    """`Ten to two pm` begins in the morning, `two to four pm` in the afternoon: the later reading that still comes first."""
    latest, explicit = resolve(end, half=None, part=part)
    if start.half is not None and end.half is None and not end.full and end.part is None:
        half: Half = start.half
        latest, _ = resolve(end, half=half)
        if latest <= resolve(start)[0]:
            latest, _ = resolve(end, half="pm")
        return Hours(earliest=resolve(start)[0], latest=latest, explicit=True)
    earliest, said = resolve(start, part=part)
    if not said or (start.half is None and not start.full and start.part is None):
        choices = [resolve(start, half="am")[0], resolve(start, half="pm")[0]]
        fitting = [choice for choice in choices if choice < latest]
        earliest = max(fitting, default=earliest) if explicit else earliest
    if latest <= earliest and not explicit:
        latest, _ = resolve(end, half="pm")
    return Hours(earliest=earliest, latest=latest, explicit=explicit or said)
