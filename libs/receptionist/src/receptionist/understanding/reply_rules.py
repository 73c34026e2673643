"""The plain cases of an answer, by the kind of question. What is not plain is left to the learned head."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, Literal

from receptionist.understanding.lookup import word_set
from receptionist.understanding.named_times import named_times
from receptionist.understanding.reply import Reply
from receptionist.understanding.reply_signs import Sign

Answer = Literal["yes", "no", "unclear", "alternative"]
"""`yes` goes along with what was proposed; an `alternative` brings another time or thing, or asks for one."""

Signs = frozenset[Sign]

_AGREES: Final[Signs] = frozenset({"yes", "good", "fine"})
_REFUSES: Final[Signs] = frozenset({"no", "bad", "drop"})
_UNSURE: Final[Signs] = frozenset({"unsure", "back"})
_OPEN: Final[Signs] = _AGREES | _UNSURE
_CORRECTS: Final[Signs] = frozenset({"no", "correct", "instead"})
_OVER: Final[Signs] = frozenset({"over", "drop"})
_GOES_ON: Final[Signs] = frozenset({"on", "keep"})
_OTHERWISE: Final[Signs] = frozenset({"bad", "other", "could", "correct", "instead", "but", "again", "unsure", "back"})
_KEEPS_A_YES: Final[Signs] = _OPEN - {"unsure"} | {"sum", "end", "could", "and_more", "instead"}

_LETTERS: Final[dict[str, Answer]] = {"y": "yes", "s": "yes", "k": "yes", "n": "no"}
"""A whole text message. Inside a sentence `y` is Spanish for and."""
_NO_WORDS: Final = word_set("no nope nah naw sorry um uh well oh perdon actually senor senora sir maam")
_SUBJECTS: Final = word_set(
    "i im ill ive you youve he hes she shes this that thats we were they who what este esta yo el ella ese esa eso"
)
_SMALL_WORDS: Final = word_set(
    "it its is the a an my name names on at in for with of to and not y es soy la el de con me llamo number calle"
)
_ASKS: Final = word_set(
    "do does can could what how when where are is will would also actually and que cuanto tienen puede"
)
_QUESTION_OPENERS: Final = word_set(
    "do does did is are was will would can could should what which who how why when where whats whos hows "
    "que cual cuanto cuanta quien como cuando donde hay tienen tiene puede es incluye aceptan tengo"
)
_A_REQUEST: Final = 3
"""From so many words on, a sentence that opens like a question is one."""
_TAG: Final = 2
_PRONOUNS: Final = word_set("i we you he she it they that this there")
_TAGS: Final[dict[str, Answer]] = {
    **dict.fromkeys(word_set("do does did is are was have has can could will would am"), "yes"),
    **dict.fromkeys(word_set("dont doesnt didnt isnt arent wasnt havent hasnt cant couldnt wont wouldnt"), "no"),
}
"""`I do`, `you haven't`."""
_OWN: Final = word_set("i im ive we were weve my our")
_TAKES: Final = word_set("lets do say go take make book ill then please entonces pues quedamos")


def by_rule(reply: Reply) -> Answer | None:
    """What the answer means where that is plain; None where it is not."""
    words = reply.words
    if len(words) == 1 and words[0] in _LETTERS:
        return _LETTERS[words[0]]
    if len(words) == _TAG and words[0] in _PRONOUNS and words[1] in _TAGS and not reply.asked.mind:
        return _TAGS[words[1]]
    order = reply.order
    if not order:
        return _without_signs(reply)
    signs = frozenset(order)
    asked = reply.asked
    if "aside" in signs:
        # Nothing that answers was said behind it, or it would be gone.
        return "unclear"
    if reply.rest == 0 and order[0] == "back" and signs <= {"back", "good", "end"}:
        return "unclear"
    if asked.more:
        return _anything_else(reply, order, signs)
    if asked.mind:
        return _do_you_mind(reply, order, signs)
    if asked.cancel:
        return _take_it_off(reply, order, signs)
    if asked.trouble or asked.fact:
        return _how_it_stands(reply, order, signs)
    return _proposal(reply, order, signs)


def words_ask(words: list[str]) -> bool:
    """Whether they open as a question does."""
    return len(words) > 1 and words[0] in _QUESTION_OPENERS


def is_small(norm: str) -> bool:
    """Whether the word carries no meaning of its own here."""
    return norm in _SMALL_WORDS


def _without_signs(reply: Reply) -> Answer | None:
    asked, words = reply.asked, reply.words
    if reply.rest == 0:
        # A hum; but `bueno` is now a hello and now a yes.
        return None if words == ["bueno"] else "unclear"
    if asked.times and words[0] == "not" and not reply.times:
        return "no"
    if asked.more and words[0] in _ASKS and reply.rest >= _A_REQUEST:
        return "yes"
    if _only_repeats(reply):
        return "yes"
    if asked.times and reply.other_time and not words_ask(words):
        return "alternative"
    if reply.echo and not _OWN.isdisjoint(words):
        # `Friday's my busy day` says why not.
        return "no"
    return _correction(reply, frozenset()) if asked.check else None


def _anything_else(reply: Reply, order: tuple[Sign, ...], signs: Signs) -> Answer | None:
    if "and_more" in signs:
        return "yes"
    if order[0] in {"no", "end", "sum"} or signs <= {"good", "fine", "end", "sum", "bad", "no"}:
        return "no"
    return "yes" if signs == {"yes"} and reply.rest == 0 else None


def _do_you_mind(reply: Reply, order: tuple[Sign, ...], signs: Signs) -> Answer | None:
    if "minds" in signs or order[0] == "bad" or ("i", "do") in pairwise(reply.norms):
        return "no"
    if order[0] in {"no", "good", "fine"}:
        return "yes"
    if order[0] == "yes" and signs == {"yes"}:
        # `Yeah` goes along; who says yes and no more, or yes and why, says that it does matter.
        return "no" if reply.words in (["yes"], ["si"]) or reply.rest > _TAG else "yes"
    return None


def _take_it_off(reply: Reply, order: tuple[Sign, ...], signs: Signs) -> Answer | None:
    if reply.other_time or signs & {"move", "other", "instead"}:
        return None if signs & _UNSURE else "alternative"
    if "keep" in signs:
        return "no" if not signs & {"yes", "drop"} else None
    if "drop" in signs:
        return None if signs & {"bad", "back"} or order[0] == "no" else "yes"
    if signs <= {"yes", "good"}:
        return "yes"
    return "no" if signs <= _REFUSES else None


def _how_it_stands(reply: Reply, order: tuple[Sign, ...], signs: Signs) -> Answer | None:
    asked = reply.asked
    if signs & _UNSURE:
        return None
    if order[0] in {"yes", "no"} and len({"yes", "no"} & signs) == 1:
        return "yes" if order[0] == "yes" else "no"
    lasts = asked.trouble or not asked.words.isdisjoint({"still", "todavia", "sigue"})
    over = not _OVER.isdisjoint(signs)
    if lasts and over == _GOES_ON.isdisjoint(signs):
        return "no" if over else "yes"
    if asked.trouble and signs == {"fine"}:
        return "no"
    return "yes" if order[0] == "some" else None


def _only_repeats(reply: Reply) -> bool:
    """`Thursday at two`, to `Does Thursday at 2 work?`."""
    return reply.echo and all(
        word in reply.asked.words or word in _TAKES or word in _SMALL_WORDS or named_times((word,))
        for word in reply.words
    )


def _correction(reply: Reply, signs: Signs) -> Answer | None:
    """`No, Harry` and `it's Barry` bring what is right; `it's Gary Whitfield` only says it again."""
    words = reply.words
    refused = words[0] in _NO_WORDS
    while words and words[0] in _NO_WORDS:
        del words[0]
    if not words or words[0] in _SUBJECTS or words[0] == "not" or words[:2] == ["its", "my"]:
        return None
    new = [word for word in words if word not in reply.asked.words and word not in _SMALL_WORDS]
    if new and (refused or signs <= {"correct"}):
        return "alternative"
    return "yes" if not refused and not new and signs <= {"correct"} else None


def _says_nothing_against(reply: Reply, order: tuple[Sign, ...], signs: Signs) -> bool:
    """`Thank you`, or a question about something else."""
    speaks = order[0] == "end" or reply.rest >= _A_REQUEST
    return speaks and signs <= {"end", "back", "could", "and_more"} and not reply.other_time


def _proposal(reply: Reply, order: tuple[Sign, ...], signs: Signs) -> Answer | None:
    asked = reply.asked
    if asked.offer and reply.rest == 0 and order[0] == "could" and signs <= {"could", "good", "yes"} and len(signs) > 1:
        # `Would you? That'd be great.`
        return None if reply.other_time else "yes"
    if _comes_round(order) and reply.rest == 0 and not reply.other_time:
        return "yes"
    if asked.check and reply.rest and signs <= _CORRECTS:
        return _correction(reply, signs)
    if signs == {"sum"} or (asked.told and asked.times and _says_nothing_against(reply, order, signs)):
        return "yes"
    if order[0] in _AGREES:
        return _agreement(reply, order, signs)
    if "drop" in signs and not signs & (_OPEN | {"other", "move"}):
        return "no"
    if asked.times and order[0] in _REFUSES and reply.other_time and not signs & _UNSURE:
        return "alternative"
    if (asked.times or asked.reply or asked.check) and not signs & _OPEN and (reply.other_time or "other" in signs):
        return "alternative"
    if reply.other_time or signs & _OTHERWISE:
        return "no" if signs <= _REFUSES and not reply.other_time and reply.rest == 0 else None
    if order[0] == "no" and signs & _AGREES and reply.rest == 0:
        # `No, that's fine` takes a time, and declines an offer.
        return "no" if asked.offer and not signs & {"yes", "good"} else "yes"
    declined = signs <= _REFUSES or (order[0] == "no" and signs <= _REFUSES | {"end"} and not asked.check)
    return "no" if declined and reply.rest == 0 else None


def _comes_round(order: tuple[Sign, ...]) -> bool:
    """`Let me look, um, yeah, we're good`."""
    return order[0] == "unsure" and order[1:2] == ("yes",) and len(order) > _TAG and set(order[2:]) <= _AGREES


def _agreement(reply: Reply, order: tuple[Sign, ...], signs: Signs) -> Answer | None:
    if order[0] == "fine" and reply.asked.offer:
        return None
    if order[-1] in _UNSURE and reply.rest == 0:
        return "unclear"
    # `Yes, and what's your number?`: what is asked on top takes nothing back.
    # Where no time was proposed, the numbers of a check are those of a house or a phone.
    other_time = reply.other_time and (bool(reply.asked.times) or not reply.asked.check)
    return "yes" if signs <= _KEEPS_A_YES and not other_time else None
