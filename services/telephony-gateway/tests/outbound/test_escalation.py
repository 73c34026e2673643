from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from gateway_outbound_contract import NOON, OWNER, SETTINGS, TENANT, alert, writes

from common.clock import ManualClock
from common.contracts.codec import decode
from common.storage import StoreUnavailable
from common.testing.patience import PATIENCE_S
from telephony_gateway.actions.acknowledge_alerts import acknowledge_all
from telephony_gateway.actions.escalate_alerts import Escalation
from telephony_gateway.adapters.copy_book import CopyBook
from telephony_gateway.app import Stores, memory_stores
from telephony_gateway.domain.alert import ROUNDS, AlertContact, is_acknowledgement, ladder, rung_of
from telephony_gateway.domain.alert_words import Lang, call_of, mail_of, taken_of, text_of
from telephony_gateway.domain.ids import AlertId
from telephony_gateway.domain.text import NewText
from telephony_gateway.ports.texts import SmsUnavailable, Taken

SECOND = "+15125550191"


@dataclass
class Provider:
    calls: list[tuple[str, str]] = field(default_factory=list)
    down: bool = False

    async def send(self, new: NewText, *, status_callback: str) -> Taken:
        raise AssertionError("texts are the sender's")

    async def find(self, new: NewText, *, since: object) -> str | None:
        return None

    async def place_call(self, *, from_phone: str, to_phone: str, answer_url: str) -> Taken:
        if self.down:
            raise SmsUnavailable
        self.calls.append((to_phone, answer_url))
        return Taken(provider_id="CA1")

    async def close(self) -> None: ...


@dataclass
class Observed:
    rungs: list[str] = field(default_factory=list)
    woken: int = 0

    def climbed(self, rung: str) -> None:
        self.rungs.append(rung)

    def unacknowledged(self, count: int, oldest_s: float) -> None: ...

    def nudge(self) -> None:
        self.woken += 1


@dataclass
class Rig:
    clock: ManualClock
    stores: Stores
    provider: Provider
    observed: Observed
    escalation: Escalation

    async def pass_time(self, seconds: int) -> None:
        """Sweeps each second, as the loop does."""
        for _ in range(seconds):
            await self.escalation.sweep()
            self.clock.advance(1)

    def texts(self) -> list[NewText]:
        return [row.new for row in self.stores.base.gateway.texts.rows()]  # type: ignore[union-attr]


@pytest.fixture
async def rig() -> Rig:
    clock = ManualClock(NOON)
    stores, provider, observed = memory_stores(clock), Provider(), Observed()
    escalation = Escalation(
        store=stores.alerts,
        copies=CopyBook(clock, seed=[SETTINGS]),
        provider=provider,
        observer=observed,
        clock=clock,
        public_base_url="https://phone.example.com",
        wake_sender=observed,
    )
    await stores.calls.commit(writes(alerts=(alert(),)))
    return Rig(clock, stores, provider, observed, escalation)


async def test_the_owner_is_texted_at_once_then_called_then_the_next_contact_then_mailed(rig: Rig) -> None:
    await rig.escalation.sweep()
    assert [new.to_phone for new in rig.texts()] == [OWNER]
    assert rig.texts()[0].body.startswith("EMERGENCY: GAS.")
    assert rig.observed.woken == 1
    await rig.pass_time(61)
    assert [phone for phone, _ in rig.provider.calls] == [OWNER]
    await rig.pass_time(182)
    assert rig.observed.rungs == ["text", "call", "text", "call", "email", "email"]
    assert [new.to_phone for new in rig.texts()] == [OWNER, SECOND]
    assert rig.texts()[1].body.startswith("EMERGENCIA: GAS."), "in the contact's own language"
    mails: list[Any] = [decode(row.message.body)[1] for row in await rig.stores.base.claim_outbox(limit=9, lease_s=1)]
    assert [mail.recipient for mail in mails] == ["dana@hillcountry.example", "luis@hillcountry.example"]


async def test_it_goes_round_until_somebody_takes_it_and_then_stops(rig: Rig) -> None:
    await rig.pass_time(800)
    assert rig.observed.rungs[6:8] == ["text", "call"]
    climbed = len(rig.observed.rungs)
    (taken,) = await acknowledge_all(rig.stores.alerts, TENANT, by="Dana", at=rig.clock.now())
    assert taken.new.alert_id == "c1-gas"
    await rig.pass_time(1_000)
    assert len(rig.observed.rungs) == climbed
    assert await acknowledge_all(rig.stores.alerts, TENANT, by="Luis", at=rig.clock.now()) == []


async def test_an_alert_that_nobody_takes_is_given_up_loudly_after_the_last_round(rig: Rig) -> None:
    for _ in range(ROUNDS * 20):
        await rig.escalation.sweep()
        rig.clock.advance(60)
    assert rig.observed.rungs[-1] == "exhausted"
    assert rig.observed.rungs.count("text") == 2 * ROUNDS
    assert (await rig.stores.alerts.unacknowledged(rig.clock.now()))[0] == 1, "it stays visible"


async def test_a_call_that_can_not_be_placed_makes_the_next_rung_due_at_once(rig: Rig) -> None:
    rig.provider.down = True
    await rig.pass_time(63)
    assert rig.observed.rungs == ["text", "call_failed", "text"]
    assert [new.to_phone for new in rig.texts()] == [OWNER, SECOND]


async def test_an_alert_whose_business_is_not_known_yet_waits_for_it(rig: Rig) -> None:
    book = CopyBook(rig.clock)
    rig.escalation._copies = book
    await rig.escalation.sweep()
    assert rig.texts() == []
    from telephony_gateway.domain.copies import CopySet, TenantCopy

    book.apply(CopySet(tenants=(TenantCopy(tenant_id=TENANT, version=1, settings=SETTINGS),)))
    rig.clock.advance(31)
    await rig.escalation.sweep()
    assert len(rig.texts()) == 1


async def test_a_rung_that_another_replica_climbed_is_climbed_once(rig: Rig) -> None:
    climb = rig.stores.alerts.climb

    async def late(alert_id: AlertId, **rung: Any) -> bool:
        await climb(alert_id, **rung)
        return await climb(alert_id, **rung)

    rig.stores.alerts.climb = late  # type: ignore[method-assign]
    await rig.pass_time(400)
    assert len(rig.texts()) == len({new.text_id for new in rig.texts()})
    assert rig.provider.calls == []
    assert rig.observed.rungs == []
    assert rig.observed.woken == 0


async def test_an_exhausted_alert_is_given_up_by_one_replica(rig: Rig) -> None:
    async def late(alert_id: AlertId, **rung: Any) -> bool:
        return False

    rig.escalation._copies = CopyBook(rig.clock, seed=[msgspec.structs.replace(SETTINGS, contacts=())])
    rig.stores.alerts.climb = late  # type: ignore[method-assign]
    await rig.escalation.sweep()
    assert rig.observed.rungs == []


async def test_the_climbing_outlives_an_outage_of_the_store_and_is_woken_by_the_bell(rig: Rig) -> None:
    claim = rig.stores.alerts.claim_alerts
    down = True

    async def failing(**named: Any) -> Any:
        if down:
            raise StoreUnavailable("tests")
        return await claim(**named)

    rig.stores.alerts.claim_alerts = failing  # type: ignore[method-assign]
    task = asyncio.create_task(rig.escalation.run())
    await asyncio.sleep(0.02)
    assert rig.texts() == []
    down = False
    rig.escalation.ring()
    async with asyncio.timeout(PATIENCE_S):
        while not rig.texts():
            await asyncio.sleep(0.01)
    assert [new.to_phone for new in rig.texts()] == [OWNER]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_without_contacts_or_mail_addresses_the_ladder_is_shorter() -> None:
    dana = AlertContact(name="Dana", phone=OWNER, email="", lang="en")
    assert [rung.kind for rung in ladder([dana])] == ["text", "call"]
    assert ladder([]) == ()
    assert rung_of(0, []) is None


@pytest.mark.parametrize(
    ("alerts", "lang", "said"),
    [
        (1, "en", "Got it, it's yours."),
        (0, "en", "There is no open emergency."),
        (2, "es", "Listo, queda a su nombre."),
        (0, "es", "No hay ninguna emergencia pendiente."),
    ],
)
def test_whoever_takes_it_hears_whether_there_was_anything_to_take(alerts: int, lang: Lang, said: str) -> None:
    assert taken_of(alerts, lang).startswith(said)


@pytest.mark.parametrize("body", ["1", "ok", "OK!", "Yes", "on my way", "ya voy", "I'm on it", "got it."])
def test_short_words_take_an_alert(body: str) -> None:
    assert is_acknowledgement(body)


@pytest.mark.parametrize(
    "body", ["no", "can't", "who is this", "ok but I can't today", "11", "", "call Luis", "yes or no"]
)
def test_anything_else_does_not(body: str) -> None:
    assert not is_acknowledgement(body)


def test_what_is_known_is_said_and_nothing_else() -> None:
    bare = alert(words="", caller_phone="")
    assert text_of(bare, "en") == "EMERGENCY: GAS. number withheld. Gas smell in the basement Reply 1 to take it."
    full = alert(name="Tom", address="18 Rainey Street")
    assert "Tom +15125550123. 18 Rainey Street." in text_of(full, "es")
    assert "Press 1 to take it." in call_of(full, "Hill Country", "en")
    assert "5 1 2 5 5 5 0 1 2 3" in call_of(full, "Hill Country", "en")
    spoken = call_of(alert(address="18 Rainey Street"), "Hill Country", "es")
    assert spoken.startswith("Emergencia para Hill Country: gas. 18 Rainey Street. Número: 5 1 2 5 5 5 0 1 2 3.")
    assert spoken.endswith("Oprima 1 para tomarla.")
    assert "Número" not in call_of(alert(caller_phone=""), "Hill Country", "es")
    subject, body = mail_of(full, "Hill Country", "en")
    assert subject == "EMERGENCY: GAS – Hill Country"
    assert body.splitlines()[1:3] == ["Tom +15125550123", "18 Rainey Street"]


@pytest.mark.parametrize(
    "category",
    [
        "gas",
        "flood",
        "burst_pipe",
        "sewage",
        "no_heat_vulnerable",
        "electrical_fire_risk",
        "carbon_monoxide",
        "no_water",
        "other_urgent",
        "something_new",
    ],
)
def test_every_kind_has_words_in_both_languages(category: str) -> None:
    for lang, head in (("en", "EMERGENCY: "), ("es", "EMERGENCIA: ")):
        words = text_of(alert(category=category), lang)  # type: ignore[arg-type]
        assert words.startswith(head)
        assert category not in words
