"""Which language is spoken, and which one is asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from receptionist.understanding import lexicon
from receptionist.understanding.lookup import PhraseTable, word_set
from receptionist.understanding.text import Lang, Utterance

_OF_BOTH: Final = word_set("no me a he come once son has van pasa pan real final total control general")
_ACCENTS: Final = frozenset("áéíóúüñÁÉÍÓÚÜÑ")
_SIGNS: Final = frozenset("¿¡")
_ENOUGH: Final = 2
"""A word alone may be a name; two words of one language are a language."""
_ALONE: Final[dict[str, Lang]] = {
    **dict.fromkeys(word_set("yes yeah hello thanks english please okay sure monday tuesday help"), "en"),
    **dict.fromkeys(word_set("hola gracias espanol bueno buenas mande claro sí ayuda lunes martes emergencia"), "es"),
}

_WANTED: Final[PhraseTable[Lang]] = PhraseTable(
    {
        "in|speak|speaks|want|prefer|to|for|have|use|do|talk english": "en",
        "english please|speaker|now|instead": "en",
        "switch|change|go|back to english": "en",
        "ingles por|porfavor|porfa": "en",
        "en|para|hablo|habla|prefiero|quiero|hablan|mejor ingles": "en",
        "hable|hableme|hablar|continuar|seguir|digame en ingles": "en",
        "no hablo espanol": "en",
        "dont|not|no speak|understand|know spanish": "en",
        "dont|not|no speak|understand|know any|much|good spanish": "en",
        "in|speak|speaks|want|prefer|to|for|have|use|do|talk spanish": "es",
        "spanish please|speaker|now|instead": "es",
        "espanol por|porfavor|porfa|please": "es",
        "en|para|hablo|habla|prefiero|quiero|hablan|mejor|hable|pueden espanol": "es",
        "hable|hableme|hablar|continuar|seguir|digame en espanol": "es",
        "no hablo ingles": "es",
        "no hablo mucho|bien|nada|casi|de ingles": "es",
        "no entiendo|se ingles": "es",
        "no entiendo|se el|nada|mucho|bien ingles": "es",
        "dont|not|no speak|understand|know english": "es",
        "dont|not|no speak|understand|know any|much|good english": "es",
        "se habla espanol": "es",
    }
)
_STARTS: Final = _WANTED.starts()
_WHOLE: Final[dict[tuple[str, ...], Lang]] = {
    ("english",): "en",
    ("ingles",): "en",
    ("spanish",): "es",
    ("espanol",): "es",
    ("en", "espanol"): "es",
    ("en", "ingles"): "en",
}


@lru_cache(maxsize=1)
def _words_of_one() -> tuple[frozenset[str], frozenset[str]]:
    """The words that only English has, and those that only Spanish has: `no`, `me`, `come` and `once` are in neither."""
    english = lexicon.words("function_en") | lexicon.words("nouns_en")
    spanish = lexicon.words("function_es") | lexicon.words("nouns_es")
    return english - spanish - _OF_BOTH, spanish - english - _OF_BOTH


def detect(heard: Utterance) -> Lang | None:
    """The language of the words; None where they are too few or too mixed to tell."""
    only_english, only_spanish = _words_of_one()
    english = sum(norm in only_english for norm in heard.norms)
    spanish = sum(norm in only_spanish for norm in heard.norms)
    if not _ACCENTS.isdisjoint(heard.text):
        spanish += 1
    if not _SIGNS.isdisjoint(heard.text):
        spanish += _ENOUGH
    if max(english, spanish) >= _ENOUGH and english != spanish:
        return "en" if english > spanish else "es"
    words = [norm for norm in heard.norms if norm[:1].isalpha()]
    return _ALONE.get(words[0]) if len(words) == 1 else None


def wants_language(heard: Utterance) -> Lang | None:
    """The language that the caller asks for: `en español por favor`, `English please`, `I don't speak English`.

    The last one named wins; None where no language is asked for.
    """
    words = tuple(norm for norm in heard.norms if norm[:1].isalnum())
    found = _WHOLE.get(words)
    at = 0
    while at < len(words):
        hit = _WANTED.at(words, at) if words[at] in _STARTS else None
        if hit is not None:
            found = hit[0]
        at += 1 if hit is None else hit[1]
    return found
