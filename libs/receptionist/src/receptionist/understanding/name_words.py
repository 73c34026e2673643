"""Where the words of a person's name begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from receptionist.understanding import lexicon
from receptionist.understanding.lookup import word_set
from receptionist.understanding.name_case import PARTICLES, is_irish
from receptionist.understanding.text import Lang, Utterance

Trust = Literal["told", "introduced", "described", "placed"]
"""How clearly a name was announced: `my name is`, `this is`, `i'm` (or what one is), or only by where it stands."""

TITLES: Final = word_set(
    "officer mr mrs ms miss mister missus dr doctor pastor reverend rabbi father deputy sergeant captain lieutenant chief "
    "detective professor coach judge sister brother inspector don dona senor senora senorita sr sra srita ingeniero ingeniera "
    "licenciado licenciada doctora profesor profesora padre maestra maestro lic ing dra prof arq"
)
_ALSO_NOUNS: Final = word_set("father sister brother padre maestro maestra coach chief miss judge inspector")
"""Titles that are more often plain nouns: they count only before a known name."""
_SAINTS_AND_LANDS: Final = word_set(
    "cruz rosa garza torre torres fuente fuentes vega pena paz mora cerda huerta madrid riva rivas luz valle rio toro bosque "
    "campo carmen angel pilar rosario socorro o hoya parra serna vara leon jesus anda luna hoyos alba haro santiago santos "
    "reyes angeles monte moral castillo puerto"
)
BUSINESS: Final = word_set(
    "energy bank plumbing heating cooling hvac electric electrical services service insurance company co solutions supply inc "
    "llc corp department office offices hospital school church county city property properties management pharmacy restaurant "
    "hotel salon shop store apartments elementary university college county district construction realty solar roofing "
    "security home homes systems group associates financial medical dental clinic motors auto foods market cafe diner bakery "
    "brothers seguros banco restaurante farmacia daycare preschool academy motel rentals towing gym theater chapel temple"
)
_MONTHS: Final = word_set("january february march april may june july august september october november december")
_AFTER_INTRODUCTION: Final = word_set("from with calling here again at over i im ive , . - y de")
_AFTER_A_NAME: Final = word_set("from with over calling here again at de y")
_ENDINGS: Final = tuple(
    sorted(
        word_set(
            "ing ly ed tion ment ous able ful less ness ado ada ando iendo ico ica ista eme ame enme elo ele enle anle arme "
            "erme irme arle aron ieron amos emos imos"
        )
    )
)
"""An unknown word with such an ending is more likely an adjective or a verb than a name."""
STREETS: Final = word_set("street st avenue ave road rd lane boulevard blvd drive parkway highway calle avenida")
_MAX_WORDS: Final = 4
"""Particles (`de la`) not counted."""


def name_end(heard: Utterance, at: int, lang: Lang, limit: int, trust: Trust) -> int:
    """The end of the name whose first word is at `at`; `at` itself where there is none."""
    norms = heard.norms
    first = at
    titled = False
    while at < limit and norms[at] in TITLES and at - first < 2 and _opens(heard, at, lang, limit):
        titled = True
        at += 2 if at + 1 < limit and norms[at + 1] == "." else 1
    if at >= limit:
        return first
    start = at
    end = _first_word_end(heard, at, lang, limit, "told" if titled else trust)
    if end == at:
        return first
    while end < limit and sum(word not in PARTICLES for word in norms[start:end]) < _MAX_WORDS:
        following = _next_word_end(heard, start, end, lang, limit, trust)
        if following == end:
            break
        end = following
    if _is_possessive(heard, end - 1):
        return first
    if _is_street(norms, end, limit):
        return first
    if not titled and end < limit and norms[end] in BUSINESS and not _is_sure(norms, start, end):
        return first
    return end


def is_likely(norms: Sequence[str], lang: Lang) -> bool:
    """Whether words that are in no list look like a name: none of them is everyday talk or ends as verbs and adjectives do."""
    return all(
        word in PARTICLES
        or is_name_word(word, lang)
        or not (lexicon.is_everyday(word, lang) or word.endswith(_ENDINGS))
        for word in norms
    )


def is_name_word(norm: str, lang: Lang) -> bool:
    """Whether the word alone is a name and nothing else."""
    return (lexicon.is_first_name(norm) or lexicon.is_surname(norm)) and not lexicon.is_everyday(norm, lang)


def is_boundary(heard: Utterance, at: int, lang: Lang, limit: int) -> bool:
    """Whether a name can end before word `at`."""
    return at >= limit or not heard.norms[at][:1].isalpha() or lexicon.is_everyday(heard.norms[at], lang)


def _is_street(norms: Sequence[str], end: int, limit: int) -> bool:
    """Whether the words are the name of a street: `martin luther king street`."""
    return (end < limit and norms[end] in STREETS) or (
        end + 1 < limit and norms[end + 1] in STREETS and lexicon.is_surname(norms[end])
    )


def _is_sure(norms: Sequence[str], start: int, end: int) -> bool:
    return end - start > 1 and lexicon.is_first_name(norms[start])


def _opens(heard: Utterance, at: int, lang: Lang, limit: int) -> bool:
    """Whether the title at `at` is followed by somebody."""
    following = at + 2 if at + 1 < limit and heard.norms[at + 1] == "." else at + 1
    if following >= limit:
        return False
    word = heard.norms[following]
    if word in TITLES and heard.norms[at] not in _ALSO_NOUNS:
        return following + 1 < limit
    if heard.norms[at] in _ALSO_NOUNS:
        return is_name_word(word, lang)
    return _is_word(heard, following) and (is_name_word(word, lang) or not lexicon.is_everyday(word, lang))


def _is_word(heard: Utterance, at: int) -> bool:
    """Whether the token could be a word of a name: letters, more than one of them."""
    word = heard.norms[at]
    return len(word) > 1 and word.isalpha()


def _first_word_end(heard: Utterance, at: int, lang: Lang, limit: int, trust: Trust) -> int:
    norms = heard.norms
    word = norms[at]
    if word == "o" and at + 1 < limit and is_irish(norms[at + 1]):
        return at + 2
    if word in {"de", "del", "van", "von", "st", "mc", "mac", "la"} and trust == "told":
        past = _past_particles(heard, at, lang, limit)
        if past > at:
            return past
    if not _is_word(heard, at):
        return at
    known = lexicon.is_first_name(word) or lexicon.is_surname(word)
    ordinary = word in _MONTHS or lexicon.is_everyday(word, lang)
    end = _past_hyphen(heard, at, limit)
    if not ordinary:
        if known or trust == "told":
            return end
        likely = not word.endswith(_ENDINGS) and (
            trust == "placed" or _stands_as_name(heard, at, end, lang, limit, trust)
        )
        return end if likely else at
    if not known:
        return at
    if trust == "told" and (lexicon.is_first_name(word) or not lexicon.is_function(word, lang)):
        return end
    # A name that is also a word (will, grace, may) needs a surname behind it, or nothing that it could govern.
    if end < limit and is_name_word(norms[end], lang):
        second_given = lexicon.is_first_name(norms[end])
        if not second_given or (end + 1 < limit and is_name_word(norms[end + 1], lang)):
            return end
    if trust == "placed" or not lexicon.is_first_name(word) or word in _MONTHS:
        return at
    return end if end >= limit or norms[end] in _AFTER_INTRODUCTION else at


def _stands_as_name(heard: Utterance, at: int, end: int, lang: Lang, limit: int, trust: Trust) -> bool:
    """Whether an unknown word after `this is` or `i'm` is a name and no adjective: it has a surname or a place."""
    if heard.tokens[at].text[0].isupper() and at > 0:
        return True
    if end >= limit:
        return False
    following = heard.norms[end]
    if following in _AFTER_A_NAME or (trust == "introduced" and following in _AFTER_INTRODUCTION):
        return True
    return _is_word(heard, end) and not lexicon.is_everyday(following, lang)


def _next_word_end(heard: Utterance, start: int, end: int, lang: Lang, limit: int, trust: Trust) -> int:
    """The end of the next word of a name that began at `start`; `end` where the name is over."""
    norms = heard.norms
    word = norms[end]
    if _is_possessive(heard, end - 1):
        return end
    if word == "o" and end + 1 < limit and is_irish(norms[end + 1]):
        return end + 2
    if word in PARTICLES:
        past = _past_particles(heard, end, lang, limit)
        if past > end:
            return past
    if len(word) == 1 and word.isalpha() and end == start + 1 and word not in {"a", "i", "y", "e", "o"}:
        # A middle initial, and not the beginning of a spelling.
        if end + 1 < limit and is_name_word(norms[end + 1], lang):
            return end + 1
        return end
    if not _is_word(heard, end):
        return end
    ordinary = lexicon.is_everyday(word, lang)
    if end - start >= 2:
        given = lexicon.is_first_name(norms[end - 1]) or len(norms[end - 1]) == 1
        family = lexicon.is_surname(word) and not lexicon.is_first_name(word)
        # A third word in no list: the second surname in Spanish, else only after `this is` and the like.
        likely = (
            (trust != "placed" or lang == "es")
            and not word.endswith(_ENDINGS)
            and is_boundary(heard, end + 1, lang, limit)
        )
        return _past_hyphen(heard, end, limit) if not ordinary and (given or family or likely) else end
    if not ordinary:
        return _past_hyphen(heard, end, limit)
    surname = lexicon.is_surname(word) and not lexicon.is_function(word, lang)
    return end + 1 if surname and is_boundary(heard, end + 1, lang, limit) else end


def _past_particles(heard: Utterance, at: int, lang: Lang, limit: int) -> int:
    """The end of `de la cruz`, `van der berg`, `mc kay`, `st john` at `at`; `at` itself where none stands there."""
    norms = heard.norms
    end = at
    while end < limit and norms[end] in PARTICLES and end - at < 3:
        end += 1
    if end >= limit or end == at or not _is_word(heard, end):
        return at
    word = norms[end]
    if norms[at] in {"al", "bin", "abu"}:
        named = lexicon.is_surname(word)
    elif norms[at] in {"de", "del", "la", "las", "los"}:
        named = word in _SAINTS_AND_LANDS or (lexicon.is_surname(word) and not lexicon.is_everyday(word, lang))
    else:
        named = not lexicon.is_everyday(word, lang)
    return end + 1 if named else at


def _past_hyphen(heard: Utterance, at: int, limit: int) -> int:
    """The end of `anne-marie`, which is three tokens that touch."""
    touching = (
        at + 2 < limit
        and heard.norms[at + 1] == "-"
        and heard.tokens[at].end == heard.tokens[at + 1].start
        and heard.tokens[at + 1].end == heard.tokens[at + 2].start
        and _is_word(heard, at + 2)
    )
    return at + 3 if touching else at + 1


def _is_possessive(heard: Utterance, at: int) -> bool:
    text = heard.tokens[at].text.lower()
    return text.endswith(("'s", "\u2019s")) and len(text) > 3
