"""What holds for any caller, sensible or not."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import replace

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from receptionist.dialogue.effects import (
    MAX_ASKS_PER_TURN,
    AlertOwner,
    BookVisit,
    CancelVisit,
    EndConversation,
    FindSlots,
    PromiseCallback,
    RequestProof,
    RescheduleVisit,
    TransferToOwner,
)
from receptionist.dialogue.heard import (
    BookingResult,
    CallStarted,
    CancelResult,
    Digits,
    Heard,
    HungUp,
    KnownCustomer,
    KnownVisit,
    ProofResult,
    RescheduleResult,
    Silence,
    SlotsFound,
    Speech,
    Timeout,
    TransferResult,
)
from receptionist.dialogue.state import DialogueState, begin
from receptionist.dialogue.step import Step, step
from receptionist.phrasing import BOOKS
from receptionist.scheduling.slots import Slot
from receptionist.tenant import Capabilities

from .caller import MONDAY, PHONE, TENANT

ASKING = (FindSlots, BookVisit, RescheduleVisit, CancelVisit, RequestProof, TransferToOwner)
SENTENCES = [
    "my kitchen sink is leaking",
    "there's a gas smell in the basement and we feel dizzy",
    "the basement is flooding right now and I can't shut it off",
    "sewage is coming up in the shower",
    "se me tapó el drenaje",
    "huele mucho a gas en la cocina",
    "yes",
    "no",
    "sí, está bien",
    "no, mejor el viernes",
    "tomorrow at 2",
    "actually make that friday",
    "around noon works",
    "the second one",
    "none of these",
    "this is Maria Lopez",
    "214 Oak Street",
    "no, 214 not 240",
    "my number is 512 555 0199",
    "my card is 4242 4242 4242 4242",
    "how much is a drain cleaning",
    "what are your hours",
    "do you serve Round Rock",
    "let me talk to a person",
    "can I leave a message",
    "I need to cancel my appointment",
    "can we move my appointment to thursday",
    "when is my appointment",
    "never mind",
    "hablo español",
    "english please",
    "you have the wrong number",
    "we can get your business to the top of google",
    "as soon as possible",
    "<b>Bobby</b> & sons\x00\x07",
    "",
    "👀",
    "asdf qwer",
    "that's all, bye",
]
moments = st.integers(-3_000, 60_000).map(lambda minutes: MONDAY + dt.timedelta(minutes=minutes))
slots = st.builds(
    lambda start, minutes: Slot(start=start, end=start + dt.timedelta(minutes=minutes)), moments, st.integers(15, 240)
)
ids = st.sampled_from(["v1", "v2", "booking-1", ""])
visits = st.builds(lambda slot, visit_id: KnownVisit(id=visit_id, start=slot.start, end=slot.end), slots, ids)
some_slots = st.lists(slots, max_size=4).map(tuple)
some_visits = st.lists(visits, max_size=3).map(tuple)
words = st.one_of(st.sampled_from(SENTENCES), st.text(max_size=120))
anything: st.SearchStrategy[Heard] = st.one_of(
    st.builds(Speech, text=words, confidence=st.floats(0, 1)),
    st.builds(Speech, text=words),
    st.builds(
        Digits, digits=st.one_of(st.sampled_from(list("123456790*#")), st.text(max_size=25), st.just("5125550188"))
    ),
    st.just(Silence()),
    st.builds(
        CallStarted,
        caller_phone=st.sampled_from([PHONE, ""]),
        known=st.none() | st.builds(KnownCustomer, name=st.text(max_size=200), address=st.text(max_size=200)),
        visits=some_visits,
    ),
    st.builds(SlotsFound, slots=some_slots, as_of=moments),
    st.builds(
        BookingResult,
        booking=st.integers(0, 3),
        booking_id=ids,
        outcome=st.sampled_from(["booked", "taken", "unknown"]),
        slot=st.none() | slots,
        alternatives=some_slots,
    ),
    st.builds(
        RescheduleResult,
        visit_id=ids,
        outcome=st.sampled_from(["moved", "taken", "unknown", "refused"]),
        slot=st.none() | slots,
        alternatives=some_slots,
    ),
    st.builds(CancelResult, visit_id=ids, outcome=st.sampled_from(["cancelled", "unknown", "refused"])),
    st.builds(ProofResult, outcome=st.sampled_from(["sent", "passed", "failed", "unavailable"]), visits=some_visits),
    st.builds(TransferResult, outcome=st.sampled_from(["talked", "no_answer"])),
    st.builds(Timeout, asked=st.sampled_from(["slots", "booking", "reschedule", "cancel", "proof", "transfer"])),
    st.just(HungUp()),
)
tenants = st.builds(
    lambda **capabilities: replace(TENANT, capabilities=Capabilities(**capabilities)),
    booking=st.booleans(),
    reschedule=st.booleans(),
    proof_by_code=st.booleans(),
    transfer=st.booleans(),
    texting=st.booleans(),
)
channels = st.sampled_from(["voice", "sms", "web"])
FROM_CALLER = (Speech, Digits, Silence, CallStarted)


def saying_booked(text: str) -> bool:
    markers = [BOOKS[lang].phrases["booked"].split("{", maxsplit=1)[0].strip() for lang in BOOKS]
    return any(marker in text for marker in markers)


def check_one_step(before: DialogueState, heard: Heard, done: Step) -> None:
    assert set(before.alerts) <= set(done.state.alerts) or before.ended, "an alert was lowered"
    alerted = [effect.category for effect in done.effects if isinstance(effect, AlertOwner)]
    assert set(done.state.alerts) - set(before.alerts) <= set(alerted)
    asking = [effect for effect in done.effects if isinstance(effect, ASKING)]
    assert len(asking) <= 1
    if asking:
        assert done.effects[-1] is asking[0]
        assert done.said.expects is None
        assert done.state.asks <= MAX_ASKS_PER_TURN
    elif done.state.ended:
        assert done.said.expects is None
    else:
        assert done.said.expects is not None
        assert done.said.text or (isinstance(heard, CallStarted) and done.state.channel == "sms")
    if done.state.ended and not before.ended and not isinstance(heard, HungUp):
        assert done.said.text
        assert any(isinstance(effect, EndConversation) for effect in done.effects)
    if saying_booked(done.said.text):
        assert isinstance(heard, BookingResult)
        assert heard.outcome == "booked"
    for fragment in done.said.fragments:
        assert "4242 4242" not in fragment.text
        assert not any(ord(sign) < 0x20 and sign != "\n" for sign in fragment.text)
        assert "{" not in fragment.text or "{" in str(heard) or "{" in str(before)
    for effect in done.effects:
        assert "4242 4242" not in str(effect)
        if isinstance(effect, PromiseCallback):
            assert effect.phone, "nobody can be called back without a number"
            assert effect.callback >= 1


def check_state(state: DialogueState) -> None:
    encoded = msgspec.json.encode(state)
    assert msgspec.json.decode(encoded, type=DialogueState) == state
    assert len(zlib.compress(encoded, 9)) <= 1_024


@given(heard=st.lists(anything, max_size=25), tenant=tenants, channel=channels, greeted=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_sequence_is_answered_politely_and_keeps_every_promise(
    heard: list[Heard], tenant: type, channel: str, greeted: bool
) -> None:
    state = begin(channel)  # type: ignore[arg-type]
    sequence = [CallStarted(caller_phone=PHONE), *heard] if greeted else heard
    asks = 0
    for one in sequence:
        before = state
        done = step(before, one, MONDAY, tenant)  # type: ignore[arg-type]
        check_one_step(before, one, done)
        check_state(done.state)
        asks = 0 if isinstance(one, FROM_CALLER) else asks
        asks += sum(isinstance(effect, ASKING) for effect in done.effects)
        assert asks <= MAX_ASKS_PER_TURN
        state = done.state


@given(heard=st.lists(anything, max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_step_is_a_function_of_its_arguments(heard: list[Heard]) -> None:
    state = begin("voice")
    for one in heard:
        first, second = (step(state, one, MONDAY, TENANT) for _ in range(2))
        assert first == second
        state = first.state


@given(name=st.text(max_size=300), address=st.text(max_size=300), problem=st.text(max_size=500))
@settings(max_examples=60, deadline=None)
def test_the_fullest_state_still_fits_into_a_url(name: str, address: str, problem: str) -> None:
    state = begin("voice")
    known = KnownCustomer(name=name, address=address)
    kept = tuple(
        KnownVisit(id=f"0190{n}d2e-7c1a-7b3f-9a55-3f{n}e8c6b1d2a", start=MONDAY, end=MONDAY, service_id="water_heater")
        for n in range(2)
    )
    heard: list[Heard] = [
        CallStarted(caller_phone=PHONE, known=known, visits=kept),
        Speech(text="there is a gas smell and the water heater is leaking"),
        Speech(text=f"my water heater {problem}"),
        Speech(text="my number is 512 555 0199"),
        SlotsFound(
            slots=tuple(
                Slot(start=MONDAY + dt.timedelta(minutes=97 * n), end=MONDAY + dt.timedelta(minutes=97 * n + 61))
                for n in range(1, 4)
            ),
            as_of=MONDAY,
        ),
        Speech(text=f"tell them {problem}"),
    ]
    for one in heard:
        state = step(state, one, MONDAY, TENANT).state
        check_state(state)
