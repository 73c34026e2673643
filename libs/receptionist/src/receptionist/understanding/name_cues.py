"""The words with which callers say who they are, and those that tell that somebody else is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from receptionist.understanding.lookup import PhraseTable, word_set
from receptionist.understanding.name_words import Trust

GREETINGS: Final = word_set(
    "hi hello hey hola buenas buenos dias tardes noches good morning afternoon evening yes yeah yep so uh um er ok okay well "
    "bueno si oiga oye mire hiya howdy greetings there alo pues eh este please sorry right alright disculpe , . - ! \u00a1 \u00bf"
)
ANSWERS: Final = GREETINGS | word_set(
    "sure its it is thats that the name me llamo claro mi nombre es soy of course this a"
)
"""What may stand before a bare name that answers `May I have your name?`."""

_CUES: Final[PhraseTable[Trust]] = PhraseTable(
    {
        "my| name is": "told",
        "my full name is": "told",
        "my| names": "told",
        "name": "told",
        "under the name of|": "told",
        "on the books|schedule as": "told",
        "put me down as": "told",
        "put it under": "told",
        "i go by": "told",
        "they call me": "told",
        "everybody|everyone calls me": "told",
        "account is": "placed",
        "books|its|im|appointment|appointments under": "placed",
        "appointment is under": "placed",
        "message from": "placed",
        "this here| is": "introduced",
        "its": "introduced",
        "it is": "introduced",
        "its me again|": "introduced",
        "call me": "placed",
        "im": "described",
        "i am": "described",
        "youre talking to": "introduced",
        "youre speaking to|with": "introduced",
        "me llamo": "told",
        "mi nombre completo| es": "told",
        "mi| nombre": "told",
        "a nombre de": "told",
        "le|les|te| habla": "introduced",
        "aqui habla": "introduced",
        "habla con": "introduced",
        "le|les saluda": "introduced",
        "le llama|llamo": "introduced",
        "yo| soy": "described",
        "soy yo otra| vez|": "introduced",
        "apellido es|": "told",
        "de parte de": "introduced",
        "aqui": "introduced",
        "llamo": "placed",
        "recado de": "placed",
    }
)

_MINE: Final = word_set(
    "my the first last full and hi hello hey so uh um yeah yes ok okay well is , . - mi y hola bueno "
)
_NOT_MINE: Final = word_set(
    "his her their your its whose husbands wifes sons daughters mothers fathers technicians bosses"
)
_NOT_HABLA: Final = word_set("quien con que se usted no alguien quienes si")
_NOT_THIS: Final = word_set("if whether think because what who how believe sure")

ARTICLES: Final = word_set("la el the")
RELATIONS: Final = word_set(
    "wife husband mom mother mama dad father son daughter brother sister assistant neighbor friend partner secretary fiance "
    "fiancee girlfriend boyfriend roommate aunt uncle cousin nephew niece grandson granddaughter grandma manager tenant "
    "landlord contractor realtor customer tia tio prima primo vecino vecina hija hijo hermano hermana esposa esposo amigo "
    "amiga comadre compadre suegra suegro cunada cunado abuela abuelo sobrina sobrino cliente clienta old"
)
POSSESSIVES: Final = word_set("his her their your our the my a su mi tu")

OF_OTHERS: Final = word_set(
    "said says told tells is was came has had does did fixed installed quoted gave left will would dijo vino needs wants likes "
    "asked asks sent sends knows recommended"
)
"""After a name at the beginning these tell of somebody else: `mike jones said he'd come`."""
SPEAKING: Final = word_set("here speaking calling again")
CALLED: Final = word_set("called rang phoned calls llamo marco hablo")


def cue_ends(norms: tuple[str, ...], at: int) -> tuple[Trust, int] | None:
    """The cue that ends with word `at`, as (trust, its first word), the longest one; or None."""
    found = _CUES.before(norms, at + 1)
    if found is None:
        return None
    first = at + 1 - found[1]
    return (found[0], first) if _is_own(norms, first, at) else None


def _is_own(norms: Sequence[str], first: int, last: int) -> bool:
    """Whether the cue speaks of the caller: not `her name is`, `con quién habla`, `if this is`."""
    before = norms[first - 1] if first else ""
    head = norms[first]
    if head in {"name", "names", "nombre"}:
        if before in {"first", "last"}:
            return first < 2 or norms[first - 2] not in _NOT_MINE
        if last == first and head != "names":
            # A bare `name` announces only at the beginning of what is said: `name Dale Hurst`.
            return before in {"", ",", ".", "first", "last"}
        return before == "" or before in _MINE or (before == "account" and first > 1)
    if norms[last] == "habla" and (before in _NOT_HABLA or (last > first and first > 0 and before in {"con", "que"})):
        return False
    if head in {"this", "its", "it", "llamo"}:
        return before not in _NOT_THIS
    return not (
        head == "aqui" and last == first and before not in {"", ",", ".", "hola", "bueno", "buenas", "tardes", "dias"}
    )


_ASKING: Final = (
    "your name",
    "a name",
    "what name",
    "first and last name",
    "who am i speaking",
    "who is calling",
    "who's calling",
    "su nombre",
    "nombre de quién",
    "con quién",
    "con quien",
    "cómo se llama",
    "como se llama",
    "quién habla",
)


def asks_for_name(prompt: str) -> bool:
    """Whether a question wants the caller's name: `May I have your name?`, `¿A nombre de quién?`."""
    lower = prompt.lower()
    return any(words in lower for words in _ASKING) and not lower.startswith(("is your name", "is that name"))
