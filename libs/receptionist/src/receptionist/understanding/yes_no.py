"""Whether an answer agrees with what was asked: the plain cases by rule, the rest by a learned head."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final, cast, get_args

from receptionist.understanding.asked import Asked, read_question
from receptionist.understanding.head import Features, Head, features
from receptionist.understanding.reply import Reply, read_reply
from receptionist.understanding.reply_rules import Answer, by_rule, is_small, words_ask
from receptionist.understanding.text import Utterance, read
from receptionist.understanding.when import When

__all__ = ["ANSWERS", "Answer", "answer", "reply_features"]

ANSWERS: Final[tuple[Answer, ...]] = get_args(Answer)

_ANOTHER: Final = frozenset({"another"})
_TOO_FAINT: Final = 0.42
"""Less than this, for words that nobody knows the meaning of, is a guess."""
_TELLING: Final = 4
"""Shorter words stand in a question and its answer by chance."""

_ASKS_FOR: Final = frozenset({"other", "could", "instead", "move"})


def answer(heard: Utterance, *, prompt: str, when: When | None = None, head: Head | None = None) -> Answer:
    """What `heard` answers to the question `prompt`, in either language.

    `when` is what `find_when` found in it, where the caller of this has looked already: a time that it found counts as
    named. `head` stands in for the packaged one, for a cross-validation.
    """
    asked = read_question(prompt)
    reply = read_reply(heard.norms, asked)
    if when and asked.times and not reply.times and _names_another(when, asked):
        reply = replace(reply, times=_ANOTHER)
    return by_rule(reply) or _by_head(reply, head)


def reply_features(heard: Utterance, prompt: str) -> Features:
    """What the head sees of an answer; training uses the same."""
    return _features(read_reply(heard.norms, read_question(prompt)))


def _names_another(when: When, asked: Asked) -> bool:
    """Whether the phrases of `when` have a word that the question had not."""
    phrases = (when.date_phrase or "", when.time_phrase or "")
    return any(norm not in asked.words and not is_small(norm) for phrase in phrases for norm in read(phrase).norms)


def _by_head(reply: Reply, head: Head | None) -> Answer:
    scores = (head or Head.load("yes_no")).scores(_features(reply))
    best = max(scores, key=scores.__getitem__)
    if scores[best] < _TOO_FAINT and not reply.order:
        return "unclear"
    return cast("Answer", best)


def _features(reply: Reply) -> Features:
    asked, order = reply.asked, reply.order
    kind = asked.kind
    told: list[str] = [kind]
    for sign in dict.fromkeys(order):
        told += (sign, f"{kind}:{sign}")
        if asked.offer:
            told.append(f"offer:{sign}")
    if order:
        told += (f"first:{order[0]}", f"{kind}:first:{order[0]}", f"last:{order[-1]}", f"{kind}:last:{order[-1]}")
    for left, right in pairwise(order):
        told += (f"{left}>{right}", f"{kind}:{left}>{right}")
    if reply.times:
        time = "echo" if asked.times and reply.echo else "other_time"
        told += (time, f"{kind}:{time}", *(f"{time}:{sign}" for sign in order[:1]))
    else:
        told.append("no_time")
    if any(len(norm) >= _TELLING and norm in asked.words for norm in reply.norms):
        told += ("repeats", f"{kind}:repeats")
    if words_ask(reply.words):
        asks = "asks_time" if reply.times else "asks_other" if not _ASKS_FOR.isdisjoint(order) else "asks"
        told += (asks, f"{kind}:{asks}")
    rest = min(3, reply.rest)
    told += (f"rest{rest}", f"{kind}:rest{rest}")
    return features([norm for norm in reply.norms if norm], told)
