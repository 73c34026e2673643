from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from billing.app import Overrides, running
from billing.config import Config, from_env
from common.clock import ManualClock
from common.contracts.chat import TenantChanged
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.settings import ConfigurationError
from common.tenants_file import load_tenants
from common.testing.patience import PATIENCE_S

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SETTINGS = load_tenants(Path(__file__).parents[3] / "tenants.example.yaml")[0]
KEY = {"X-API-Key": "demo-key-for-loopback-only"}


async def test_the_service_follows_tenants_and_answers_their_keys_only() -> None:
    broker = MemoryBroker()
    publisher = MemoryBus(broker)
    await publisher.start()
    overrides = Overrides(clock=ManualClock(NOW), bus=MemoryBus(broker), random=lambda: 0.5)
    async with running(Config(port=0), overrides) as service, aiohttp.ClientSession() as session:
        base = f"http://127.0.0.1:{service.port}"
        await publisher.publish(
            [
                message_of(
                    TenantChanged(version=1, settings=SETTINGS),
                    event_id="e1",
                    source="/chat",
                    time=NOW,
                    subject="t",
                    tenant=SETTINGS.tenant_id,
                )
            ]
        )
        async with asyncio.timeout(PATIENCE_S):
            while (await session.get(f"{base}/v1/billing/entitlement", headers=KEY)).status != 200:
                await asyncio.sleep(0.02)
        usage = await (await session.get(f"{base}/v1/billing/usage?month=2026-03", headers=KEY)).json()
        assert (usage["calls"], usage["time_zone"]) == (0, "America/Chicago")
        bearer = {"Authorization": "Bearer demo-key-for-loopback-only"}
        assert (await (await session.get(f"{base}/v1/billing/entitlement", headers=bearer)).json())["plan"] == "basic"
        assert (await session.get(f"{base}/v1/billing/usage", headers={"X-API-Key": "wrong"})).status == 401
        assert (await session.get(f"{base}/v1/billing/usage")).status == 401
        assert (await session.get(f"{base}/v1/billing/usage?month=never", headers=KEY)).status == 400
        assert (await session.get(f"{base}/readyz")).status == 200
        metrics = await (await session.get(f"{base}/metrics")).text()
        assert 'ai_telephony_messages_handled_total{queue="billing.usage.bulk",result="applied"} 1.0' in metrics
        assert 'cause="unknown-contract"' in metrics
        await asyncio.gather(*(session.get(f"{base}/v1/billing/usage", headers=KEY) for _ in range(40)))
        assert (await session.get(f"{base}/v1/billing/usage", headers=KEY)).status == 429
    await publisher.close()


def test_faults_of_the_configuration_are_reported_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_env({"PORT": "x", "DATABASE_URL": "mysql://x", "AMQP_URL": "http://x", "DRAIN_S": "-1"})
    assert len(caught.value.faults) == 4


def test_use_db_billing_false_overrides_the_database() -> None:
    variables = {"DATABASE_URL": "postgresql://x/y", "AMQP_URL": "amqp://x/"}
    assert from_env(variables).stored
    config = from_env({**variables, "USE_DB_BILLING": "false"})
    assert (config.stored, config.forgetful) == (False, True)
