"""The words around times of day in English and Spanish (folded)."""

from __future__ import annotations

from typing import Final, Literal

from receptionist.understanding.day_words import AFTER_BARE_DAY
from receptionist.understanding.lookup import PhraseTable, phrase_set, word_set

Relation = Literal["at", "around", "after", "before"]

FIRM_CUES: Final[PhraseTable[Relation]] = PhraseTable(
    {
        "at|@": "at",
        "at exactly": "at",
        "after|past": "after",
        "anytime|sometime after|past": "after",
        "no earlier|sooner than": "after",
        "not before|until|till": "after",
        "later than": "after",
        "starting at|around|from": "after",
        "before|by|until|till|til": "before",
        "anytime|sometime before": "before",
        "no later than": "before",
        "not after|past": "before",
        "earlier|sooner than": "before",
        "up to|until|till": "before",
        "at|right|somewhere|sometime|anytime| around|about": "around",
        "approximately|roughly": "around",
        "close|closer to": "around",
        "at approximately|roughly": "around",
        "at like": "at",
        "a|para": "at",
        "cita|visita|turno|la|lo de": "at",
        "despues|pasadas de": "after",
        "despues|pasadas": "after",
        "a partir de": "after",
        "desde": "after",
        "mas tarde de": "after",
        "antes de|del": "before",
        "hasta": "before",
        "no mas tarde de": "before",
        "como|tipo": "around",
        "por ahi de|a": "around",
        "a| mas tardar a": "before",
        "como|tipo a": "around",
        "a eso de": "around",
        "a|de como": "around",
        "alrededor|cerca de": "around",
        "sobre|hacia": "around",
        "mas o menos a": "around",
    }
)
SPANISH_CUES: Final = word_set("a por para despues pasadas desde antes hasta como tipo alrededor cerca sobre hacia mas")
"""Behind these an hour needs its article (`a las dos`), or the word is no time."""

SOFT_CUES: Final = phrase_set(
    "like|say|maybe|for|make|do|to|try|prefer|want|perhaps|probably|possibly|how|lets|its|is|be|with|take|or|and",
    "make|do it|that",
    "it|me|us|that|appointment|time to",
    "how|what about",
    "about",
    "para|mejor|pongame|quiza|quizas|tal|vez|entonces|o|y|de|seria",
)
"""Words after which a bare number is a time, if days were spoken of or a time was asked for."""

MOVED_TO: Final = phrase_set(
    "it|me|us|that|appointment|time|visit|change|move|moved|back|ahead|over to",
    "it|me|us up to",
    "make it|that",
    "muevala|cambiela|pasela a",
)
"""Words after which a bare number is a time in any case."""

FILLERS: Final = word_set(
    ", . um uh yeah yes no ok okay the please then sure well hmm ah id guess think at si bueno pues este las la "
    "actually sorry either oh"
) | {""}
"""What may stand before a bare number that answers a question for the time."""

AFTER_HOUR: Final = (AFTER_BARE_DAY - {":", "-", "there", "has", "have", "being"}) | word_set(
    "exactly sharp am monday tonight this next later latest earliest ish would onward onwards hoy manana pasado "
    "el esta este unless cuando where while that his her your be being because ideally seems suits the u works / "
    "appointment appt slot spot opening window visit ya ese del mas mi estoy no nada todo as again anyway plus "
    "whichever"
)
"""What may follow a bare hour: anything else makes the number a count, a house or a price."""

LIVING_AT: Final = phrase_set(
    "im|were|live|lives|living|located|address|house|property|place|building|over at",
    "i|they|we am|are|live|is at",
    "number at",
    "is|its located at",
)
"""Before these an `at` leads to a house."""

RANGE_JOINTS: Final = word_set("to till til until through thru - and y a hasta")
OPEN_ENDS: Final[PhraseTable[Relation]] = PhraseTable(
    {
        "or later|after": "after",
        "and later|after": "after",
        "onward|onwards": "after",
        "at the earliest": "after",
        "or earlier|before|sooner": "before",
        "at the latest": "before",
        "o despues": "after",
        "o mas tarde": "after",
        "en adelante": "after",
        "o antes": "before",
        "a mas tardar": "before",
    }
)
"""Words behind a time that open it to one side."""

SHIFTS: Final[PhraseTable[Literal["sooner", "later"]]] = PhraseTable(
    {
        "later in|on the|that day": "later",
        "later on in the day": "later",
        "later on": "later",
        "later in the day": "later",
        "later": "later",
        "a little|bit later": "later",
        "earlier in the|that day": "sooner",
        "earlier": "sooner",
        "a little|bit earlier": "sooner",
        "un| poco| mas tarde": "later",
        "mas tardecito": "later",
        "un| poco| mas temprano": "sooner",
    }
)
SHIFT_CUES: Final = word_set(
    "something anything little bit any come hour hours slot appointment even much spot could can you be and one "
    "go way somewhat do for time possible slightly"
) | {""}
SHIFT_FOLLOWERS: Final = word_set("than time slot appointment in window works would is if")
NO_SHIFT: Final = phrase_set(
    "call|called|talk|text|see|phone|try|said|told|was|you|ya|back|spoke|asked|came|ill|sooner or| me|you|ya|back|again|in|",
    "i called|spoke|was|tried",
    "until|till",
    "or",
    "hablamos|nos vemos|llamo|marco",
)
GREETINGS: Final = word_set("good buenas buenos happy merry feliz nice great lovely wonderful beautiful")
ALWAYS: Final = word_set("every each all most cada toda todas todos since desde yesterday")
