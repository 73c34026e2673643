"""The first words, and the language."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from receptionist.dialogue.facts import title
from receptionist.dialogue.heard import CallStarted
from receptionist.dialogue.questions import ask
from receptionist.dialogue.said import Expects, Fragment
from receptionist.dialogue.state import ADDRESS_BYTES, NAME_BYTES, NO_FACTS, cut
from receptionist.dialogue.turn import Turn
from receptionist.phrasing import BOOKS, phrase
from receptionist.understanding.text import Lang, read

_KEPT_VISITS = 2
_SAYABLE: Final = re.compile(r"[\w\s'’`´.,;:&/()+#ºª-]+")
"""Names of people and firms as lists have them: no formulas, no addresses of the web."""
_FIRST_NAME: Final = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")


def start(turn: Turn, call: CallStarted) -> None:
    """Says who it is, that it is an assistant, and the recording notice; greets a known caller by name.

    A text thread is begun by a text, so it says nothing yet: the introduction goes with the answer to that text.
    """
    state = turn.state
    known = call.known
    lang = _language(turn, call)
    if state.ended:
        reopen(turn)
    turn.set(
        lang=lang,
        caller_phone=_clean(call.caller_phone, 20) or state.caller_phone,
        visits=call.visits[:_KEPT_VISITS],
    )
    if known is not None:
        name = title(_clean(known.name, NAME_BYTES))
        address = title(_clean(known.address, ADDRESS_BYTES))
        if name and _is_sayable(name) and not turn.state.facts.name:
            turn.learn(name=name)
        if address and not turn.state.facts.address:
            turn.learn(address=address)
            turn.settle("l")
    if state.channel == "sms":
        turn.settle("i")
        turn.set(question="how_can_i_help")
        turn.expects = Expects(answer="open")
        return
    turn.add(introduction(turn))
    if turn.tenant.recording_notice and state.channel == "voice":
        turn.say("recording")
    ask(turn, "how_can_i_help")
    if state.channel == "voice":
        for other in turn.tenant.languages:
            if other != lang:
                turn.add(phrase(other, "other_language"), other)


def _is_sayable(name: str) -> bool:
    """Whether a listed name can be said and texted. Whoever has another one is asked for it."""
    return _SAYABLE.fullmatch(name) is not None and "//" not in name and "www." not in name.lower()


def introduction(turn: Turn) -> str:
    """Who answers."""
    first_name = turn.state.facts.name.split(" ")[0]
    # Lists also say "Lopez, Maria", "(new)" and "24/7 Diner": these are greeted like anybody.
    known = _FIRST_NAME.fullmatch(first_name) is not None
    key = "greeting.known" if known else "greeting"
    return phrase(turn.state.lang, key, written=turn.state.written, business=turn.tenant.name, name=first_name)


def introduce(turn: Turn) -> None:
    """The introduction that a text thread still owes, before what is said but never before safety words."""
    if "i" in turn.state.settled:
        turn.unsettle("i")
        turn.fragments.insert(int(turn.careful), Fragment(text=introduction(turn), lang=turn.state.lang))


def reopen(turn: Turn) -> None:
    """A thread or chat that had ended goes on: who the caller is stays known, what it was about does not."""
    facts = turn.state.facts
    turn.set(
        facts=replace(NO_FACTS, name=facts.name, address=facts.address, phone=facts.phone),
        goal="none",
        question="none",
        settled="l" if "l" in turn.state.settled else "",
        offered=(),
        picked=None,
        alerts=(),
        promised=None,
        due=None,
        offer=None,
        back_to="none",
        outcome="nothing",
        turns=0,
        ended=False,
    )


def _language(turn: Turn, call: CallStarted) -> Lang:
    spoken = turn.tenant.languages
    remembered = call.known.lang if call.known is not None else None
    for lang in (remembered, call.lang_hint):
        if lang is not None and lang in spoken:
            return lang
    return turn.tenant.default_lang


def _clean(text: str, most_bytes: int) -> str:
    return cut(read(text).text, most_bytes)


def switch(turn: Turn, lang: Lang, *, say_so: bool) -> bool:
    """Goes on in another language, if the business speaks it. True when it did."""
    if lang == turn.state.lang or lang not in turn.tenant.languages or lang not in BOOKS:
        return False
    turn.set(lang=lang)
    if say_so:
        turn.say("switched")
    return True


def next_language(turn: Turn) -> Lang:
    """The language behind key 9."""
    spoken = turn.tenant.languages
    here = spoken.index(turn.state.lang) if turn.state.lang in spoken else 0
    return spoken[(here + 1) % len(spoken)]
