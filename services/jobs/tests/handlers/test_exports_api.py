from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import aiohttp
from jobs_exports_contract import keep, new_export
from jobs_tenants_contract import copy

from common.clock import SystemClock
from common.contracts.chat import ListRecords, RecordsListed
from common.contracts.codec import decode, encode
from common.contracts.topology import CHAT_RECORDS_RPC
from common.messaging.bus import Bus, Delivery, Message
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S
from jobs.actions.sweep_exports import ExportsSwept, sweep_exports
from jobs.adapters.memory_store import MemoryStore
from jobs.app import Overrides, running
from jobs.config import Config
from jobs.domain.export import KEPT_FOR, MAX_OPEN, ExportId

KEY: Final = "exports-key-0123456789"
OTHER_KEY: Final = "exports-key-of-another"
ROWS: Final = [(f"k{number:04}", f"=cmd|{number}", "+15125550123") for number in range(1_234)]


class ChatPeer:
    """Answers lists as chat does; silent, or with other columns, for as long as somebody wants it to be."""

    def __init__(self) -> None:
        self.silent = 0
        self.columns = ("customer_id", "name", "phone")
        self.asked: list[tuple[str, str]] = []
        self.page = 500
        self.changing = False

    async def answer(self, delivery: Delivery) -> bytes:
        envelope, query = decode(delivery.body)
        assert isinstance(query, ListRecords)
        self.asked.append((envelope.tenant, query.after))
        if self.silent:
            self.silent -= 1
            raise StoreUnavailable
        known = ROWS if envelope.tenant == "bright" and query.records == "customers" else []
        left = [row for row in known if row[0] > query.after]
        rows = left[: self.page]
        reply = RecordsListed(
            columns=self.columns, rows=tuple(rows), next_after=rows[-1][0] if len(left) > len(rows) else ""
        )
        if self.changing:
            self.columns = self.columns[::-1]
        return encode(reply, event_id="r", source="chat", time=datetime.now(UTC), subject="s", tenant=envelope.tenant)


class ShortOfPatience:
    """A bus on which nobody waits long for a chat that says nothing."""

    def __init__(self, bus: Bus, chat: ChatPeer) -> None:
        self._bus = bus
        self._chat = chat

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def call(self, message: Message, *, deadline_s: float) -> bytes:
        return await self._bus.call(message, deadline_s=0.1 if self._chat.silent else deadline_s)


class House:
    """The running service, its owner and its chat."""

    def __init__(self, session: aiohttp.ClientSession, url: str, store: MemoryStore, chat: ChatPeer) -> None:
        self._session = session
        self._url = f"{url}/v1/exports"
        self.store = store
        self.chat = chat

    async def asks(self, method: str, path: str = "", *, status: int = 200, key: str = KEY, **options: Any) -> Any:
        async with self._session.request(method, self._url + path, headers={"X-API-Key": key}, **options) as response:
            answer = await response.json(content_type=None)
            assert response.status == status, answer
            return answer

    async def begins(self, records: str = "customers") -> str:
        return str((await self.asks("POST", status=202, json={"records": records}))["export_id"])

    async def until(self, export_id: str, state: str) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while (view := await self.asks("GET", f"/{export_id}"))["state"] != state:
                await asyncio.sleep(0.02)
        return view

    async def file(self, export_id: str) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self._session.get(f"{self._url}/{export_id}/file", headers={"X-API-Key": KEY}) as response:
            return response, await response.read()


@asynccontextmanager
async def house(chat: ChatPeer | None = None) -> AsyncIterator[House]:
    broker, store, chat = MemoryBroker(), MemoryStore(clock=SystemClock()), chat or ChatPeer()
    async with store.transaction() as tx:
        for tenant, key in (("bright", KEY), ("other", OTHER_KEY)):
            await tx.tenants.save(copy(tenant, api_key_sha256=(hashlib.sha256(key.encode()).hexdigest(),)))
    bus = MemoryBus(broker)
    await bus.start()
    subscription = await bus.respond(CHAT_RECORDS_RPC.name, chat.answer)
    try:
        overrides = Overrides(
            bus=MemoryBus(broker),
            store=store,
            wrap_bus=lambda bus: cast("Bus", ShortOfPatience(bus, chat)),
            random=lambda: 0.0,
        )
        async with running(Config(port=0), overrides) as service, aiohttp.ClientSession() as session:
            yield House(session, f"http://127.0.0.1:{service.port}", store, chat)
    finally:
        await subscription.cancel()
        await bus.close()


async def test_a_file_has_every_record_once_and_nothing_that_is_a_formula() -> None:
    async with house() as here:
        begun = await here.asks("POST", status=202, json={"records": "customers", "format": "csv"})
        assert (begun["state"], begun["records"], begun["file"]) == ("waiting", "customers", None)
        view = await here.until(begun["export_id"], "done")
        assert view["rows"] == len(ROWS)
        response, body = await here.file(begun["export_id"])
        assert len(body) == view["size"]
        assert body.startswith(b"\xef\xbb\xbfcustomer_id,name,phone\r\n")
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert response.headers["Content-Disposition"].startswith('attachment; filename="customers-20')
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        _, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig")))
        assert rows == [[key, "'" + name, "'" + phone] for key, name, phone in ROWS]
        assert here.chat.asked == [("bright", ""), ("bright", "k0499"), ("bright", "k0999")]


async def test_without_records_the_file_has_its_header() -> None:
    async with house() as here:
        export_id = await here.begins("callbacks")
        assert (await here.until(export_id, "done"))["rows"] == 0
        assert (await here.file(export_id))[1] == b"\xef\xbb\xbfcustomer_id,name,phone\r\n"


async def test_silence_is_waited_out_and_the_file_goes_on_where_it_was() -> None:
    chat = ChatPeer()
    chat.page = 1_000
    async with house(chat) as here:
        export_id = await here.begins()
        await here.until(export_id, "done")
        chat.silent = 1
        again = await here.begins()
        view = await here.until(again, "done")
        assert view["rows"] == len(ROWS)
        job = await here.store.views.job(f"export:{again}")  # type: ignore[arg-type]
        assert job is not None
        assert job.attempts == 1
        assert (await here.file(again))[1] == (await here.file(export_id))[1]


async def test_columns_that_change_in_the_middle_end_the_export() -> None:
    chat = ChatPeer()
    chat.changing = True
    async with house(chat) as here:
        export_id = await here.begins()
        view = await here.until(export_id, "failed")
        assert (view["failure"], view["file"]) == ("columns-changed", None)


async def test_only_the_owner_sees_an_export_and_its_file() -> None:
    async with house() as here:
        export_id = await here.begins()
        await here.until(export_id, "done")
        for path in (f"/{export_id}", f"/{export_id}/file", "/nobody", "/..%2Fx"):
            problem = await here.asks("GET", path, status=404, key=OTHER_KEY)
            assert problem["type"] == "urn:suite:problem:not-found"
        await here.asks("GET", status=401, key="wrong-key-wrong-key")
        assert (await here.asks("GET", key=OTHER_KEY))["items"] == []
        assert [item["export_id"] for item in (await here.asks("GET"))["items"]] == [export_id]


async def test_what_is_no_wish_for_a_file_is_refused_with_the_reason() -> None:
    async with house() as here:
        for body in (
            {},
            {"records": "passwords"},
            {"records": "customers", "format": "xls"},
            {"records": "customers", "x": 1},
        ):
            problem = await here.asks("POST", status=400, json=body)
            assert problem["detail"]
        await here.asks("POST", status=400, data=b"{")
        await here.asks("GET", "?limit=0", status=400)
        await here.asks("GET", "?cursor=x", status=400)


async def test_a_business_has_a_few_exports_at_a_time() -> None:
    chat = ChatPeer()
    chat.silent = 1_000
    async with house(chat) as here:
        for _ in range(MAX_OPEN):
            await here.begins()
        problem = await here.asks("POST", status=429, json={"records": "customers"})
        assert (problem["type"], problem["retryable"]) == ("urn:suite:problem:too-many-exports", True)
        await here.asks("POST", status=202, key=OTHER_KEY, json={"records": "customers"})
        export_id = (await here.asks("GET"))["items"][0]["export_id"]
        assert (await here.asks("GET", f"/{export_id}/file", status=409))["type"].endswith("export-not-ready")


async def test_the_list_goes_on_page_by_page_the_newest_first() -> None:
    async with house() as here:
        made = datetime(2026, 3, 10, tzinfo=UTC)
        await keep(
            here.store,
            *(
                new_export(f"x{n}", tenant_id="bright", state="done", created_at=made + timedelta(minutes=n))
                for n in range(5)
            ),
        )
        first = await here.asks("GET", "?limit=3")
        rest = await here.asks("GET", f"?limit=3&cursor={first['next_cursor']}")
        assert [item["export_id"] for item in (*first["items"], *rest["items"])] == ["x4", "x3", "x2", "x1", "x0"]
        assert rest["next_cursor"] is None


async def test_files_are_deleted_after_a_week_and_exports_end_with_their_jobs() -> None:
    async with house() as here:
        export_id = await here.begins()
        view = await here.until(export_id, "done")
        now = datetime.fromisoformat(view["changed_at"])
        await keep(here.store, new_export("orphan", tenant_id="bright", state="running", changed_at=now))
        assert await sweep_exports(here.store, now=now + KEPT_FOR) == ExportsSwept(ended=1)
        assert await sweep_exports(here.store, now=now + KEPT_FOR + timedelta(seconds=1)) == ExportsSwept(forgotten=1)
        view = await here.asks("GET", f"/{export_id}")
        assert (view["state"], view["file"], view["file_deleted"]) == ("done", None, True)
        await here.asks("GET", f"/{export_id}/file", status=409)
        orphan = await here.asks("GET", "/orphan")
        assert (orphan["state"], orphan["failure"]) == ("failed", "job-gone")
        async with here.store.transaction() as tx:
            assert await tx.exports.part(ExportId(export_id), 0) is None
