"""A short answer to a question about danger: "Do you smell gas right now?" - "yeah a little"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from receptionist.understanding.text import read
from receptionist.understanding.triage.kinds import Category
from receptionist.understanding.triage.lexicon import words_of
from receptionist.understanding.triage.rules import judge
from receptionist.understanding.triage.scene import read_scene

Verdict = Literal["danger", "no_danger", "open"]

# What a question of ours is about, when it names a danger ("is there smoke?") ...
_ABOUT: Final[tuple[tuple[str, Category], ...]] = (
    ("co", "carbon_monoxide"),
    ("released", "gas"),
    ("gas", "gas"),
    ("gas_odor", "gas"),
    ("alarm", "carbon_monoxide"),
    ("symptom", "carbon_monoxide"),
    ("exhaust", "carbon_monoxide"),
    ("spark", "electrical_fire_risk"),
    ("smoke", "electrical_fire_risk"),
    ("burning", "electrical_fire_risk"),
    ("flame", "electrical_fire_risk"),
    ("shock", "electrical_fire_risk"),
    ("hot", "electrical_fire_risk"),
    ("live_wire", "electrical_fire_risk"),
    ("sewage", "sewage"),
    ("sewer_back", "sewage"),
    ("no_water", "no_water"),
    ("froze", "burst_pipe"),
    ("broke", "burst_pipe"),
    ("escape", "flood"),
    ("leak", "flood"),
    ("coming", "flood"),
    ("upflow", "sewage"),
    ("heat_stress", "other_urgent"),
    ("life_support", "other_urgent"),
    ("trapped", "other_urgent"),
    ("cold", "no_heat_vulnerable"),
    ("no_heat", "no_heat_vulnerable"),
    ("frail", "no_heat_vulnerable"),
)
# ... or when it asks whether that is shut off or running again ("did you manage to shut the water off?") ...
_ABOUT_RELIEF: Final[tuple[tuple[str, Category], ...]] = (
    ("water", "flood"),
    ("heater", "no_heat_vulnerable"),
    ("cooling", "other_urgent"),
)
# ... or danger as such ("is this an emergency?", "is everyone safe?").
_ANY_DANGER: Final = words_of("emergency emergencia danger peligro safe salvo hurt")
# ... and when it asks whether the danger is over ("did you manage to shut it off?").
_RELIEF: Final = words_of(
    """
    stopped stop shut turned closed controlled contained able wait safe cerrar cerrada cerrado cerro
    cerraron paro control salvo segura seguro esperar apagar apago
    """
)
# "... that you can't shut off?": the yes is no relief.
_CANT: Final = words_of("cant cannot couldnt unable wont no")
# What a question about a booking holds, whatever else it names ("is it the leak repair on Tuesday at eight?").
_BOOKING: Final = words_of(
    """
    monday tuesday wednesday thursday friday saturday sunday tomorrow am pm oclock visit appointment schedule address
    lunes martes miercoles jueves viernes sabado domingo manana visita cita direccion agenda
    """
)
_QUESTION: Final = words_of(
    """
    do does did is are was were has have can could any anyone anybody hay huele sale sigue esta estan se
    siente alguien tiene tienen puede pudo ve ven
    """
)
_OPEN_QUESTION: Final = words_of(
    """
    what when where which who how why que cual cuando donde como quien por
    """
)
_SENTENCE_SIGNS: Final = frozenset(".!?:;\u00bf\u00a1")
_OPENING: Final = 4
"""Among this many first words stands the verb of a question that takes a yes or a no."""
_YES: Final = words_of(
    """
    yes yeah yep yup yah ya uh-huh sure si claro definitely absolutely correct right exactly afirmativo
    simon aja affirmative certainly somos mucho bastante
    """
)
_STILL: Final = words_of(
    """
    still sigue todavia faint strong strongly lots little poco poquito worse kinda maybe think creo
    """
)
_NO: Final = words_of(
    """
    no nope nah not never none nothing nada nunca ninguno nadie tampoco negative negativo isnt doesnt
    dont didnt havent hasnt cant couldnt wasnt nobody
    """
)
_CEASED: Final = words_of("quit quits stopped gone off paro termino dejo done fixed")
_AFFIRMS: Final = (
    ("it", "is"), ("it", "does"), ("i", "do"), ("i", "am"), ("there", "is"), ("there", "are"), ("we", "do"), ("we", "are"), ("it", "has"), ("i", "can"), ("we", "can"), ("i", "did"), ("they", "are"),
    ("she", "is"), ("he", "is"), ("asi", "es"), ("uh", "huh"), ("mm", "hmm"), ("por", "supuesto"), ("a", "lot"), ("a", "bit"), ("un", "poco"), ("we", "did"), ("it", "did"),
)  # fmt: skip
_SHORT: Final = 12


@lru_cache(maxsize=256)
def _question(prompt: str) -> tuple[Category, bool]:
    """What the question is about (`none`: no danger), and whether a yes would be good news."""
    words = _last_question(read(prompt).norms)
    if not _QUESTION.intersection(words[:_OPENING]) or _OPEN_QUESTION.intersection(words[:2]):
        return "none", False
    if _BOOKING.intersection(words):
        return "none", False
    scene = read_scene(words)
    relief = scene.has("shut_off") or bool(_RELIEF.intersection(words) and not _CANT.intersection(words))
    suspected = judge(scene).suspected
    abouts = (*_ABOUT, *_ABOUT_RELIEF) if relief else _ABOUT
    named = next((category for concept, category in abouts if concept in scene.said), None)
    general: Category = "other_urgent" if _ANY_DANGER.intersection(words) else "none"
    return next(iter(suspected), named or general), relief


def _last_question(words: Sequence[str]) -> Sequence[str]:
    """The words of the last sentence that ends in a question mark."""
    end = max((at for at, word in enumerate(words) if word == "?"), default=len(words))
    start = max((at + 1 for at, word in enumerate(words[:end]) if word in _SENTENCE_SIGNS), default=0)
    return words[start:end]


def _pole(words: Sequence[str]) -> Literal["yes", "no", "unclear"]:
    if words[0] == "ya" and len(words) > 1:
        words = words[1:]  # "already" in Spanish: what it says comes after
    found = set(words)
    first = words[0]
    if first in _YES:
        return "yes"
    ceased = bool(found & _CEASED) and "still" not in found and "cant" not in found and "wont" not in found
    if first in _NO or ceased:
        # "no it's still going" answers with what comes after.
        return "yes" if "still" in found or "sigue" in found else "no"
    if found & _YES or (found & _STILL and not found & _NO):
        return "yes"
    if any(pair in _AFFIRMS for pair in pairwise(words)) and not found & _NO:
        return "yes"
    return "no" if found & _NO else "unclear"


def answer_to(prompt: str | None, words: Sequence[str]) -> tuple[Verdict, Category]:
    """What a short answer to our question means: danger of a kind, no danger, or open when it wasn't such an answer."""
    if prompt is None or not words or len(words) > _SHORT:
        return "open", "none"
    about, relief = _question(prompt)
    if about == "none":
        return "open", "none"
    pole = _pole(words)
    if pole == "unclear":
        return "open", "none"
    if (pole == "yes") is relief:
        return "no_danger", "none"
    return "danger", about
