"""Time zones in which it is just the time of day that a test needs, to the second: nobody has to wait for a full minute."""

from __future__ import annotations

import os
import struct
import zoneinfo
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

NOON: Final = "12:00"
_TWELVE: Final = timedelta(hours=12)


class OwnZones:
    """Zones in a folder; services that are started with `variables` know them, beside those of the system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a service."""
        return {"PYTHONTZPATH": os.pathsep.join((str(self._folder), *zoneinfo.TZPATH))}

    def noon_at(self, moment: datetime) -> str:
        """The name of a new zone, whose clocks show 12:00:00 at that moment. A fraction of a second is cut off."""
        self._count += 1
        name = f"Tests/Noon{self._count}"
        passed = moment.astimezone(UTC) - datetime.combine(moment.astimezone(UTC), time(), tzinfo=UTC)
        offset_s = int(_TWELVE.total_seconds()) - int(passed.total_seconds())
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_fixed(offset_s))
        return name


def _fixed(offset_s: int) -> bytes:
    """A zone that never changes its clocks, in the first version of RFC 8536."""
    abbreviation = b"OWN\0"
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, len(abbreviation))
    return b"TZif" + bytes(16) + counts + struct.pack(">lbb", offset_s, 0, 0) + abbreviation
