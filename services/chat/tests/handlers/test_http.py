from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
import pytest
from chat_samples import MONDAY_6AM, T1, T2, counted, local, occasion, promise, tenant, visit_request

from chat.actions.book_appointment import book_appointment
from chat.actions.known_tenants import KnownTenants
from chat.adapters.memory_store import MemoryStore
from chat.app import Overrides, running
from chat.config import Config
from chat.domain.conversation import Conversation, ConversationId, Emergency, Question
from common.clock import ManualClock
from common.messaging.memory_bus import MemoryBroker, MemoryBus

KEY = {"X-API-Key": "a-key-for-tests"}
OTHER_KEY = {"Authorization": "Bearer another-key-for-tests"}


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass
class Api:
    store: MemoryStore
    clock: ManualClock
    session: aiohttp.ClientSession
    base: str

    async def ask(self, method: str, path: str, *, headers: dict[str, str] | None = KEY, **how: Any) -> tuple[int, Any]:
        async with self.session.request(method, f"{self.base}{path}", headers=headers, **how) as response:
            body = await response.read()
            return response.status, msgspec.json.decode(body) if body else None

    async def get(self, path: str, **how: Any) -> tuple[int, Any]:
        return await self.ask("GET", path, **how)

    async def post(self, path: str, **how: Any) -> tuple[int, Any]:
        return await self.ask("POST", path, **how)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    clock = ManualClock(MONDAY_6AM)
    store = MemoryStore(clock)
    async with store.transaction() as tx:
        await tx.add_tenant(tenant(api_key_sha256=(_sha256("a-key-for-tests"),)), now=MONDAY_6AM)
        await tx.add_tenant(tenant("t2", api_key_sha256=(_sha256("another-key-for-tests"),)), now=MONDAY_6AM)
    bus = MemoryBus(MemoryBroker())
    overrides = Overrides(clock=clock, store=store, bus=bus, random=lambda: 0.5, new_id=counted())
    async with running(Config(port=0), overrides) as service, aiohttp.ClientSession() as session:
        yield Api(store, clock, session, f"http://127.0.0.1:{service.port}")
    await bus.close()


async def book(api: Api, booking_id: str, hour: int, tenant_id: Any = T1) -> str:
    async with api.store.transaction() as tx:
        wish = visit_request(booking_id, starts_at=local(hour))
        decided = await book_appointment(tx, KnownTenants(), tenant_id, wish, occasion(new_id=counted(booking_id)))
    assert decided.decision.appointment_id is not None
    return decided.decision.appointment_id


ROUTES = [
    ("GET", "/v1/business"),
    ("PATCH", "/v1/business"),
    ("GET", "/v1/appointments"),
    ("POST", "/v1/appointments/a/cancel"),
    ("GET", "/v1/callbacks"),
    ("POST", "/v1/callbacks/a/keep"),
    ("GET", "/v1/conversations"),
    ("GET", "/v1/conversations/a"),
    ("GET", "/v1/customers"),
    ("GET", "/v1/questions"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nothing_is_shown_or_changed_without_a_key(api: Api, method: str, path: str) -> None:
    for headers in (
        None,
        {"X-API-Key": ""},
        {"X-API-Key": "wrong"},
        {"X-API-Key": "x" * 5_000},
        {"X-API-Key": _sha256("a-key-for-tests")},
        {"Authorization": "Basic a-key-for-tests"},
        {"Authorization": "Bearer"},
    ):
        status, problem = await api.ask(method, path, headers=headers)
        assert (status, problem["type"]) == (401, "urn:suite:problem:unauthorized")


async def test_the_business_shows_its_settings_and_no_secrets(api: Api) -> None:
    status, shown = await api.get("/v1/business")
    assert (status, shown["version"], shown["settings"]["business_name"]) == (200, 1, "Hill Country Plumbing")
    assert "api_key_sha256" not in shown["settings"]
    assert (await api.get("/v1/business", headers=OTHER_KEY))[1]["settings"]["tenant_id"] == "t2"


async def test_a_change_of_settings_counts_up_and_is_told(api: Api) -> None:
    body = {"version": 1, "settings": {"capacity": 3}}
    status, shown = await api.ask("PATCH", "/v1/business", json=body)
    assert (status, shown["version"], shown["settings"]["capacity"]) == (200, 2, 3)
    status, problem = await api.ask("PATCH", "/v1/business", json=body)
    assert (status, problem["type"]) == (409, "urn:suite:problem:version-conflict")
    assert (await api.get("/v1/business"))[1]["version"] == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 400),
        (b'{"version": 1}', 400),
        (b'{"version": 0, "settings": {}}', 400),
        (b'{"version": 1, "settings": {}, "more": 1}', 400),
        (b'{"version": 1, "settings": {"capacity": 0}}', 422),
        (b'{"version": 1, "settings": {"tenant_id": "t2"}}', 422),
        (b'{"version": 1, "settings": {"phone_numbers": ["+15125550190"]}}', 422),
        (b'{"version": 1, "settings": {"business_name": "a\\u0000"}}', 422),
        (b'{"version": 1, "settings": {"business_name": "' + b"x" * 70_000 + b'"}}', 413),
    ],
)
async def test_a_change_that_can_not_be_used_changes_nothing(api: Api, body: bytes, status: int) -> None:
    answered, problem = await api.ask("PATCH", "/v1/business", data=body)
    assert (answered, problem["status"]) == (status, status)
    assert (await api.get("/v1/business"))[1]["version"] == 1


async def test_visits_of_a_span_are_shown_in_order_and_in_pages(api: Api) -> None:
    for number, hour in enumerate((14, 8, 11)):
        await book(api, f"b{number}", hour)
    await book(api, "b0", 14, T2)
    status, shown = await api.get("/v1/appointments?limit=2")
    assert status == 200
    assert [item["starts_at"] for item in shown["items"]] == ["2027-03-01T14:00:00Z", "2027-03-01T17:00:00Z"]
    status, rest = await api.get(f"/v1/appointments?limit=2&cursor={shown['next_cursor']}")
    assert [item["starts_at"] for item in rest["items"]] == ["2027-03-01T20:00:00Z"]
    assert rest["next_cursor"] is None
    assert rest["items"][0]["crew"] == 1
    for span in ("from=2027-03-02", "from=2027-03-01T20:00:01Z", "from=2027-02-01&to=2027-03-01"):
        assert (await api.get(f"/v1/appointments?{span}"))[1]["items"] == []
    status, one = await api.get("/v1/appointments?from=2027-03-01T08:00:00-06:00&to=2027-03-01T15:00:00+00:00")
    assert (status, len(one["items"])) == (200, 1)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=%D9%A3",
        "cursor=x",
        "cursor=" + "A" * 900,
        "from=yesterday",
        "from=2027-03-01T08:00:00",
        "from=2027-03-02&to=2027-03-01",
        "from=2027-01-01&to=2027-12-01",
        "from=0001-01-01&to=9999-12-31",
    ],
)
async def test_a_span_that_makes_no_sense_is_a_bad_request(api: Api, query: str) -> None:
    status, problem = await api.get(f"/v1/appointments?{query}")
    assert (status, problem["type"]) == (400, "urn:suite:problem:bad-request")


async def test_the_owner_calls_a_visit_off(api: Api) -> None:
    visit_id = await book(api, "b1", 10)
    for _ in range(2):
        status, shown = await api.post(f"/v1/appointments/{visit_id}/cancel")
        assert (status, shown["status"], shown["version"]) == (200, "cancelled", 2)
    assert (await api.post(f"/v1/appointments/{visit_id}/cancel", headers=OTHER_KEY))[0] == 404
    assert (await api.post("/v1/appointments/%00/cancel"))[0] == 404


async def test_promises_are_shown_by_state_and_kept(api: Api) -> None:
    async with api.store.transaction() as tx:
        await tx.add_callback(promise("c1"))
        await tx.add_callback(promise("c2", due_at=local(5)))
        await tx.add_callback(promise("c3", tenant_id=T2))
    status, shown = await api.get("/v1/callbacks")
    assert [(item["callback_id"], item["overdue"]) for item in shown["items"]] == [("c2", True), ("c1", False)]
    status, kept = await api.post("/v1/callbacks/c1/keep", json={"result": "not_reached"})
    assert (status, kept["status"], kept["kept_at"]) == (200, "not_reached", "2027-03-01T12:00:00Z")
    assert (await api.post("/v1/callbacks/c1/keep", json={"result": "reached"}))[0] == 200
    status, problem = await api.post("/v1/callbacks/c1/keep", json={"result": "dropped"})
    assert (status, problem["type"]) == (409, "urn:suite:problem:callback-settled")
    assert (await api.post("/v1/callbacks/c3/keep", json={"result": "reached"}))[0] == 404
    assert (await api.post("/v1/callbacks/c2/keep", json={"result": "maybe"}))[0] == 400
    shown = (await api.get("/v1/callbacks?status=reached,open"))[1]
    assert [item["callback_id"] for item in shown["items"]] == ["c2", "c1"]
    assert (await api.get("/v1/callbacks?status=lost"))[0] == 400


async def test_conversations_are_shown_with_their_evidence(api: Api) -> None:
    call = Conversation(
        id=ConversationId("call-1"),
        tenant_id=T1,
        kind="call",
        channel="voice",
        phone="+15125550123",
        dialled_phone="+15125550100",
        started_at=MONDAY_6AM,
        last_at=MONDAY_6AM,
    )
    async with api.store.transaction() as tx:
        await tx.add_conversation(call)
        await tx.add_emergency(
            Emergency(alert_id="al1", tenant_id=T1, call_id="call-1", category="gas", detected_at=MONDAY_6AM)
        )
        await tx.add_question(
            Question(
                id="q1",
                tenant_id=T1,
                call_id="call-1",
                channel="voice",
                topic="price",
                question="how much?",
                language="en",
                asked_at=MONDAY_6AM,
            )
        )
    [item] = (await api.get("/v1/conversations"))[1]["items"]
    assert (item["conversation_id"], item["outcome"], item["ended_at"]) == ("call-1", None, None)
    assert (await api.get("/v1/conversations?kind=texts"))[1]["items"] == []
    status, detail = await api.get("/v1/conversations/call-1")
    assert (status, detail["emergencies"][0]["category"]) == (200, "gas")
    assert (await api.get("/v1/conversations/call-1", headers=OTHER_KEY))[0] == 404
    [question] = (await api.get("/v1/questions"))[1]["items"]
    assert question["question"] == "how much?"


async def test_a_customer_is_found_by_number(api: Api) -> None:
    await book(api, "b1", 10)
    for phone in ("%2B15125550123", "+15125550123"):
        [found] = (await api.get(f"/v1/customers?phone={phone}"))[1]["items"]
        assert (found["name"], found["phone"]) == ("Ana Ruiz", "+15125550123")
    assert len((await api.get("/v1/customers"))[1]["items"]) == 1
    assert (await api.get("/v1/customers?phone=12"))[0] == 400
    assert (await api.get("/v1/customers", headers=OTHER_KEY))[1]["items"] == []


async def test_who_asks_too_much_is_told_to_wait_and_others_are_not(api: Api) -> None:
    statuses = [(await api.get("/v1/questions"))[0] for _ in range(125)]
    assert (statuses[0], statuses[-1]) == (200, 429)
    assert (await api.get("/v1/questions", headers=OTHER_KEY))[0] == 200
    api.clock.advance(5)
    assert (await api.get("/v1/questions"))[0] == 200


async def test_who_guesses_keys_is_stopped_and_who_has_one_is_not(api: Api) -> None:
    assert (await api.get("/v1/questions"))[0] == 200
    statuses = [(await api.get("/v1/questions", headers={"X-API-Key": f"guess-{n}"}))[0] for n in range(60)]
    assert (statuses[0], statuses[-1]) == (401, 429)
    assert (await api.get("/v1/questions"))[0] == 200


async def test_a_key_that_was_taken_back_stops_to_open(api: Api) -> None:
    assert (await api.get("/v1/business"))[0] == 200
    async with api.store.transaction() as tx:
        await tx.save_tenant(tenant(version=2), now=MONDAY_6AM)
    api.clock.advance(31)
    assert (await api.get("/v1/business"))[0] == 401
