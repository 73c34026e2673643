"""How tests wait for what is bound to happen."""

from __future__ import annotations

import asyncio
from typing import Final

PATIENCE_S: Final = 120.0
"""Seconds until a wait is given up. It says nothing about how fast anything is: only a test that is red anyway waits so long, and
a busy machine must not make a green one red."""


async def settle() -> None:
    """Lets everything go on that waits for nothing but its turn, however little time that takes."""
    for _ in range(100):
        await asyncio.sleep(0)
