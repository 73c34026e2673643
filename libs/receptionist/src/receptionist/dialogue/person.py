"""Who the caller is and where they live, as answers to the questions about it."""

from __future__ import annotations

from typing import Final

from receptionist.dialogue.facts import Learned, describe, title
from receptionist.dialogue.meaning import Meaning
from receptionist.dialogue.questions import ask
from receptionist.dialogue.state import ADDRESS_BYTES, cut
from receptionist.dialogue.turn import Outcome, Turn
from receptionist.trades import match_service
from receptionist.understanding.text import read

REFUSALS: Final = frozenset({"rather", "dont", "wont", "prefiero", "later", "despues", "skip"})
_NO: Final = frozenset({"no", "nope", "nah", "gracias", "thanks", "thank", "you", ",", "."})
_STREET_LETTERS: Final = 4
_STREET_KINDS: Final = frozenset(
    [
        "calle",
        "avenida",
        "av",
        "camino",
        "carretera",
        "callejon",
        "paseo",
        "privada",
        "boulevard",
        "county",
        "highway",
        "route",
    ]
)


def name(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    """The name, or none: nobody has to give one."""
    named = match_service(meaning.norms, turn.tenant)
    if turn.state.goal == "callback" and (named or "wanted" in learned):
        describe(turn, meaning.text)
        turn.settle("n")
        turn.set(back_to="book")
        return "go_on"
    if "name" not in learned and (meaning.answer == "no" or not REFUSALS.isdisjoint(meaning.norms)):
        turn.settle("n")
        return "go_on"
    return "go_on" if learned else "unheard"


def address(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    """The address, as it was understood or, failing that, as it was said."""
    if not learned and (not REFUSALS.isdisjoint(meaning.norms) or _NO.issuperset(meaning.norms)):
        turn.settle("a")
        return "go_on"
    if not learned and _reads_like_an_address(meaning):
        # Streets have endless names. It is read back before anything is booked.
        turn.learn(address=title(cut(_from_the_number_on(meaning), ADDRESS_BYTES)))
        return "go_on"
    return "go_on" if learned else "unheard"


def _reads_like_an_address(meaning: Meaning) -> bool:
    numbered = any(norm.isascii() and norm.isdigit() for norm in meaning.norms)
    named = any(len(norm) >= _STREET_LETTERS and norm.isalpha() for norm in meaning.norms)
    return numbered and named and not meaning.phone and meaning.wanted is None and meaning.intent == "other"


def _from_the_number_on(meaning: Meaning) -> str:
    """Without "my address is"; Spanish names the street before the number."""
    words = read(meaning.text)
    starts = (at for at, norm in enumerate(words.norms) if norm.isdigit() or norm in _STREET_KINDS)
    return words.span(next(starts, 0), len(words.tokens))


def address_right(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    """Whether the address on the list is still right."""
    if "address" in learned:
        return "go_on"
    if meaning.answer == "yes":
        turn.unsettle("l")
        return "go_on"
    if meaning.answer in ("no", "alternative"):
        turn.learn(address="")
        turn.unsettle("l")
        return "go_on"
    return "go_on" if learned else "unheard"


def phone(turn: Turn, meaning: Meaning, learned: frozenset[Learned]) -> Outcome:
    """A number to call back; who would rather not give one is told once what it is for."""
    refused = not REFUSALS.isdisjoint(meaning.norms) or _NO.issuperset(meaning.norms)
    if not learned and refused and "k" not in turn.state.settled:
        turn.settle("k")
        turn.say("phone.why")
        return ask(turn, "phone")
    return "go_on" if learned else "unheard"
