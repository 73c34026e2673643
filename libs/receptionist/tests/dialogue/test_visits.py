"""Moving, taking off and asking about visits, after a proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from receptionist.dialogue.effects import CancelVisit, PromiseCallback, RequestProof, RescheduleVisit
from receptionist.dialogue.heard import ProofResult, RescheduleResult, Timeout
from receptionist.tenant import Capabilities

from .caller import TENANT, Caller, opening, slot_at, visit


@pytest.mark.parametrize(
    ("lang", "words", "yes"),
    [
        ("en", "I need to cancel my appointment", "yes please"),
        ("es", "quiero cancelar mi cita", "sí, por favor"),
    ],
)
def test_the_callers_own_number_is_the_proof_for_taking_a_visit_off(lang: str, words: str, yes: str) -> None:
    caller = opening("voice", lang, visits=(visit(3, 10),))  # type: ignore[arg-type]
    asked = caller.say(words)
    assert ("Wednesday, June 3 at 10 AM" if lang == "en" else "miércoles 3 de junio") in asked
    assert not caller.all(CancelVisit)
    caller.say(yes)
    assert caller.last(CancelVisit).visit_id == "v1"
    assert ("off the schedule" if lang == "en" else "Cancelé su visita") in caller.turn
    assert caller.state.visits == ()


def test_a_caller_may_think_better_of_it() -> None:
    caller = opening("voice", visits=(visit(3, 10),))
    caller.say("I need to cancel my appointment")
    assert "stays as it is" in caller.say("no, keep it")
    assert not caller.all(CancelVisit)


@pytest.mark.parametrize(
    ("lang", "words", "yes"),
    [
        ("en", "can we move my appointment to friday", "yes"),
        ("es", "quiero cambiar mi cita para el viernes", "sí"),
    ],
)
def test_a_visit_is_moved_to_a_time_that_is_open(lang: str, words: str, yes: str) -> None:
    caller = opening("voice", lang, visits=(visit(3, 10),))  # type: ignore[arg-type]
    caller.say(words)
    assert caller.state.offered
    caller.press("1")
    assert caller.state.question == "move_confirm"
    caller.say(yes)
    moved = caller.last(RescheduleVisit)
    assert moved.visit_id == "v1"
    assert moved.slot.start.astimezone(TENANT.zone).day == 5
    assert caller.state.visits[0].start == moved.slot.start


def test_moving_without_a_day_says_what_stands_and_asks() -> None:
    caller = opening("voice", visits=(visit(3, 10),))
    answer = caller.say("I need to reschedule my appointment")
    assert "Your visit is Wednesday, June 3 at 10 AM." in answer
    assert "What day and time" in answer


def test_of_two_visits_the_caller_says_which() -> None:
    caller = opening("voice", visits=(visit(3, 10), visit(4, 14, visit_id="v2")))
    assert "Wednesday, June 3 at 10 AM or Thursday, June 4 at 2 PM" in caller.say("I need to cancel my appointment")
    caller.say("the thursday one")
    assert "Thursday, June 4 at 2 PM" in caller.turn
    caller.say("yes")
    assert caller.last(CancelVisit).visit_id == "v2"
    assert [kept.id for kept in caller.state.visits] == ["v1"]


def test_an_unknown_number_proves_itself_by_a_code() -> None:
    caller = Caller(
        tenant=replace(TENANT, capabilities=Capabilities(reschedule=True, proof_by_code=True)),
        proof=(
            ProofResult(outcome="sent"),
            ProofResult(outcome="failed"),
            ProofResult(outcome="passed", visits=(visit(3, 10),)),
        ),
    )
    caller.start()
    assert "What phone number is the visit under?" in caller.say("I need to cancel my appointment")
    assert "I've texted a code" in caller.say("512 555 0188")
    assert "isn't right" in caller.press("1234")
    assert "Wednesday, June 3 at 10 AM" in caller.say("4 8 2 1")
    assert [(proof.phone, proof.code) for proof in caller.all(RequestProof)] == [
        ("+15125550188", ""),
        ("+15125550188", "1234"),
        ("+15125550188", "4821"),
    ]
    assert not caller.all(CancelVisit)
    caller.say("yes")
    assert caller.all(CancelVisit)


def test_the_second_wrong_code_is_the_last() -> None:
    caller = Caller(
        tenant=replace(TENANT, capabilities=Capabilities(reschedule=True, proof_by_code=True)),
        proof=(ProofResult(outcome="sent"), ProofResult(outcome="failed"), ProofResult(outcome="failed")),
    )
    caller.start()
    caller.say("I need to cancel my appointment", "512 555 0188")
    caller.press("1234", "1235")
    assert caller.last(PromiseCallback).reason == "cancel"
    assert not caller.all(CancelVisit)


@pytest.mark.parametrize("words", ["I need to cancel my appointment", "can we move my appointment to thursday"])
def test_without_a_proof_nothing_is_changed_and_somebody_calls_back(words: str) -> None:
    caller = opening("voice")
    answer = caller.say(words)
    assert "I don't see a visit under this number. Dana will call you back by" in answer
    promise = caller.last(PromiseCallback)
    assert promise.reason in ("cancel", "reschedule")
    assert "visit" in promise.message


def test_a_suite_that_cannot_change_visits_passes_the_wish_on() -> None:
    caller = Caller(tenant=replace(TENANT, capabilities=Capabilities()))
    caller.start(visits=(visit(3, 10),))
    caller.say("I need to cancel my appointment", "yes")
    promise = caller.last(PromiseCallback)
    assert promise.message == "cancel visit of Wednesday, June 3 at 10 AM"
    assert "Done." not in " ".join(caller.transcript)


def test_a_change_that_is_not_answered_is_never_called_done() -> None:
    caller = opening("voice", visits=(visit(3, 10),))
    caller.say("can we move my appointment to friday")
    caller.press("1")
    caller.slots_answer = False
    caller.state = replace(caller.state, waiting="reschedule")
    answer = caller.hear(Timeout(asked="reschedule"))
    assert "We'll text you when it's done." in answer
    assert "Your visit is now" not in answer


def test_a_move_to_a_taken_time_offers_others_and_the_old_visit_stands() -> None:
    caller = opening("voice", visits=(visit(3, 10),))
    caller.say("can we move my appointment to friday")
    caller.press("1")
    caller.state = replace(caller.state, waiting="reschedule")
    caller.hear(RescheduleResult(visit_id="v1", outcome="taken", alternatives=(slot_at(8, 9), slot_at(8, 13))))
    assert "just taken" in caller.turn
    assert caller.state.question == "pick"
    assert caller.state.visits[0].start == visit(3, 10).start


@pytest.mark.parametrize(
    ("lang", "words", "said"),
    [
        ("en", "when is my appointment", "Wednesday, June 3 at 10 AM"),
        ("es", "¿cuándo es mi cita?", "miércoles 3 de junio"),
    ],
)
def test_status_is_answered_from_the_known_visit(lang: str, words: str, said: str) -> None:
    caller = opening("voice", lang, visits=(visit(3, 10),))  # type: ignore[arg-type]
    assert said in caller.say(words)


def test_a_requested_visit_is_not_called_a_visit() -> None:
    caller = opening("voice", visits=(replace(visit(3, 10), booked=False),))
    assert "isn't confirmed yet" in caller.say("when is my appointment")


def test_status_without_a_known_visit_is_a_callback() -> None:
    caller = opening("voice")
    caller.say("when is my appointment")
    assert caller.last(PromiseCallback).reason == "status"
