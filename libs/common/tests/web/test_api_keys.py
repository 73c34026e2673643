from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import make_mocked_request

from common.clock import ManualClock
from common.web.api_keys import ApiKeys
from common.web.problems import TooManyRequests, Unauthorized

KEY = "demo-key"
HASH = hashlib.sha256(KEY.encode()).hexdigest()


class Door:
    """Keys of one tenant, and how often the store was asked."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 3, 10, 12, tzinfo=UTC))
        self.holders = {HASH: "t1"}
        self.asked = 0
        self.keys = ApiKeys(self._tenant_of_key, self.clock)

    async def _tenant_of_key(self, sha256: str) -> tuple[str, str] | None:
        self.asked += 1
        holder = self.holders.get(sha256)
        return None if holder is None else (holder, sha256)

    async def tries(self, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.keys.tenant_of(make_mocked_request("GET", "/", headers=named))


async def test_a_key_opens_in_either_header() -> None:
    door = Door()
    assert await door.tries(X_API_Key=KEY) == "t1"
    assert await door.tries(Authorization=f"bearer {KEY}") == "t1"
    assert door.asked == 1


@pytest.mark.parametrize(
    "headers", [{}, {"X_API_Key": "x"}, {"X_API_Key": "k" * 600}, {"Authorization": f"Basic {KEY}"}]
)
async def test_nothing_else_opens(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        await Door().tries(**headers)


async def test_a_key_that_was_taken_back_opens_for_half_a_minute_at_most() -> None:
    door = Door()
    await door.tries(X_API_Key=KEY)
    door.holders.clear()
    door.clock.advance(31)
    with pytest.raises(Unauthorized):
        await door.tries(X_API_Key=KEY)


async def test_who_tries_many_keys_is_stopped_and_keeps_nobody_out() -> None:
    door = Door()
    await door.tries(X_API_Key=KEY)
    for number in range(49):
        with pytest.raises(Unauthorized):
            await door.tries(X_API_Key=f"guess-{number}")
    with pytest.raises(TooManyRequests):
        await door.tries(X_API_Key="guess")
    assert await door.tries(X_API_Key=KEY) == "t1"


async def test_a_tenant_that_asks_too_often_is_told_so() -> None:
    door = Door()
    for _ in range(120):
        await door.tries(X_API_Key=KEY)
    with pytest.raises(TooManyRequests):
        await door.tries(X_API_Key=KEY)
