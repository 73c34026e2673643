"""Which of the days and times that were spoken of are wanted, and which were ruled out, gone by or only held so far."""

from __future__ import annotations

from typing import Final, Literal

from receptionist.understanding.lookup import Words, phrase_set, word_set
from receptionist.understanding.page import Page

Role = Literal["wanted", "not_until", "ruled_out", "held", "past", "aside"]
"""`not_until` is wanted from then on (`I can't till friday`); `held` is when the present booking is; `aside` was mentioned for another reason (`we leave on friday`)."""

_WINDOW: Final = 7
"""So many words before a mention can speak of it, as far as the sentence and the mention before it let them."""

_LINKS: Final = word_set(
    "on the for this at in to be a an el la las los para en por de around anytime any time sometime until till "
    "before after antes hasta of ,"
)
_BREAKS: Final = word_set(
    ". ? ! ; but so if because instead then please how what lets rather id pero si porque entonces mejor prefiero "
    "quiero would will could may when puede pueden podria podrian puedes podemos need want necesito sino come "
    "vengan change move cambiar mover make schedule book"
)
_UNBROKEN: Final = word_set("cant cannot wont not dont doesnt didnt no me se nos couldnt to")
"""Behind these a word that would begin a new request does not (`can't make friday`)."""
_NOT_BEFORE: Final = phrase_set(
    "not",
    "instead of",
    "rather than",
    "other than",
    "except|excepto",
    "except for",
    "but not",
    "day|days|time|anytime|anything|thing|dia|cualquier but|menos",
    "cualquier dia menos",
    "isnt|aint|arent|wasnt",
    "en vez|lugar de|del",
    "than",
    "que no sea",
    "aparte de",
    "neither|nor|ni",
    "never",
)
_CANNOT: Final = word_set("cant cannot wont unable couldnt busy ocupado ocupada shouldnt")
_CANNOT_PHRASES: Final = phrase_set(
    "can|could|will|would not",
    "not free|available|home|around|here|able|going|gonna|good|possible|in|ready|open",
    "dont|didnt|doesnt want|like|work|have|wanna",
    "do|does not want|like|work|have",
    "no puedo|podemos|podre|estoy|estare|estaremos|estamos|voy|vamos|quiero|tengo|podria|trabajo",
    "no me|nos|se sirve|funciona|puede|queda|conviene|acomoda",
    "no va a|estar",
    "i|we|ive|weve|already have|had|got something|plans|work|school|church|class|surgery",
    "i|we|ive|weve|already have|had|got a|an|another|other meeting|conflict|appointment|thing|class|wedding|funeral|trip",
    "i|we have|had|got a|another doctors|dentist|dental|doctor",
    "tengo|tenemos trabajo|cita|junta|algo|escuela|compromiso|una|otra|un|otro",
    "out of town|state|office",
    "be|im|were|am|are away|gone|traveling|travelling|working|out",
    "fuera de la|casa|ciudad",
    "de viaje|vacaciones",
    "on vacation|holiday",
    "something came up",
)
_UNTIL: Final = word_set("until till til hasta before antes")
_QUESTIONS: Final = word_set("you we i they someone somebody anybody anyone he she it")
_NO_BEHIND: Final = phrase_set(
    "doesnt|dont|didnt|wont|wouldnt|isnt|cant work|be|good|going|do|great|possible|suit|fit|available|happen|cut",
    "does|will|would|is|can not|no work|be|good|going|do|great|possible|suit|fit|available|happen|longer",
    "is|are|was|s| no good|longer|bad",
    "is|are bad|out|taken|full|booked|impossible|tough|hard|rough|terrible|off",
    "i|we cant|cannot|wont|work",
    "i|we have|got work|something|school|class|plans|church|surgery",
    "i|we am|are busy|not|out|working|away|gone|booked|unavailable",
    "im|were|ill|well busy|not|out|working|away|gone|booked|unavailable",
    "i|we will not",
    "i can not",
    "no puedo|podemos|podre|me|nos|se|estoy|estare|estamos|estaremos|trabajo|va|tengo|hay|es|funciona|sirve",
    "is|are|s| too early|late|soon",
    "estoy ocupado|ocupada|trabajando|fuera",
    "tengo trabajo|cita|junta|que|escuela",
    "esta|es malo|dificil|ocupado|lleno|imposible",
)
PAST_VERBS: Final = word_set(
    "broke started stopped quit went burst woke noticed happened lost died tripped called left heard smelled came "
    "began since was been leaked flooded did backed turned found saw bought installed fixed ended cracked "
    "popped missed froze talked spoke ordered paid submitted replaced showed sent desde empezo paro "
    "rompio dejo vino vinieron fue comenzo estuvo exploto cayo descompuso quemo "
    "llegaron instalaron arreglaron"
)
_NOT_PAST: Final = word_set("get be it to got getting have need needs want that them one and")
_THINKING: Final = word_set("talking thinking hoping wondering looking going wanting saying")
_DOING: Final = word_set("installed fixed replaced ordered turned called sent")
"""Also said of what is wanted: `get it fixed friday`."""

_BOOKING: Final = "appointment|appointments|appt|visit|spot|slot|booking|reservation|one|time|install|estimate|service|job|cita|visita|turno"
_HELD_BEFORE: Final = phrase_set(
    "have|got|had|has|havin me|us|mine|it",
    "have|got|had|has me|us down|scheduled|booked|in|set",
    "i|we have|got|had it|mine|that|this",
    "i|we have|got|had|ve|already",
    "ive|weve|i got|have|had",
    "i|we ve got",
    "i|we have|got|had an|my|the|our|a appointment|appt|visit|slot|spot|time|booking",
    "ive|weve got an|my|the|our|a appointment|appt|visit|slot|spot|time|booking",
    "im|its|were|was|am|are|is|supposed to|be| scheduled|booked|down|set",
    "im|were|am|are|already| scheduled|booked|down|set",
    f"{_BOOKING} is|was|s|thats|that|set|scheduled|which",
    f"{_BOOKING} is|was set|scheduled|booked|down",
    f"{_BOOKING} thats|that is|was|set|scheduled|booked|",
    f"my|our|mi|nuestra {_BOOKING}",
    f"change|move|reschedule|switch|push|bump the|that|this {_BOOKING}",
    "from|off",
    "cita es|era|esta|del",
    "tengo|tenemos cita|una|la|mi|algo|",
    "tengo|tenemos una|la|mi cita",
    "tenia|teniamos cita|una|la|",
    "me tienen|dieron|toca|pusieron",
    "cambiar|mover|pasar|cambiarla|moverla|pasarla|cambie|mueva|pase del",
    "cita|visita|turno de|del",
)
_THE_NEW_ONE: Final = word_set("make book schedule set put get try want agendar poner")
_TO_THE_NEW: Final = word_set("to a para al")
_HELD_OWNERS: Final = word_set("my our that his her their mi nuestra su")
_BOOKING_WORDS: Final = frozenset(_BOOKING.split("|"))
_ASIDE: Final = word_set(
    "leave leaving closing close guests company party move moving birthday return salgo salimos llegan fiesta "
    "viajo cumpleanos expires expire due trash tenant"
)

_CANCEL_PHRASES: Final = phrase_set("ya no", "dont|wont|not need", "no need")
_CANCELLING: Final = word_set(
    "cancel cancelling canceling scratch delete remove drop call off cancelar cancele cancelo cancelen anular "
    "quitar quite quiten cancelarla cancela scrap kill nix"
)


def refused_words(words: Words, at: int) -> int:
    """How many words from `at` on turn down what was named before them: `doesn't work`, `no puedo`."""
    found = _NO_BEHIND.at(words, at)
    return 0 if found is None else found[1]


def is_cancelling(words: Words) -> bool:
    """Whether a booking is called off, so that a day said no to is the day of that booking."""
    return any(word in _CANCELLING or _CANCEL_PHRASES.at(words, at) for at, word in enumerate(words))


def role_of(page: Page, first: int, last: int, *, floor: int) -> Role:
    """What is said of the mention from `first` to `last`, judged by at most a few words on either side of it; `floor` is
    where the mention before it ends."""
    words = page.words
    near = _past_links(words, first, floor)
    if any(_negated(words, at, floor) for at in range(first, near - 1, -1)):
        return "not_until" if words[near] in _UNTIL else "ruled_out"
    behind = last + 1 if words[last] == "," else last
    if _NO_BEHIND.at(words, behind) is not None:
        return "ruled_out"
    start = _clause_start(words, first, floor)
    if page.moving and _is_held(words, first, near, last, floor):
        return "held"
    if _cannot(words, start, near):
        return "not_until" if not _UNTIL.isdisjoint(words[near:first]) or words[first] in _UNTIL else "ruled_out"
    if _is_past(words, start, near):
        return "past"
    if near > floor and words[near - 1] in _ASIDE and words[near - 2] not in {"you", "yall", "guys"}:
        return "aside"
    return "wanted"


def _past_links(words: Words, first: int, floor: int) -> int:
    at = first
    while at > floor and first - at < 4 and words[at - 1] in _LINKS:
        at -= 1
    return at


def _clause_start(words: Words, first: int, floor: int) -> int:
    lowest = max(floor, first - _WINDOW)
    for at in range(first - 1, lowest - 1, -1):
        if words[at] in _BREAKS and words[at - 1] not in _UNBROKEN:
            return at + 1
        if words[at] in {"can", "do"} and words[at + 1] in _QUESTIONS:
            return at + 1
    return lowest


def _negated(words: Words, at: int, floor: int) -> bool:
    found = _NOT_BEFORE.before(words, at)
    if found is None or at - found[1] < floor:
        return False
    before = words[at - found[1] - 1] if at > found[1] else ""
    if words[at - 1] == "than":
        return before not in {"sooner", "earlier", "later"}
    return before not in {"why", "whether", "if", "or"}


def _cannot(words: Words, start: int, near: int) -> bool:
    for at in range(start, near):
        word = words[at]
        if word in _CANNOT:
            asked = words[at + 1] in _QUESTIONS or words[at + 1] in {"wait", "get", "believe", "hear", "find"}
            if not asked:
                return True
        found = _CANNOT_PHRASES.at(words, at)
        if found is not None and at + found[1] <= near and words[at + found[1]] not in {"wait", "get"}:
            return True
    return False


def _is_past(words: Words, start: int, near: int) -> bool:
    for at in range(start, near):
        word = words[at]
        if word == "supposed" and words[at - 1] in {"was", "were"}:
            return True
        if word in {"did", "didnt"} and words[at + 2] not in {"have", "want", "mean"}:
            return True
        if at < near - 3:
            continue
        if word in {"was", "were"} and words[at + 1] in _THINKING:
            continue
        if word in PAST_VERBS and not (word in _DOING and words[at - 1] in _NOT_PAST):
            return True
    return False


def _is_held(words: Words, first: int, near: int, last: int, floor: int) -> bool:
    if words[first - 1] in _HELD_OWNERS and words[first - 2] not in _THE_NEW_ONE:
        return True
    if words[last] in _BOOKING_WORDS and (
        words[near - 1] in _HELD_OWNERS or words[first - 1] in _HELD_OWNERS | {"the"}
    ):
        return True
    if not _TO_THE_NEW.isdisjoint(words[near:first]) or words[last] in {"instead", "rather"}:
        return False
    for at in range(near, min(first, near + 3) + 1):
        found = _HELD_BEFORE.before(words, at)
        if found is not None and at - found[1] >= floor:
            return words[at - found[1] - 1] not in _THE_NEW_ONE
    return False
