"""Words that tell a person's name from ordinary talk: word lists beside this file, folded, loaded once on first use."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from receptionist.understanding.numbers import NUMBER_WORDS
from receptionist.understanding.text import Lang


@lru_cache(maxsize=16)
def words(name: str) -> frozenset[str]:
    """The words of the list `name`: first_names, surnames, function_en, function_es, nouns_en, nouns_es, plain_surnames."""
    return frozenset(files(__name__).joinpath(f"{name}.txt").read_text("utf-8").split())


@lru_cache(maxsize=4)
def _names() -> frozenset[str]:
    return words("first_names") | words("surnames")


@lru_cache(maxsize=4)
def _in_language(kind: str, lang: Lang) -> frozenset[str]:
    """The list of `lang`, and of the other language what is no name: callers mix, but `Marco` is no verb in English."""
    other = "en" if lang == "es" else "es"
    return words(f"{kind}_{lang}") | (words(f"{kind}_{other}") - _names())


def is_first_name(norm: str) -> bool:
    """Whether people are called so, whatever else the word means (`will`, `may`)."""
    return norm in words("first_names")


def is_surname(norm: str) -> bool:
    """Whether families are called so, whatever else the word means (`banks`, `luna`)."""
    return norm in words("surnames")


def is_function(norm: str, lang: Lang) -> bool:
    """Whether the word holds sentences together: pronouns, verbs of everyday, days, numbers. Never most of a name."""
    return norm in NUMBER_WORDS or _listed(norm, _in_language("function", lang))


def is_noun(norm: str, lang: Lang) -> bool:
    """Whether the word is a thing that callers of a trades business speak of."""
    return _listed(norm, _in_language("nouns", lang))


def is_ordinary(norm: str, lang: Lang) -> bool:
    """Whether the word is everyday talk, so that it takes a clear cue to hear it as a name."""
    return is_function(norm, lang) or is_noun(norm, lang)


def is_everyday(norm: str, lang: Lang) -> bool:
    """`is_ordinary`, and surnames that are colours, trades or landscapes: alone they are rarely a name (`it's black`)."""
    return norm in words("plain_surnames") or is_ordinary(norm, lang)


def _listed(norm: str, listed: frozenset[str]) -> bool:
    if norm in listed:
        return True
    if len(norm) < 5 or norm in _names():
        return False
    if norm.endswith("ies"):
        return norm[:-3] + "y" in listed
    return any(norm.endswith(ending) and norm[: -len(ending)] in listed for ending in ("s", "es", "ed", "ing", "ly"))
