"""Which of the days and times that were spoken of are wanted, and which were ruled out, gone by or only held so far."""

from __future__ import annotations

from typing import Final, Literal

from receptionist.understanding.day_words import WEEKDAYS
from receptionist.understanding.lookup import Words, phrase_set, word_set
from receptionist.understanding.page import Page

Role = Literal["wanted", "not_until", "ruled_out", "held", "past", "aside"]
"""`not_until` is wanted from then on (`I can't till friday`); `held` is when the present booking is; `aside` was
mentioned for another reason (`we leave on friday`)."""

_WINDOW: Final = 7
"""So many words before a mention can speak of it, as far as the sentence and the mention before it let them."""

_LINKS: Final = word_set(
    "on the for this at in to be a an el la las los para en por de around anytime any time sometime until till "
    "before after antes hasta of ,"
)
_BREAKS: Final = word_set(
    ". ? ! ; but so if because instead then please how what lets rather id pero si porque entonces mejor prefiero "
    "quiero would will could may when puede pueden podria podrian puedes podemos need want necesito sino come "
    "vengan change move cambiar mover make schedule book venga venir vienen manden mande ven"
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
    "dont|didnt|doesnt want|like|wanna",
    "do|does not want|like",
    "no puedo|podemos|podre|podria",
    "no estoy|estare|estaremos|estamos|voy|vamos|quiero|trabajo",
    "no tengo|tenemos tiempo|chance",
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
_QUESTIONS: Final = word_set("you yall we i they someone somebody anybody anyone he she it")
_NO_BEHIND: Final = phrase_set(
    "not|isnt gonna|going to| work|happen|do|be|fly",
    "doesnt|dont|didnt|wont|wouldnt|isnt|cant work|be|good|going|do|great|possible|suit|fit|available|happen|cut",
    "does|will|would|is|can not|no work|be|good|going|do|great|possible|suit|fit|available|happen|longer",
    "is|are|was|s| no good|longer|bad",
    "is|are bad|out|taken|full|booked|impossible|tough|hard|rough|terrible|off",
    "is|are|s| too early|late|soon",
    "i|we have|got work|something|school|class|plans|church|surgery",
    "i|we am|are| busy|working|away|gone|booked|unavailable",
    "im|were|ill|well|i|we am|are|will|be| busy|working|away|gone|booked|unavailable",
    "im|were|i|we am|are| not available|home|around|free|here",
    "im|were|ill|well be| out of town",
    "i|we wont be|do|make",
    "i|we wont be home|here|there|available|around|able|in|free|back",
    "i|we will not be home|here|there|available|around|able|in|free|back",
    "i|we cant|cannot do|make|come|be",
    "i|we cant|cannot do|make it|that",
    "no me|nos|se|le sirve|funciona|queda|conviene|acomoda|puede",
    "no estoy|estare|estamos|estaremos|trabajo",
    "no voy|vamos|va a",
    "no tengo|tenemos tiempo|chance|lugar",
    "estoy|estamos|estare ocupado|ocupada|ocupados|trabajando|fuera",
    "tengo|tenemos trabajo|cita|junta|que|escuela",
    "esta|es malo|dificil|ocupado|lleno|imposible",
)
"""What turns down the day named before it, whatever follows."""
_CANNOT_BEHIND: Final = phrase_set(
    "i|we|he|she cant|cannot|wont", "i|we can|will not", "no puedo|podemos|podre|funciona|sirve|es|hay"
)
"""What turns down the day before it only where the sentence ends there: `come friday, I can't turn the water off`."""
_ENDS: Final = word_set(
    ". , ? ! but so because cause sorry then that at and how what pero porque entonces estar ir mejor que asi pasado"
) | {""}
_YES_BEHIND: Final = phrase_set(
    "works|sounds|suits",
    "is|would|will|s be|work| good|fine|great|ok|okay|perfect|better|best|ideal|work|do",
    "esta|seria|estaria bien|perfecto|mejor|bueno",
    "me|nos sirve|queda|funciona|conviene|parece",
)
"""What welcomes the day before it."""
_TROUBLE: Final = word_set(
    "get wait believe hear find turn use flush shut close open light start keep stop run fix reach figure afford see "
    "tell stand quit drain flush heat cool fill budge kick blow reset drop live shower cook wash sleep tighten loosen locate even seem help"
)
"""Behind `can't` these tell what is broken, not when the caller is away."""
_AVAILABLE: Final = word_set(
    "el la los este esta hoy manana pasado ir estar ese esa para en a recibir hacer hacerlo antes hasta"
)
"""Behind `no puedo` only these speak of when; the rest is what is broken."""
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

_WISHING: Final = word_set("need needs want wants necesito ocupo quiero")
"""`I need an outlet replaced tuesday`."""

_BOOKING: Final = (
    "appointment|appointments|appt|visit|spot|slot|booking|reservation|one|time|install|estimate|service|job|"
    "cita|visita|turno"
)
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
    if found is not None:
        return 0 if words[at + found[1]] in _UNTIL else found[1]
    found = _CANNOT_BEHIND.at(words, at)
    if found is None:
        return 0
    end = at + found[1]
    ended = words[end] in _ENDS or (words[end] == "el" and words[end + 1] in WEEKDAYS)
    return found[1] if ended else 0


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
    if refused_words(words, behind):
        return "ruled_out"
    start = _clause_start(words, first, floor)
    if page.moving and _is_held(words, first, near, last, floor):
        return "held"
    if _cannot(words, start, near) and _YES_BEHIND.at(words, last) is None:
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
        asks = words[at - 1] == "se" and words[at - 2] != "no"  # `se puede el martes`
        if words[at] in _BREAKS and (asks or words[at - 1] not in _UNBROKEN):
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
        following = words[at + 1]
        if words[at] in _CANNOT and following not in _QUESTIONS and following not in _TROUBLE:
            return True
        found = _CANNOT_PHRASES.at(words, at)
        if found is None or at + found[1] > near:
            continue
        following = words[at + found[1]]
        spanish = words[at] == "no" and words[at + 1] in {"puedo", "podemos", "podre", "podria"}
        if following in _AVAILABLE if spanish else following not in _TROUBLE:
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
        done = words[at - 1] in _NOT_PAST or words[start - 1] in _WISHING
        if word in PAST_VERBS and not (word in _DOING and done):
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
