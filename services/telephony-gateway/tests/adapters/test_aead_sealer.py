from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from gateway_samples import CALL_SID, CALLER, MONDAY_9AM, call

from receptionist.dialogue.heard import KnownVisit
from receptionist.dialogue.state import DialogueState, Facts
from receptionist.scheduling.slots import Slot, Wanted
from telephony_gateway.adapters.aead_sealer import MAX_SEALED, AeadSealer
from telephony_gateway.domain.ids import CallId

KEY, OTHER = "k" * 32, "o" * 32
SLOTS = tuple(Slot(start=MONDAY_9AM + timedelta(hours=n), end=MONDAY_9AM + timedelta(hours=n + 1)) for n in range(3))
FULL = DialogueState(
    lang="es",
    goal="book",
    question="confirm",
    turns=14,
    caller_phone=CALLER,
    facts=Facts(
        name="María Fernanda González Hernández",
        address="1420 Barton Springs Road, Apartment 12B, Austin, Texas 78704",
        phone=CALLER,
        service_id="water-heater",
        problem="el calentador de agua gotea desde ayer y hay un charco grande en el garaje",
        message="llámeme por favor antes de las cinco",
        wanted=Wanted(first_day=MONDAY_9AM.date(), last_day=MONDAY_9AM.date(), from_minute=480, to_minute=720),
    ),
    offered=SLOTS,
    picked=SLOTS[0],
    visits=tuple(KnownVisit(id=f"visit-{n}", start=slot.start, end=slot.end) for n, slot in enumerate(SLOTS[:2])),
    alerts=("flood", "gas"),
)


def test_a_conversation_comes_back_whole() -> None:
    stored = call(state=FULL, version=12, tier="basic")
    sealer = AeadSealer((KEY,))
    assert sealer.open(sealer.seal(stored), stored.call_id) == stored


def test_a_full_state_rides_in_a_url() -> None:
    sealed = AeadSealer((KEY,)).seal(call(state=FULL, version=12))
    assert 0 < len(sealed) <= MAX_SEALED
    assert sealed.replace("-", "").replace("_", "").isalnum()
    assert b"Fernanda" not in base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))


def test_what_is_too_long_does_not_ride() -> None:
    words = "".join(chr(0x4E00 + number % 20_000) for number in range(0, 40_000, 17))
    state = replace(FULL, facts=replace(FULL.facts, message=words))
    assert AeadSealer((KEY,)).seal(call(state=state)) == ""


def test_nobody_else_s_state_opens() -> None:
    sealed = AeadSealer((OTHER,)).seal(call())
    assert AeadSealer((KEY,)).open(sealed, CallId(CALL_SID)) is None


def test_a_state_belongs_to_its_call() -> None:
    sealer = AeadSealer((KEY,))
    assert sealer.open(sealer.seal(call()), CallId("CAother")) is None


@pytest.mark.parametrize("at", [0, 10, 50, -1])
def test_a_changed_state_does_not_open(at: int) -> None:
    sealer = AeadSealer((KEY,))
    sealed = sealer.seal(call())
    other = "A" if sealed[at] != "A" else "B"
    changed = sealed[:at] + other + (sealed[at + 1 :] if at != -1 else "")
    assert sealer.open(changed, CallId(CALL_SID)) is None


@pytest.mark.parametrize("sealed", ["", "A", "AAAA", "A" * 40, "é" * 50, "=" * 50, "A" * 100_000, "%00", "../.."])
def test_nonsense_is_none(sealed: str) -> None:
    assert AeadSealer((KEY,)).open(sealed, CallId(CALL_SID)) is None


def test_keys_can_be_changed_while_calls_go_on() -> None:
    before, during, after = AeadSealer((OTHER,)), AeadSealer((KEY, OTHER)), AeadSealer((KEY,))
    stored = call()
    assert during.open(before.seal(stored), stored.call_id) == stored
    assert after.open(during.seal(stored), stored.call_id) == stored


def test_a_sealer_needs_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        AeadSealer(())
