"""The service with its worker, and a peer that answers batches as chat does, on a bus in memory."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
from jobs_tenants_contract import copy

from common.clock import SystemClock
from common.contracts.chat import ContactsApplied, RefusedContact
from common.contracts.codec import decode
from common.contracts.jobs import ContactRow, ImportContacts
from common.contracts.topology import CHAT_CONTACTS
from common.messaging.bus import Delivery, Done, Outcome
from common.messaging.compose import message_of
from common.messaging.memory_bus import MemoryBroker, MemoryBus
from common.testing.patience import PATIENCE_S
from jobs.adapters.memory_store import MemoryStore
from jobs.app import Overrides, running
from jobs.config import Config
from jobs.ports.store import Store

KEY: Final = "imports-key-0123456789"
OTHER_KEY: Final = "imports-key-of-another"
TENANT: Final = "bright"


class ChatPeer:
    """Keeps customers by number, and answers each batch once; deaf for as long as somebody wants it to be."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.bus = MemoryBus(broker)
        self.customers: dict[tuple[str, str], ContactRow] = {}
        self.batches: list[tuple[str, int]] = []
        self.hears = asyncio.Event()
        self.hears.set()
        self._seen: set[str] = set()
        self.refuses: Mapping[str, str] = {}
        """Number -> reason."""

    async def hear(self, delivery: Delivery) -> Outcome:
        await self.hears.wait()
        envelope, data = decode(delivery.body)
        assert isinstance(data, ImportContacts)
        if envelope.id in self._seen:
            return Done()
        self._seen.add(envelope.id)
        self.batches.append((data.import_id, data.batch))
        refused = tuple(
            RefusedContact(row=row.row, reason=self.refuses[row.phone])
            for row in data.rows
            if row.phone in self.refuses
        )
        created = 0
        for row in data.rows:
            if row.phone not in self.refuses:
                created += (envelope.tenant, row.phone) not in self.customers
                self.customers[envelope.tenant, row.phone] = row
        applied = ContactsApplied(
            import_id=data.import_id,
            batch=data.batch,
            created=created,
            updated=0,
            unchanged=len(data.rows) - created - len(refused),
            refused=refused,
        )
        answer = message_of(
            applied,
            event_id=f"answer:{envelope.id}",
            source="chat",
            time=datetime.now(UTC),
            subject=data.import_id,
            tenant=envelope.tenant,
        )
        await self.bus.publish([answer])
        return Done()


class Owner:
    """Somebody with an API key."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str = KEY) -> None:
        self._session = session
        self._url = url
        self._headers = {"X-API-Key": key}

    async def asks(
        self,
        method: str,
        path: str = "",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Any:
        """The answer's JSON."""
        async with self._session.request(
            method, f"{self._url}/v1/imports{path}", headers={**self._headers, **(headers or {})}, **options
        ) as response:
            body = await response.json(content_type=None)
            assert response.status == status, body
            return body

    async def uploads(self, data: bytes, *, status: int = 201, filename: str = "customers.csv") -> Any:
        """The import, or the problem."""
        return await self.asks("POST", f"?filename={filename}", status=status, data=io.BytesIO(data))

    async def errors(self, import_id: str, *, language: str = "en") -> list[list[str]]:
        """The rows of the error file."""
        async with self._session.get(
            f"{self._url}/v1/imports/{import_id}/errors.csv?language={language}", headers=self._headers
        ) as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
            assert response.headers["Content-Disposition"].startswith("attachment; ")
            text = (await response.read()).decode("utf-8-sig")
            delimiter = (await self.asks("GET", f"/{import_id}"))["file"]["delimiter"]
            return list(csv.reader(io.StringIO(text), delimiter=delimiter))

    async def until(self, import_id: str, *states: str, within_s: float = PATIENCE_S) -> Any:
        """The import in one of these states."""
        async with asyncio.timeout(within_s):
            while (view := await self.asks("GET", f"/{import_id}"))["state"] not in states:
                await asyncio.sleep(0.02)
        return view


class Rig:
    """A running service, its store, its broker and the peer."""

    def __init__(self, store: Store, broker: MemoryBroker, chat: ChatPeer, owner: Owner, stranger: Owner) -> None:
        self.store = store
        self.broker = broker
        self.chat = chat
        self.owner = owner
        self.stranger = stranger


@asynccontextmanager
async def rig(
    config: Config | None = None, *, store: Store | None = None, wrap_store: Callable[[Store], Store] = lambda it: it
) -> AsyncIterator[Rig]:
    """Runs all of it until the block ends."""
    broker = MemoryBroker()
    store = store or MemoryStore(clock=SystemClock())
    async with store.transaction() as tx:
        await tx.tenants.save(copy(TENANT, api_key_sha256=(hashlib.sha256(KEY.encode()).hexdigest(),)))
        await tx.tenants.save(copy("other", api_key_sha256=(hashlib.sha256(OTHER_KEY.encode()).hexdigest(),)))
    chat = ChatPeer(broker)
    await chat.bus.start()
    subscription = await chat.bus.subscribe(CHAT_CONTACTS.name, chat.hear)
    overrides = Overrides(bus=MemoryBus(broker), store=store, wrap_store=wrap_store)
    try:
        async with running(config or Config(port=0), overrides) as service, aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{service.port}"
            yield Rig(store, broker, chat, Owner(session, url), Owner(session, url, OTHER_KEY))
    finally:
        chat.hears.set()
        await subscription.cancel()
        await chat.bus.close()


async def eventually(condition: Callable[[], Awaitable[bool]], *, within_s: float = PATIENCE_S) -> None:
    """Waits until it holds."""
    async with asyncio.timeout(within_s):
        while not await condition():
            await asyncio.sleep(0.02)
