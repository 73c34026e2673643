"""What kind of yes-or-no question was asked: the same `no` refuses one and agrees to another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from receptionist.understanding.lookup import PhraseTable, word_set
from receptionist.understanding.named_times import named_times
from receptionist.understanding.text import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, and what its answer turns on."""

    more: bool = False
    """Is there anything else? A no is thanks, and `I'm good` is a no."""
    mind: bool = False
    """Do you mind? A no agrees."""
    offer: bool = False
    """Shall I, would you like: `no, that's okay` declines."""
    check: bool = False
    """Is that right? What the answer brings is a correction."""
    cancel: bool = False
    """Shall I take it off? `Leave it` is a no."""
    reply: bool = False
    """Reply YES: a question by text about a visit."""
    trouble: bool = False
    """Is it still leaking? `It stopped` is a no."""
    fact: bool = False
    """About how things stand, and not about what to do."""
    told: bool = False
    """No question at all: who says no more than thanks goes along."""
    times: frozenset[str] = frozenset()
    """The days and hours that were proposed."""
    words: frozenset[str] = frozenset()
    """The words of the question, to know an echo."""

    @property
    def kind(self) -> str:
        """The one name that says most."""
        for name in ("more", "mind", "cancel", "check", "trouble"):
            if getattr(self, name):
                return name
        if self.times or self.reply:
            return "slot"
        return "offer" if self.offer else "fact" if self.fact else "open"


_MARKS: Final[PhraseTable[str]] = PhraseTable(
    {
        "anything|something|nothing|any|what|whatever|anyone else|more|further|elses": "more",
        "any other|further|more|additional help|information|info|assistance|way|questions|question": "more",
        "something|anything more|other": "more",
        "anything to|you": "more",
        "change anything|something": "more",
        "cambiar algo|alguna": "more",
        "help|assist you further|more|again": "more",
        "further|additional assist|help|assistance": "more",
        "more for you": "more",
        "do more": "more",
        "algo|alguna|otra mas|cosa": "more",
        "algo otra cosa": "more",
        "en que mas": "more",
        "se le ofrece": "more",
        "mind if": "mind",
        "you mind": "mind",
        "would it bother": "mind",
        "bother you": "mind",
        "le|te molesta|molestaria|importa|importaria": "mind",
        "cancel|cancelled|canceled": "cancel",
        "give up": "cancel",
        "off the schedule|calendar|books": "cancel",
        "take it|that|this off": "cancel",
        "quito|quite|quitar|cancele|cancelo|cancelar|cancelara|elimine|borre|borro|anule|anulo": "cancel",
        "correct": "check",
        "that|this|it|everything|i right": "check",
        "get|got|have all of it|that right": "check",
        "i heard|have|got": "heard",
        "your name|address|number|phone": "check",
        "did you say|mean": "said",
        "best|right|good|correct number|address|phone|name|way": "check",
        "is this|it for": "check",
        "is|are this|that|you speaking|mr|mrs|ms|mister": "check",
        "read that back": "check",
        "confirm": "check",
        "confirming": "check",
        "so thats|its": "check",
        "so that is": "check",
        "okay|ok|alright if": "offer",
        "all right if": "offer",
        "mejor numero": "check",
        "es correcto|cierto|correcta": "check",
        "su nombre|direccion|telefono|numero": "check",
        "es para": "check",
        "we come to": "check",
        "vamos|voy a": "check",
        "se llama": "check",
        "esta bien": "check",
        "lo dejamos asi": "check",
        "reply|text|respond with| yes|y|no": "reply",
        "responda|conteste|escriba con| si|s|no": "reply",
        "shall|should": "offer",
        "can|may|could i|we": "offer",
        "how|what can|may|could i|we": "open",
        "would|do you like|want|prefer|care": "offer",
        "want|need me": "offer",
        "do you need": "offer",
        "you like": "offer",
        "quiere|desea|gustaria|prefiere|quisiera|necesita": "offer",
        "le|lo|la|se agendo|aparto|reservo|mando|envio|llamo|paso|comunico|pongo|apunto|anoto|cambio|muevo|pido": "offer",
        "tripping|flickering|humming|clogged|stuck|smoldering|spreading|running|leaking|flooding|spraying|dripping|smell|smelling|sparking|smoke|smoking|burning|hurt|danger": "trouble",
        "injured|trapped|hissing|overflowing|rising|beeping|sounding|buzzing|coming|dizzy|sick|fire|flames": "trouble",
        "alarm going": "trouble",
        "water on|in|coming": "trouble",
        "agua en": "trouble",
        "going off": "trouble",
        "saliendo|oliendo|olor|huele|fuga|humo|chispas|quemado|goteando|inundando|sonando|herido|peligro|mareado": "trouble",
    }
)
_STARTS: Final = _MARKS.starts()
_FACT_OPENERS: Final = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "has",
        "have",
        "can",
        "hay",
        "esta",
        "estan",
        "tiene",
        "tienen",
        "huele",
        "sale",
        "sigue",
        "todavia",
        "es",
        "son",
        "puede",
        "ya",
    ]
)
_ASK_FOR_MORE: Final = word_set("what when where who which how why que cuando donde quien cual como cuanto en")
"""Openers of questions that want more than a yes or a no."""
_SENTENCE_ENDS: Final = frozenset(".?!¿¡")
_LONGEST_QUESTION: Final = 600


@lru_cache(maxsize=1_024)
def read_question(prompt: str) -> Asked:
    """What `prompt` asks. Its last sentence says how, and all of it says what about."""
    heard = read(prompt[-_LONGEST_QUESTION:])
    norms = heard.norms
    last = _last_sentence(norms)
    marks = _marks_of(last)
    everywhere = marks | _marks_of(norms)
    times = named_times(norms)
    check = "check" in everywhere and not {"more", "mind", "cancel", "reply"} & marks
    asks_yes = bool(last) and last[0] not in _ASK_FOR_MORE and any(norm in _FACT_OPENERS for norm in last[:2])
    check = check or ("said" in marks and not times and "offer" not in marks)
    check = check or ("heard" in everywhere and not times and "offer" not in marks)
    return Asked(
        more="more" in marks,
        mind="mind" in marks,
        offer="offer" in marks or ("offer" in everywhere and not asks_yes),
        check=check,
        cancel="cancel" in marks,
        reply="reply" in marks,
        trouble="trouble" in marks and not times and "offer" not in marks,
        fact=asks_yes and not times and not check and "offer" not in marks,
        told=not prompt.rstrip().endswith("?") and not asks_yes and not {"reply", "offer", "more"} & everywhere,
        times=times,
        words=frozenset(norms),
    )


def _last_sentence(norms: tuple[str, ...]) -> tuple[str, ...]:
    end = len(norms)
    while end and norms[end - 1] in _SENTENCE_ENDS:
        end -= 1
    start = end
    while start and norms[start - 1] not in _SENTENCE_ENDS:
        start -= 1
    return norms[start:end]


def _marks_of(norms: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    at = 0
    while at < len(norms):
        hit = _MARKS.at(norms, at) if norms[at] in _STARTS else None
        if hit is not None:
            found.add(hit[0])
        at += 1 if hit is None else hit[1]
    return frozenset(found)
