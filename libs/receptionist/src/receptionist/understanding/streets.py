"""The name of a street after (English) or before (Spanish) its house number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from receptionist.understanding import lexicon
from receptionist.understanding.house_numbers import HouseNumber, bare_ordinal_at, house_number_at
from receptionist.understanding.lookup import word_set
from receptionist.understanding.numbers import number_at
from receptionist.understanding.text import Lang, Utterance

_STRONG: Final = word_set(
    "street st avenue ave av road rd lane ln boulevard blvd court ct circle cir drive dr highway hwy parkway pkwy terrace "
    "freeway turnpike pike expressway alley place pl square plaza loop trail trl crescent broadway"
)
_WEAK: Final = word_set(
    "way run view park ridge crossing pass trace hollow hill hills point creek commons row walk path bend cove landing "
    "glen grove estates heights manor meadow meadows village mews gardens harbor bay falls springs valley crest ranch farm "
    "field fields bluff branch knoll oaks pines shore shores vista bridge ferry mill haven extension close green"
)
_PLAIN_STREETS: Final = word_set(
    "street st avenue ave road rd lane ln boulevard blvd drive dr parkway pkwy court ct highway hwy"
)
"""What a street must be called whose name is an everyday thing: `post road`."""
_NUMBERED: Final = word_set("highway hwy route rte interstate fm")
_BEFORE_NUMBERED_ROAD: Final = word_set("county state farm ranch rural township")
_DIRECTIONS: Final = word_set("north south east west northeast northwest southeast southwest n s e w ne nw se sw")
_KNOWN: Final = word_set(
    "birch oak oaks maple elm pine cedar walnut chestnut willow ash spruce magnolia sycamore hickory alder poplar juniper "
    "cypress dogwood laurel holly hawthorne mulberry cherry peach pecan mesquite palm palmetto locust linden beech aspen "
    "cottonwood redwood sequoia buckeye cottonwood orchard vine olive main broadway washington lincoln jefferson madison "
    "jackson adams monroe franklin church mill park lake river market center commerce union liberty highland sunset "
    "prospect pleasant spring summit ridge water front court front garden central sheridan roosevelt kennedy houston"
)
_STREET_ENDINGS: Final = tuple(
    sorted(
        word_set(
            "wood woods brook brooke dale field view crest hurst side ridge mont haven lawn shire gate mead bury vale moor cliff "
            "shore stead hill brae"
        )
    )
)
"""Bare names that end so are streets or the districts around them: `rosewood`, `brookside`."""
_IN_NAMES: Final = word_set(
    "old new high low lower upper little long big great cold dry clear spring summer winter st saint the of fair fort mount "
    "mt school church water garden gardens bank college office corner market river station union tree house mill county "
    "state lake king front green van main camp line center country oak sun light rose forest la los las el del de san santa"
)
_QUANTITIES: Final = word_set(
    "gallon gallons amp amps volt volts watt watts inch inches foot feet ft minute minutes min mins hour hours day days week "
    "weeks month months year years bedroom bedrooms bath baths bathroom bathrooms story stories people person percent dollar "
    "dollars bucks cents square pounds degrees mile miles time times car cars unit units floor floors zone zones stage ton "
    "tons pack am pm oclock a p year hundred thousand million way ways point star part piece pole gang phase in to or lb "
    "btu seer kw minutos horas dias anos pesos dolares por de grados metros amperes galones personas pisos"
)
_SPANISH: Final = word_set("calle avenida av ave boulevard bulevar blvd calzada callejon prolongacion")
_SPANISH_WEAK: Final = word_set("camino carretera cerrada privada paseo via retorno andador pasaje glorieta rinconada")
_CONNECTORS: Final = word_set("de del la las los el y san santa")
_SPANISH_NAMES: Final = word_set("real viejo vieja nuevo nueva grande alto alta libre primera segunda bueno buena")
_NUMBER_WORDS: Final = word_set("numero num no")
_NUMBER_SIGNS: Final = word_set("numero num no # al en el ,")
_MONTHS: Final = word_set(
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre"
)
_LONGEST: Final = 5

Evidence = Literal["typed", "weakly typed", "directed", "named", "everyday", "unknown"]
"""Why the words are a street: its kind, a direction, a usual name of streets (that may be an everyday word), or nothing."""


class Street(NamedTuple):
    """`text` in lower case with figures; it ends before word `last`."""

    text: str
    last: int
    evidence: Evidence


class SpanishAddress(NamedTuple):
    """Street and number in the Spanish order."""

    street: str
    number: HouseNumber
    weak: bool


def street_after(heard: Utterance, at: int, lang: Lang, limit: int) -> Street | None:
    """The street whose name starts at word `at`, right after its house number, or None."""
    norms = heard.norms
    if at < limit and (norms[at] in _SPANISH or norms[at] in _SPANISH_WEAK):
        return _calle(heard, at, lang, limit)
    words: list[str] = []
    while at < limit and norms[at] in _DIRECTIONS and len(words) < 2 and _names_follow(norms, at + 1, lang, limit):
        words.append(heard.tokens[at].text.lower())
        at += 1
        if at < limit and norms[at] == ".":
            at += 1
    directed = bool(words)
    typed = _typed(heard, at, lang, limit, words)
    return typed if typed is not None else _untyped(heard, at, lang, limit, words, directed=directed)


def spanish_address_at(heard: Utterance, at: int, lang: Lang, limit: int) -> SpanishAddress | None:
    """`calle roble cuatro cincuenta y dos` at word `at`: the kind of street, its name, its number; or None."""
    norms = heard.norms
    weak = norms[at] in _SPANISH_WEAK
    if not weak and norms[at] not in _SPANISH:
        return None
    words = [heard.tokens[at].text.lower()]
    at += 1
    if at < limit and norms[at] == ".":
        at += 1
    named = number_at(norms, at, lang) if at < limit else None
    if named is not None and at + named[1] < limit:
        words.append(str(named[0]))
        at += named[1]
        if at + 1 < limit and norms[at] == "de" and norms[at + 1] in _MONTHS:
            words += ["de", norms[at + 1]]
            at += 2
    else:
        end = _spanish_name_end(norms, at, lang, limit)
        if end == at or norms[end - 1] in _CONNECTORS:
            return None
        words += [token.text.lower() for token in heard.tokens[at:end]]
        at = end
    signed = False
    while at < limit and norms[at] in _NUMBER_SIGNS:
        signed = signed or norms[at] not in {",", "en", "el"}
        at += 1
    number = house_number_at(norms, at, lang, limit)
    if number is None or (number.last < limit and norms[number.last] in _QUANTITIES - {"de", "por", "to", "in"}):
        return None
    return SpanishAddress(" ".join(words), number, weak and not signed and len(number.text) < 2)


def _spanish_name_end(norms: Sequence[str], at: int, lang: Lang, limit: int) -> int:
    first = at
    while at < limit and at - first < _LONGEST:
        word = norms[at]
        free = word in _CONNECTORS or word in _SPANISH_NAMES
        if word in _NUMBER_WORDS or (not free and (not word.isalpha() or lexicon.is_function(word, lang))):
            break
        at += 1
    return at


def _calle(heard: Utterance, at: int, lang: Lang, limit: int) -> Street | None:
    norms = heard.norms
    words = [heard.tokens[at].text.lower()]
    at += 1
    named = number_at(norms, at, lang) if at < limit else None
    if named is not None:
        words.append(str(named[0]))
        end = at + named[1]
        if end + 1 < limit and norms[end] == "de" and norms[end + 1] in _MONTHS:
            words += ["de", norms[end + 1]]
            end += 2
        return Street(" ".join(words), min(end, limit), "typed")
    end = at
    while end < limit and end - at < 3 and norms[end].isalpha():
        if lexicon.is_function(norms[end], lang) and norms[end] not in _CONNECTORS:
            break
        if norms[end] not in _CONNECTORS and end > at and lexicon.is_ordinary(norms[end], lang):
            break
        end += 1
    while end > at and norms[end - 1] in _CONNECTORS:
        end -= 1
    if end == at:
        return None
    words += [token.text.lower() for token in heard.tokens[at:end]]
    return Street(" ".join(words), end, "typed")


def _names_follow(norms: Sequence[str], at: int, lang: Lang, limit: int) -> bool:
    if at < limit and norms[at] == ".":
        at += 1
    if at >= limit:
        return False
    word = norms[at]
    return (
        word in _IN_NAMES or word in _DIRECTIONS or _is_ordinal(norms, at, lang) or not lexicon.is_function(word, lang)
    )


def _is_ordinal(norms: Sequence[str], at: int, lang: Lang) -> bool:
    return bare_ordinal_at(norms, at, lang) is not None


def _typed(heard: Utterance, at: int, lang: Lang, limit: int, before: list[str]) -> Street | None:
    """A street with its kind: `orchard way`, `county road 12`, `old post road`. The last kind within five words counts."""
    norms = heard.norms
    if at < limit and norms[at] in _QUANTITIES:
        return None
    words = list(before)
    best: Street | None = None
    plain = False
    first = at
    while at < limit and at - first < _LONGEST:
        word = norms[at]
        named = len(words) > 0
        if word in _STRONG or word in _WEAK or word in _NUMBERED:
            words.append(heard.tokens[at].text.lower())
            at += 1
            numbered = _road_number(norms, at, lang, limit)
            if numbered is not None:
                return Street(" ".join([*words, numbered[0]]), numbered[1], "typed")
            if word in _NUMBERED - _STRONG or (plain and word not in _PLAIN_STREETS):
                continue
            if named or word == "broadway":
                evidence: Evidence = "typed" if word in _STRONG else "weakly typed"
                if best is None or best.evidence == "weakly typed" or evidence == "typed":
                    best = _with_direction(heard, Street(" ".join(words), at, evidence), limit)
            if at < limit and norms[at] == "." and len(word) <= 4:
                at += 1
            continue
        ordinal = bare_ordinal_at(norms, at, lang)
        if ordinal is not None and (best is None):
            words.append(_ordinal_text(ordinal[0]))
            at += ordinal[1]
            continue
        if word not in _IN_NAMES:
            if (
                not word[:1].isalpha()
                or lexicon.is_function(word, lang)
                or (best is not None and lexicon.is_noun(word, lang))
            ):
                break
            plain = plain or lexicon.is_noun(word, lang)
        if best is not None and (lexicon.is_first_name(word) or word in _QUANTITIES):
            break
        words.append(heard.tokens[at].text.lower())
        at += 1
    return best


def _with_direction(heard: Utterance, street: Street, limit: int) -> Street:
    at = street.last
    if at < limit and heard.norms[at] in _DIRECTIONS and not (at + 1 < limit and heard.norms[at + 1] in {"of", "side"}):
        return Street(f"{street.text} {heard.tokens[at].text.lower()}", at + 1, street.evidence)
    return street


def _road_number(norms: Sequence[str], at: int, lang: Lang, limit: int) -> tuple[str, int] | None:
    """The number of a highway, or of a road that is called county, state or farm road."""
    if norms[at - 1] not in _NUMBERED and not (
        norms[at - 1] in {"road", "rd"} and at >= 2 and norms[at - 2] in _BEFORE_NUMBERED_ROAD
    ):
        return None
    number = house_number_at(norms, at, lang, limit)
    return None if number is None else (number.text, number.last)


def _ordinal_text(value: int) -> str:
    teen = 10 <= value % 100 <= 20
    return f"{value}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th')}"


def _untyped(heard: Utterance, at: int, lang: Lang, limit: int, before: list[str], *, directed: bool) -> Street | None:
    """A street by its bare name: `611 birch`, `1600 north willow`. At most two words, the second one no everyday word."""
    norms = heard.norms
    if at >= limit:
        return None
    word = norms[at]
    ordinal = bare_ordinal_at(norms, at, lang) if directed else None
    if ordinal is not None:
        return Street(" ".join([*before, _ordinal_text(ordinal[0])]), at + ordinal[1], "directed")
    if not word[:1].isalpha() or len(word) < 3 or word in _QUANTITIES:
        return None
    district = len(word) > 6 and word.endswith(_STREET_ENDINGS) and not lexicon.is_ordinary(word, lang)
    known = word in _KNOWN or district
    if not known and lexicon.is_ordinary(word, lang):
        return None
    words = [*before, heard.tokens[at].text.lower()]
    at += 1
    if at < limit and not known and norms[at].isalpha() and len(norms[at]) > 2 and not lexicon.is_first_name(norms[at]):
        following = norms[at + 1] if at + 1 < limit else ""
        closed = not following.isalpha() or lexicon.is_ordinary(following, lang)
        if closed and not lexicon.is_ordinary(norms[at], lang):
            words.append(heard.tokens[at].text.lower())
            at += 1
    usual: Evidence = "everyday" if lexicon.is_ordinary(word, lang) else "named"
    return Street(" ".join(words), at, "directed" if directed else usual if known else "unknown")
