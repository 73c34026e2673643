from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from opsctl.client import Client, open_client
from opsctl.config import Config
from opsctl.figures import ServiceFigures, SwitchFigure, figures_of

METRICS = {
    "ai_telephony_store_connected": 0.0,
    "ai_telephony_bus_connected": 1.0,
    "ai_telephony_outbox_pending": 12.0,
    "ai_telephony_outbox_oldest_seconds": 95.5,
    "ai_telephony_sms_provider_stub": 1.0,
    "ai_telephony_email_provider_stub": 0.0,
    "ai_telephony_alerts_unacknowledged": 2.0,
    "ai_telephony_alert_oldest_seconds": 61.0,
    "ai_telephony_jobs_waiting": {"job_class=bulk": 100.0, "job_class=critical": 3.0},
    "ai_telephony_jobs_running": {"job_class=bulk": 1.0, "job_class=critical": 0.0},
    "ai_telephony_jobs_failed": {"job_class=bulk": 7.0, "job_class=critical": 0.0},
    "ai_telephony_jobs_oldest_seconds": {"job_class=bulk": 601.0, "job_class=critical": 0.0},
    "ai_telephony_emails_waiting": 4.0,
    "ai_telephony_switch_on": {
        "lasting=false,scope=class:bulk,switch=jobs.pause": 1.0,
        "lasting=true,scope=,switch=jobs.batch_window": 0.0,
    },
    "ai_telephony_switch_age_seconds": {"lasting=false,scope=class:bulk,switch=jobs.pause": 33.0},
    "ai_telephony_switches_seen_seconds": 4.5,
}


class Service:
    """One that answers what a test says."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {
            "/readyz": (503, {"service": "jobs", "ready": False, "reasons": {"store": "gone"}}),
            "/metrics": (200, METRICS),
            "/v1/ops/parking": (404, {"type": "urn:suite:problem:no-operators", "title": "No operators."}),
        }
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        status, body = self.answers[request.path]
        return web.json_response(body, status=status) if not isinstance(body, str) else web.Response(text=body)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def client(service: Service, tmp_path: Path) -> AsyncIterator[Client]:
    config = Config(folder=tmp_path, services={"jobs": service.url, "gone": "http://127.0.0.1:9"}, actor="dana")
    async with open_client(config) as made:
        yield made


async def test_what_a_service_says_of_itself_is_read(client: Client) -> None:
    figures = await figures_of(client, "jobs", with_token=False)
    assert (figures.up, figures.ready, figures.reasons) == (True, False, {"store": "gone"})
    assert (figures.database, figures.broker, figures.well) == (False, True, False)
    assert (figures.outbox_pending, figures.outbox_oldest_s) == (12, 95.5)
    assert (figures.stubs, figures.emergencies, figures.emergency_oldest_s) == (("sms",), 2, 61.0)
    assert figures.switches == (SwitchFigure(name="jobs.pause", scope="class:bulk", age_s=33.0),)
    assert figures.jobs is not None
    assert figures.jobs.waiting == {"bulk": 100, "critical": 3}
    assert figures.jobs.failed == {"bulk": 7, "critical": 0}
    assert figures.jobs.oldest_s == {"bulk": 601.0, "critical": 0.0}
    assert (figures.jobs.emails, figures.trouble) == (4, "")


async def test_what_can_not_be_asked_leaves_the_rest(client: Client) -> None:
    figures = await figures_of(client, "jobs", with_token=True)
    assert figures.parked is None
    assert "No operators" in figures.trouble
    assert figures.outbox_pending == 12


async def test_a_service_that_is_gone_is_down_and_nothing_is_known_of_it(client: Client) -> None:
    figures = await figures_of(client, "gone", with_token=True)
    assert figures == ServiceFigures(service="gone", trouble=figures.trouble)
    assert "connection refused" in figures.trouble
    assert not figures.well


@pytest.mark.parametrize(
    "metrics", ["<html>", {}, {"ai_telephony_jobs_waiting": 3, "ai_telephony_switch_on": {"x": 1}}]
)
async def test_odd_figures_are_unknown_figures(client: Client, service: Service, metrics: Any) -> None:
    service.answers["/metrics"] = (200, metrics)
    service.answers["/readyz"] = (200, {"ready": True})
    figures = await figures_of(client, "jobs", with_token=False)
    assert (figures.up, figures.ready, figures.database, figures.jobs) == (True, True, None, None)
    assert figures.switches == ()
    service.answers["/readyz"] = (200, "hello")
    assert not (await figures_of(client, "jobs", with_token=False)).up
