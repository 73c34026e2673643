"""Whether an answer agrees with what was asked: the plain cases by rule, the rest by a learned head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal, cast, get_args

from receptionist.understanding.asked import Asked, read_question
from receptionist.understanding.head import Features, Head, features
from receptionist.understanding.named_times import is_echo, named_times
from receptionist.understanding.reply_signs import Found, Sign, read_signs
from receptionist.understanding.text import Utterance, read
from receptionist.understanding.when import When

Answer = Literal["yes", "no", "unclear", "alternative"]
"""`yes` goes along with what was proposed; an `alternative` brings another time or thing, or asks for one."""

_LETTERS: Final[dict[str, Answer]] = {"y": "yes", "s": "yes", "k": "yes", "n": "no"}
"""A whole text message. Inside a sentence `y` is Spanish for and."""
_AGREES: Final[frozenset[Sign]] = frozenset({"yes", "good", "fine"})
_REFUSES: Final[frozenset[Sign]] = frozenset({"no", "bad", "drop"})
_UNSURE: Final[frozenset[Sign]] = frozenset({"unsure", "back"})
_OPEN: Final[frozenset[Sign]] = _AGREES | _UNSURE
_CORRECTS: Final[frozenset[Sign]] = frozenset({"no", "correct", "instead"})
_NO_WORDS: Final = frozenset({"no", "nope", "nah", "naw", "sorry", "um", "uh", "well", "oh", "perdon", "actually"})
_SUBJECTS: Final = frozenset(
    [
        "i",
        "im",
        "ill",
        "ive",
        "he",
        "hes",
        "she",
        "shes",
        "this",
        "that",
        "thats",
        "we",
        "were",
        "they",
        "who",
        "what",
        "este",
        "esta",
        "yo",
        "el",
        "ella",
        "ese",
        "esa",
        "eso",
    ]
)
_SMALL_WORDS: Final = frozenset(
    [
        "it",
        "its",
        "is",
        "the",
        "a",
        "an",
        "my",
        "name",
        "names",
        "on",
        "at",
        "in",
        "for",
        "with",
        "of",
        "to",
        "and",
        "not",
        "y",
        "es",
        "soy",
        "la",
        "el",
        "de",
        "con",
        "me",
        "llamo",
        "number",
        "calle",
    ]
)
_SAYS: Final[frozenset[Sign]] = frozenset({"yes", "no", "good", "bad", "keep", "drop", "move", "unsure"})
_ASKS: Final = frozenset(
    [
        "do",
        "does",
        "can",
        "could",
        "what",
        "how",
        "when",
        "where",
        "are",
        "is",
        "will",
        "would",
        "also",
        "actually",
        "and",
        "que",
        "cuanto",
        "tienen",
        "puede",
    ]
)
_A_REQUEST: Final = 3
"""From so many words on, a sentence that opens like a question is one."""
_OTHERWISE: Final[frozenset[Sign]] = frozenset(
    {"bad", "other", "could", "correct", "instead", "but", "again", "unsure", "back"}
)
_KEEPS_A_YES: Final[frozenset[Sign]] = _OPEN - {"unsure"} | {"sum", "end", "could", "and_more", "instead"}

_ANOTHER: Final = frozenset({"another"})
_TOO_FAINT: Final = 0.42
"""Less than this, for words that nobody knows the meaning of, is a guess."""
_TELLING: Final = 4
"""Shorter words stand in a question and its answer by chance."""

ANSWERS: Final[tuple[Answer, ...]] = get_args(Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer beside its question: its signs in their order, and whether it names another time than was proposed."""

    norms: tuple[str, ...]
    signs: tuple[Found, ...]
    asked: Asked
    times: frozenset[str]
    echo: bool
    """All the times that it names had been proposed."""

    @property
    def order(self) -> tuple[Sign, ...]:
        """The signs that say something."""
        return tuple(found.sign for found in self.signs if found.sign != "idle")

    @property
    def other_time(self) -> bool:
        """Whether it names a time that was not proposed."""
        return bool(self.times) and not self.echo

    @property
    def rest(self) -> int:
        """How many words belong to no sign."""
        words = sum(norm[:1].isalnum() for norm in self.norms)
        return max(0, words - sum(found.end - found.start for found in self.signs))


def read_reply(norms: tuple[str, ...], asked: Asked) -> Reply:
    """Looks at the words of an answer. Linear in their number."""
    times = named_times(norms)
    return Reply(
        norms=norms,
        signs=read_signs(norms),
        asked=asked,
        times=times,
        echo=bool(times) and is_echo(times, asked.times),
    )


def answer(heard: Utterance, *, prompt: str, when: When | None = None, head: Head | None = None) -> Answer:
    """What `heard` answers to the question `prompt`, in either language.

    `when` is what `find_when` found in it, where the caller of this has looked already: a time that it found counts as
    named. `head` stands in for the packaged one, for a cross-validation.
    """
    asked = read_question(prompt)
    reply = _after_correction(read_reply(heard.norms, asked))
    if when and asked.times and not reply.times and _names_another(when, asked):
        reply = replace(reply, times=_ANOTHER)
    return _by_rule(reply) or _by_head(reply, head)


def reply_features(heard: Utterance, prompt: str) -> Features:
    """What the head sees of an answer; training uses the same."""
    return _features(_after_correction(read_reply(heard.norms, read_question(prompt))))


def _names_another(when: When, asked: Asked) -> bool:
    """Whether the phrases of `when` have a word that the question had not."""
    phrases = (when.date_phrase or "", when.time_phrase or "")
    return any(
        norm not in asked.words and norm not in _SMALL_WORDS for phrase in phrases for norm in read(phrase).norms
    )


def _after_correction(reply: Reply) -> Reply:
    """What was said after `I mean` or `wait`, where that says something of its own."""
    last = next((at for at in range(len(reply.signs) - 1, 0, -1) if reply.signs[at].sign == "again"), 0)
    if last and any(found.sign in _SAYS for found in reply.signs[last + 1 :]):
        return read_reply(reply.norms[reply.signs[last].end :], reply.asked)
    return reply


def _by_rule(reply: Reply) -> Answer | None:
    """The plain cases; None: the head decides."""
    if len(reply.norms) == 1 and reply.norms[0] in _LETTERS:
        return _LETTERS[reply.norms[0]]
    order = reply.order
    signs = frozenset(order)
    asked = reply.asked
    if not signs:
        if reply.rest == 0:
            # A hum; but `bueno` is now a hello and now a yes.
            return None if reply.norms == ("bueno",) else "unclear"
        if asked.times and reply.norms[0] == "not" and not reply.times:
            return "no"
        if asked.more and reply.norms[0] in _ASKS and reply.rest >= _A_REQUEST:
            return "yes"
        if _only_repeats(reply):
            return "yes"
        return _correction(reply, signs) if asked.check else None
    if asked.more:
        return _anything_else(reply, order, signs)
    if asked.mind:
        return _do_you_mind(reply, order, signs)
    if asked.cancel:
        return _take_it_off(reply, order, signs)
    if asked.trouble or asked.fact:
        return _how_it_stands(asked, order, signs)
    return _proposal(reply, order, signs)


def _anything_else(reply: Reply, order: tuple[Sign, ...], signs: frozenset[Sign]) -> Answer | None:
    if "and_more" in signs:
        return "yes"
    if order[0] in {"no", "end", "sum"} or signs <= {"good", "fine", "end", "sum", "bad", "no"}:
        return "no"
    return "yes" if signs == {"yes"} and reply.rest == 0 else None


def _do_you_mind(reply: Reply, order: tuple[Sign, ...], signs: frozenset[Sign]) -> Answer | None:
    if "minds" in signs or order[0] == "bad" or ("i", "do") in pairwise(reply.norms):
        return "no"
    if order[0] in {"no", "good", "fine"}:
        return "yes"
    if order[0] == "yes" and signs == {"yes"}:
        # `Yeah` goes along; who says yes and no more says that it does matter.
        return "no" if reply.norms in (("yes",), ("si",)) else "yes"
    return None


def _take_it_off(reply: Reply, order: tuple[Sign, ...], signs: frozenset[Sign]) -> Answer | None:
    if reply.other_time or signs & {"move", "other", "instead"}:
        return None if signs & _UNSURE else "alternative"
    if "keep" in signs:
        return "no" if not signs & {"yes", "drop"} else None
    if "drop" in signs:
        return None if signs & {"bad", "back"} or order[0] == "no" else "yes"
    if signs <= {"yes", "good"}:
        return "yes"
    return "no" if signs <= _REFUSES else None


def _how_it_stands(asked: Asked, order: tuple[Sign, ...], signs: frozenset[Sign]) -> Answer | None:
    if signs & _UNSURE:
        return None
    if order[0] in {"yes", "no"} and len({"yes", "no"} & signs) == 1:
        return "yes" if order[0] == "yes" else "no"
    if asked.trouble and len({"over", "on"} & signs) == 1:
        return "no" if "over" in signs else "yes"
    if asked.trouble and signs == {"fine"}:
        return "no"
    return "yes" if order[0] == "some" else None


def _only_repeats(reply: Reply) -> bool:
    """`Thursday at two`, to `Does Thursday at 2 work?`."""
    return reply.echo and all(
        norm in reply.asked.words or norm in _SMALL_WORDS or named_times((norm,))
        for norm in reply.norms
        if norm[:1].isalnum()
    )


def _correction(reply: Reply, signs: frozenset[Sign]) -> Answer | None:
    """`No, Harry` and `it's Barry` bring what is right; `it's Gary Whitfield` only says it again."""
    words = [norm for norm in reply.norms if norm[:1].isalnum()]
    refused = bool(words) and words[0] in _NO_WORDS
    while words and words[0] in _NO_WORDS:
        del words[0]
    if not words or words[0] in _SUBJECTS or words[0] == "not":
        return None
    new = [word for word in words if word not in reply.asked.words and word not in _SMALL_WORDS]
    if new and (refused or signs <= {"correct"}):
        return "alternative"
    return "yes" if not refused and not new and signs <= {"correct"} else None


def _says_nothing_against(reply: Reply, order: tuple[Sign, ...], signs: frozenset[Sign]) -> bool:
    thanks = order[0] == "end"
    asks_more = reply.rest >= _A_REQUEST
    return (thanks or asks_more) and signs <= {"end", "back", "could", "and_more"} and not reply.other_time


def _proposal(reply: Reply, order: tuple[Sign, ...], signs: frozenset[Sign]) -> Answer | None:
    asked = reply.asked
    if asked.check and reply.rest and signs <= _CORRECTS:
        return _correction(reply, signs)
    if signs == {"sum"} or (asked.told and asked.times and _says_nothing_against(reply, order, signs)):
        return "yes"
    if order[0] in _AGREES:
        if order[0] == "fine" and asked.offer:
            return None
        # `Yes, and what's your number?`: what is asked on top takes nothing back.
        return "yes" if signs <= _KEEPS_A_YES and not reply.other_time else None
    if asked.times and order[0] in _REFUSES and reply.other_time and not signs & _UNSURE:
        return "alternative"
    if (asked.times or asked.reply or asked.check) and not signs & _OPEN and (reply.other_time or "other" in signs):
        return "alternative"
    if reply.other_time or signs & _OTHERWISE:
        return None
    if order[0] == "no" and signs & _AGREES and reply.rest == 0:
        # `No, that's fine` takes a time, and declines an offer.
        return "no" if asked.offer and not signs & {"yes", "good"} else "yes"
    return "no" if signs <= _REFUSES and reply.rest == 0 else None


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
    words = [norm for norm in reply.norms if norm]
    if any(len(norm) >= _TELLING and norm in asked.words for norm in reply.norms):
        told += ("repeats", f"{kind}:repeats")
    rest = min(3, reply.rest)
    told += (f"rest{rest}", f"{kind}:rest{rest}")
    return features(words, told)
