"""From words to their meaning: the understanding, told what was asked."""

from __future__ import annotations

import datetime as dt
from typing import Final, get_args

from receptionist.dialogue.effects import Category
from receptionist.dialogue.masking import mask
from receptionist.dialogue.meaning import Intent, Meaning
from receptionist.dialogue.prompts import name_prompt_of, prompt_of, takes_yes_or_no
from receptionist.dialogue.state import OPEN_QUESTIONS, Question
from receptionist.dialogue.turn import Turn
from receptionist.scheduling.slots import NO_WISH, Wanted
from receptionist.understanding.intents import classify
from receptionist.understanding.language import detect, wants_language
from receptionist.understanding.names import find_name
from receptionist.understanding.phones import find_phone
from receptionist.understanding.places import find_address
from receptionist.understanding.text import Utterance, read
from receptionist.understanding.triage import Trade, Triage, triage
from receptionist.understanding.when import When, find_when
from receptionist.understanding.yes_no import answer

_SURE_AT_THE_START: Final = 0.5
_SURE_ENOUGH_TO_END: Final = 0.7
_SURE_IN_BETWEEN: Final = 0.7
"""Answers ("twelve Elm Street") are no opening lines; a doubtful intent in them is none."""

_SENTENCE_WORDS: Final = 3
_SURE_ALARM: Final = 0.9
_TELLING: Final[frozenset[Question]] = frozenset({"problem", "check", "message", "emergency_kind"})


def listen(text: str, turn: Turn) -> Meaning:
    """What these words mean as an answer to the open question. Card numbers are masked before anything reads them."""
    utterance = read(mask(text))
    question = turn.state.question
    heard_in = detect(utterance) if _shows_language(turn, utterance) else None
    lang = heard_in or turn.state.lang
    prompt = prompt_of(turn)
    verdict = triage(
        utterance, lang=lang, trade=_trade(turn.tenant.trade), prompt=prompt if question == "check" else None
    )
    when = find_when(utterance, now=turn.now, zone=turn.tenant.zone, lang=lang, prompt=prompt)
    phone = find_phone(utterance)
    spans = [phone.span] if phone else []
    address = find_address(utterance, lang=lang, prompt=prompt, exclude=spans)
    if address:
        spans.append(address.span)
    name = find_name(utterance, lang=lang, prompt=name_prompt_of(turn) or prompt, exclude=spans)
    said = answer(utterance, prompt=prompt, when=when) if prompt and takes_yes_or_no(question) else None
    category = _category(verdict, question, len(utterance.norms))
    if question == "check" and said == "no" and verdict.reasons == ("answer",):
        category = None  # every check asks for a danger: a no to it is none
    return Meaning(
        text=utterance.text,
        norms=utterance.norms,
        category=category,
        intent=_intent(utterance, question),
        answer=said,
        wanted=wanted_of(when, turn),
        soonest=when.asap,
        shift=when.shift,
        name=name.text if name else "",
        address=address.text if address else "",
        phone=phone.e164 if phone else "",
        lang=heard_in,
        wants_lang=wants_language(utterance),
    )


def _shows_language(turn: Turn, heard: Utterance) -> bool:
    """Whether words tell the language that the caller wants: texts do, and sentences that a caller begins with.

    Street names don't, nor does a single sound.
    """
    if turn.state.question in ("name", "address", "address_right"):
        return False
    if turn.state.written:
        return True
    telling = turn.state.question in OPEN_QUESTIONS or turn.state.question == "problem"
    return telling and len(heard.norms) >= _SENTENCE_WORDS


def _intent(heard: Utterance, question: Question) -> Intent:
    """What the caller wants, when it is certain enough to leave the open question for it."""
    guess = classify(heard)
    needed = _SURE_AT_THE_START if question in OPEN_QUESTIONS else _SURE_IN_BETWEEN
    if guess.intent in ("spam", "wrong_number"):
        needed = _SURE_ENOUGH_TO_END
    return guess.intent if guess.intent == "book" or guess.confidence >= needed else "other"


def _category(verdict: Triage, question: Question, words: int) -> Category | None:
    """The emergency in these words. The rules' alarms always count.

    The learned head knows opening lines. Where the caller tells what is going on its alarm counts as it is; in an answer
    ("the Thursday one", "Y") only when it is nearly certain of a whole sentence.
    """
    if verdict.category == "none":
        return None
    telling = question in OPEN_QUESTIONS or question in _TELLING
    if telling or verdict.reasons != ("head",):
        return verdict.category
    return verdict.category if words >= _SENTENCE_WORDS and verdict.score >= _SURE_ALARM else None


def _trade(name: str) -> Trade | None:
    return next((trade for trade in get_args(Trade) if trade == name), None)


def wanted_of(when: When, turn: Turn) -> Wanted | None:
    """Days and minutes of what was asked for; None when nothing was."""
    first, last = when.first_day, when.last_day
    if when.date is not None:
        first = last = when.date
    elif first is not None and last is None:
        last = max(first, turn.today) + dt.timedelta(days=turn.tenant.horizon_days)
    wanted = Wanted(
        first_day=first,
        last_day=last,
        at_minute=_minute(when.time),
        from_minute=_minute(when.earliest),
        to_minute=_minute(when.latest),
    )
    return None if wanted == NO_WISH else wanted


def _minute(time: dt.time | None) -> int | None:
    return None if time is None else time.hour * 60 + time.minute
