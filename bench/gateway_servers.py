"""The servers that `bench/gateway.py` compares: the gateway, and a bare handler that only parses, checks and inserts."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import asyncpg
from aiohttp import web

from common.contracts.chat import BookAppointment, BookingAnswered, FindSlots, SlotOffer, SlotsFound
from common.contracts.codec import decode, encode
from common.contracts.topology import BILLING_USAGE, CHAT_CALLS, CHAT_RPC, JOBS_COMMANDS
from common.lifecycle import run_service, run_until_signal
from common.messaging.bus import Delivery, Done
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.observability.logs import configure_logs

TOKEN = "bench-auth-token-0123456789"  # noqa: S105 - of use to nobody
ORIGIN = "https://bench.example"
BARE_TABLE = (
    "CREATE TABLE IF NOT EXISTS bench_calls (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sid text, body text)"
)


@dataclass(frozen=True)
class Started:
    """What the parent waits for."""

    port: int


async def answer_as_chat(delivery: Delivery) -> bytes:
    """Chat's part, at once: three free times, and every booking stored."""
    envelope, query = decode(delivery.body)
    now = datetime.now(UTC)
    reply: SlotsFound | BookingAnswered
    if isinstance(query, FindSlots):
        starts = [query.after.replace(microsecond=0) + timedelta(hours=hour) for hour in (20, 23, 26)]
        offers = tuple(SlotOffer(starts_at=start, ends_at=start + timedelta(hours=1)) for start in starts)
        reply = SlotsFound(slots=offers, as_of=now)
    else:
        assert isinstance(query, BookAppointment)
        reply = BookingAnswered(outcome="booked", appointment_id="a", starts_at=query.starts_at, ends_at=query.ends_at)
    return encode(reply, event_id="reply", source="/bench", time=now, subject=envelope.subject, tenant=envelope.tenant)


async def take(_delivery: Delivery) -> Done:
    """Whoever listens to events."""
    return Done()


@asynccontextmanager
async def gateway(arguments: argparse.Namespace) -> AsyncIterator[Started]:
    """The gateway as it is deployed, except that the bus is in memory and chat answers at once."""
    from telephony_gateway.app import Overrides, running
    from telephony_gateway.config import Config

    overrides = Overrides()
    if arguments.amqp == "memory://":
        bus = MemoryBus(MemoryBroker(capacity=10_000_000))
        await bus.start()
        await bus.respond(CHAT_RPC.name, answer_as_chat)
        for queue in (CHAT_CALLS, BILLING_USAGE, JOBS_COMMANDS):
            await bus.subscribe(queue.name, take)
        overrides = Overrides(bus=bus)
    config = Config(
        port=0,
        public_base_url=ORIGIN,
        database_url=arguments.database,
        amqp_url=arguments.amqp,
        tenants_file=Path(arguments.tenants),
        journal_dir=Path(arguments.journal),
        twilio_auth_token=TOKEN,
    )
    async with running(config, overrides) as started:
        yield Started(started.port)


@asynccontextmanager
async def bare(arguments: argparse.Namespace) -> AsyncIterator[Started]:
    """What a few lines of aiohttp and asyncpg give, on their own defaults: parse the form, check the HMAC, INSERT, answer."""
    from twilio.request_validator import RequestValidator

    validator = RequestValidator(TOKEN)
    document = '<?xml version="1.0" encoding="UTF-8"?><Response><Say>Hello</Say></Response>'
    async with asyncpg.create_pool(arguments.database) as pool:
        await pool.execute(BARE_TABLE)

        async def voice(request: web.Request) -> web.Response:
            form = await request.post()
            signature = request.headers["X-Twilio-Signature"]
            if not validator.validate(ORIGIN + request.raw_path, form, signature):
                return web.Response(status=403)
            await pool.execute("INSERT INTO bench_calls (sid, body) VALUES ($1, $2)", form["CallSid"], urlencode(form))
            return web.Response(text=document, content_type="text/xml")

        app = web.Application()
        app.router.add_post("/{path:.*}", voice)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield Started(runner.addresses[0][1])
        await runner.cleanup()


def main() -> int:
    """Serves on one core and prints the port once it listens."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("gateway", "bare"))
    parser.add_argument("--database", required=True)
    parser.add_argument("--amqp", default="memory://")
    parser.add_argument("--tenants", default="")
    parser.add_argument("--journal", default="")
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--profile", default="")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.core})
    configure_logs("json", keep_pii=False)

    @asynccontextmanager
    async def announced() -> AsyncIterator[None]:
        async with (gateway if arguments.kind == "gateway" else bare)(arguments) as started:
            print(json.dumps({"port": started.port}), flush=True)
            yield
            await asyncio.sleep(0)

    if arguments.kind == "bare":
        with asyncio.Runner() as runner:
            runner.run(run_until_signal(announced()))
        return 0
    if not arguments.profile:
        return run_service(announced)
    import cProfile
    import time

    profile = cProfile.Profile(time.thread_time)
    code = profile.runcall(run_service, announced)
    profile.dump_stats(arguments.profile)
    return code


if __name__ == "__main__":
    sys.exit(main())
