"""Facts in any order, several at once, and corrected later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from receptionist.dialogue.meaning import Meaning
from receptionist.dialogue.picking import fits
from receptionist.dialogue.state import (
    ADDRESS_BYTES,
    NAME_BYTES,
    OPEN_QUESTIONS,
    PROBLEM_BYTES,
    DialogueState,
    Facts,
    Question,
    cut,
)
from receptionist.dialogue.turn import Turn
from receptionist.scheduling.slots import NO_WISH, Wanted
from receptionist.trades import FALLBACK_SERVICE, match_service
from receptionist.understanding.name_words import STREETS
from receptionist.understanding.places import find_address
from receptionist.understanding.text import read

Learned = Literal["name", "address", "phone", "wanted", "service"]

_NEGATIONS: Final = frozenset({"not", "no", "instead", "vez"})
_CHECKING: Final[frozenset[Question]] = frozenset({"confirm", "address_right", "what_to_change"})
_OF_PHONES: Final = frozenset(
    {"phone", "end", "ends", "ending", "digits", "telefono", "termina", "celular", "cell", "digitos"}
)
_OF_NAMES: Final = frozenset(
    {"name", "names", "spelled", "spelling", "nombre", "apellido", "escribe", "llamo", "but", "pero"}
)
_LAST_DIGITS: Final = 4
_STREETS: Final = STREETS | {"drive", "circle", "court", "trail", "way", "loop", "terrace", "place"}
_INTRODUCING: Final = frozenset({"is", "its", "es", "on", "en", "no", "not", ","})
_TAKING_BACK: Final = frozenset({"actually", "not", "instead", "sino", "wait", "sorry"})
_DENIED_WORDS: Final = 3
_ENDS_OF_DENIAL: Final = frozenset({",", ".", "its", "but", "it"})
_LONGEST_STREET: Final = 5
_FILLERS: Final = frozenset({",", ".", "-", "of", "de", "but", "its", "it", "is", "s", "sino", "es", "the", "en"})


def learn(turn: Turn, meaning: Meaning) -> frozenset[Learned]:
    """Takes in every fact of these words, and says which ones are new or changed."""
    before, asked = turn.state.facts, turn.state.question
    corrected = _correct(turn, meaning)
    heard = {"phone": meaning.phone or _redialled(turn.state, meaning) or ""}
    if corrected != "address":
        heard["address"] = title(cut(meaning.address, ADDRESS_BYTES))
    agreed = asked in _CHECKING and meaning.answer == "yes" and _OF_NAMES.isdisjoint(meaning.norms)
    if corrected != "name" and asked != "message" and not agreed:
        heard["name"] = _with_half_a_name(before.name, title(cut(meaning.name, NAME_BYTES)), meaning.norms)
    open_to_it = asked in ("problem", "callback_offer") or asked in OPEN_QUESTIONS
    if before.service_id in ("", FALLBACK_SERVICE) or open_to_it:
        heard["service_id"] = match_service(meaning.norms, turn.tenant)
    elif not _TAKING_BACK.isdisjoint(meaning.norms) and not corrected:
        heard["service_id"] = match_service(_without_denied(meaning.norms), turn.tenant)
    turn.learn(**{fact: value for fact, value in heard.items() if value})
    learned = _changed(turn, before, meaning)
    wanted = meaning.wanted
    if wanted is not None and corrected and wanted.first_day is None:
        wanted = None  # the 240 of "240 not 214" is no time
    if wanted is not None and _is_wish(turn, meaning) and wish(turn, wanted):
        learned.add("wanted")
    return frozenset(learned)


def _changed(turn: Turn, before: Facts, meaning: Meaning) -> set[Learned]:
    """What is new, and what was asked for and said again."""
    after, asked = turn.state.facts, turn.state.question
    learned = set[Learned]()
    if after.name != before.name or (meaning.name and asked == "name"):
        learned.add("name")
    if after.address != before.address or (meaning.address and asked in ("address", "address_right")):
        learned.add("address")
        turn.unsettle("l")
    if after.phone != before.phone or (meaning.phone and asked in ("phone", "proof_phone")):
        learned.add("phone")
    if after.service_id != before.service_id:
        learned.add("service")
        if before.service_id:
            _find_anew(turn)
    return learned


def _without_denied(norms: Sequence[str]) -> tuple[str, ...]:
    """Without what is said not to be: "it's not the drain, it's the water heater"."""
    kept: list[str] = []
    denied = 0
    for norm in norms:
        if norm == "not":
            denied = _DENIED_WORDS
        elif denied and norm not in _ENDS_OF_DENIAL:
            denied -= 1
        else:
            denied = 0
            kept.append(norm)
    return tuple(kept)


def _find_anew(turn: Turn) -> None:
    """Another job may take longer: what is picked is wished for, and looked for again."""
    picked = turn.state.picked
    if picked is not None:
        local = picked.start.astimezone(turn.tenant.zone)
        turn.learn(wanted=Wanted(first_day=local.date(), at_minute=local.hour * 60 + local.minute))
    turn.set(picked=None, offered=())
    turn.unsettle("wx")


def _restreeted(state: DialogueState, address: str, meaning: Meaning) -> str | None:
    """ "The street is Elm Avenue": another street at the house number that is known, while the address is being checked."""
    if state.question not in _CHECKING or meaning.address or _STREETS.isdisjoint(meaning.norms):
        return None
    said = read(meaning.text)
    begins = max((at + 1 for at, norm in enumerate(said.norms) if norm in _INTRODUCING), default=0)
    street = said.span(begins, len(said.tokens)).strip(" .")
    number = next((norm for norm in read(address).norms if norm.isdigit()), "")
    if not number or not street or len(said.norms) - begins > _LONGEST_STREET:
        return None
    found = find_address(read(f"{number} {street}"), lang=state.lang) or find_address(
        read(f"{street} {number}"), lang=state.lang
    )
    return found.text if found is not None else None


def _with_half_a_name(known: str, heard: str, norms: Sequence[str]) -> str:
    """ "The last name is Reid": the half that was said, in the name that is known."""
    first, _, last = known.partition(" ")
    if heard and " " not in heard and read(heard).norms[0] in read(known).norms:
        return known  # "it's Ann", of the Ann Lee that is known
    if not last or not heard or " " in heard:
        return heard
    if "last" in norms or "surname" in norms or "apellido" in norms:
        return f"{first} {heard}"
    return f"{heard} {last}" if "first" in norms else heard


def _is_wish(turn: Turn, meaning: Meaning) -> bool:
    """Days in "are you open Saturday" or "take me off for the ninth" are no wish for a visit."""
    if turn.state.question in ("when", "pick", "confirm", "move_confirm", "what_to_change"):
        return True
    return meaning.intent not in ("hours", "cancel", "status")


def describe(turn: Turn, words: str) -> None:
    """Keeps the caller's own words for what is wrong, beside earlier ones."""
    earlier = turn.state.facts.problem
    if words.strip() and words.strip() not in earlier:
        turn.learn(problem=cut(f"{earlier}; {words}" if earlier else words, PROBLEM_BYTES))


def wish(turn: Turn, heard: Wanted) -> bool:
    """Takes in a wished day or time; what it leaves open stays as it was wished before. False when nothing changes.

    A slot that was picked or offered before and isn't what is wished now is let go.
    """
    state = turn.state
    zone = turn.tenant.zone
    horizon_passed = heard.last_day or heard.first_day
    if heard == NO_WISH or (horizon_passed is not None and horizon_passed < turn.today):
        return False  # "it broke last Tuesday" is no wish
    if state.picked is not None and fits(state.picked, heard, zone):
        return False
    merged = _merge(turn, heard)
    turn.learn(wanted=merged)
    turn.set(picked=None, offered=())
    turn.unsettle("wx")
    return True


def _merge(turn: Turn, heard: Wanted) -> Wanted:
    state = turn.state
    old = state.facts.wanted
    has_day = heard.first_day is not None or heard.last_day is not None
    has_time = any(minute is not None for minute in (heard.at_minute, heard.from_minute, heard.to_minute))
    if has_day and has_time:
        return heard
    local = state.picked.start.astimezone(turn.tenant.zone) if state.picked is not None else None
    if has_day:
        if local is not None:
            return replace(heard, at_minute=local.hour * 60 + local.minute)
        return replace(heard, at_minute=old.at_minute, from_minute=old.from_minute, to_minute=old.to_minute)
    if local is not None:
        return replace(heard, first_day=local.date())
    return replace(heard, first_day=old.first_day, last_day=old.last_day)


def title(words: str) -> str:
    """Small words with capitals, as names and streets are written; words with capitals of their own stay."""
    return " ".join(
        word[:1].upper() + word[1:] if word.islower() and word[:1].isalpha() else word for word in words.split()
    )


def _correct(turn: Turn, meaning: Meaning) -> Literal["name", "address"] | None:
    """ "No, 214 not 240": puts the right words for the wrong ones in the address or the name, and says in which."""
    if _NEGATIONS.isdisjoint(meaning.norms) and turn.state.question not in _CHECKING:
        return None
    address, name = turn.state.facts.address, turn.state.facts.name
    if address:
        right = (
            _swapped(address, meaning.norms, meaning.text)
            or _renumbered(turn.state, address, meaning)
            or _restreeted(turn.state, address, meaning)
        )
        if right is not None and right != address:
            turn.learn(address=cut(title(right), ADDRESS_BYTES))
            return "address"
    if name:
        right = _swapped(name, meaning.norms, meaning.text)
        if right is not None and right != name:
            turn.learn(name=cut(title(right), NAME_BYTES))
            return "name"
    return None


def _swapped(value: str, norms: Sequence[str], text: str) -> str | None:
    """`value` with the words before "not" for those after it, when the latter are in `value`; either order."""
    inside = read(value)
    for position, norm in enumerate(norms):
        if norm not in _NEGATIONS:
            continue
        wrong = _skip(norms, position + 1)
        place = _find(inside.norms, norms, wrong)
        if place is None or (norm == "no" and not _names_the_wrong(norms, position, wrong)):
            continue
        utterance = read(text)
        start, length = place
        end_of_right = position
        while end_of_right > 0 and norms[end_of_right - 1] in _FILLERS:
            end_of_right -= 1
        for first in (end_of_right - length, _skip(norms, wrong + length)):
            words = utterance.tokens[max(first, 0) : first + length]
            same_kind = [token.norm.isdigit() for token in words] == [
                sign.isdigit() for sign in inside.norms[start : start + length]
            ]
            if first >= 0 and len(words) == length and same_kind and words[0].norm not in _NEGATIONS:
                right = utterance.span(first, first + length)
                head, tail = inside.tokens[start], inside.tokens[start + length - 1]
                return value[: head.start] + right + value[tail.end :]
    return None


def _names_the_wrong(norms: Sequence[str], no: int, wrong: int) -> bool:
    """Whether a "no" stands before the wrong words ("es 240, no 214"), and doesn't just answer ("no, the street is ...")."""
    return no > 0 or "sino" in norms or norms[wrong].isdigit()


def _skip(norms: Sequence[str], position: int) -> int:
    while position < len(norms) and norms[position] in _FILLERS:
        position += 1
    return position


def _find(inside: Sequence[str], norms: Sequence[str], first: int) -> tuple[int, int] | None:
    """Where the words from `first` on stand in `inside`, as many of them as do (at most three)."""
    for length in (3, 2, 1):
        words = tuple(norms[first : first + length])
        if len(words) < length:
            continue
        for start in range(len(inside) - length + 1):
            if tuple(inside[start : start + length]) == words:
                return start, length
    return None


def _redialled(state: DialogueState, meaning: Meaning) -> str | None:
    """ "It ends in 0188": the phone number with other last digits, while it is being checked."""
    number = state.phone
    if state.question not in _CHECKING or meaning.phone or meaning.address or not number:
        return None
    digits = "".join(norm for norm in meaning.norms if norm.isascii() and norm.isdigit())
    leads_with_nought = digits.startswith("0")
    if len(digits) != _LAST_DIGITS or not (leads_with_nought or not _OF_PHONES.isdisjoint(meaning.norms)):
        return None
    return number[:-_LAST_DIGITS] + digits


def _renumbered(state: DialogueState, address: str, meaning: Meaning) -> str | None:
    """ "No, it's 214": another house number, while the address is being checked."""
    if state.question not in _CHECKING or meaning.address or meaning.phone:
        return None
    numbers = [norm for norm in meaning.norms if norm.isascii() and norm.isdigit()]
    if len(numbers) != 1 or not 3 <= len(numbers[0]) <= 5 or numbers[0][0] == "0" or meaning.wanted is not None:
        return None
    if not _OF_PHONES.isdisjoint(meaning.norms):
        return None
    inside = read(address)
    house = [at for at, norm in enumerate(inside.norms) if norm.isdigit() and len(norm) >= 2]
    if not house or not (house[0] == 0 or len(house) == 1):
        return None
    token = inside.tokens[house[0]]
    return address[: token.start] + numbers[0] + address[token.end :]
