from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from gateway_rig import Caller, Gateway, gateway_running


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway on embedded parts."""
    async with gateway_running(tmp_path) as running:
        yield running


@pytest.fixture
def caller(gateway: Gateway) -> Caller:
    """Somebody who calls it."""
    return Caller(gateway=gateway)
