"""Writes names as their owners do: a recogniser hears `deshawn mckay`, the owner reads `DeShawn McKay`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from receptionist.understanding.lookup import word_set
from receptionist.understanding.text import fold

PARTICLES: Final = word_set("de del la las los van von der den di da dos du le st saint mc mac al bin abu")
"""Words that open a family name and don't stand alone."""
_LOWER_INSIDE: Final = word_set("la las los der den y")

_INNER_CAPITALS: Final = {
    word.lower(): word
    for word in word_set(
        "DeShawn DeShaun DeAndre DeAngelo DeMarcus DeQuan DeJuan LaShawn LaShonda LaToya LaTonya LaQuan LaDonna LaMarcus "
        "LeAnn LeBron MacArthur MacDonald MacDougall MacGregor MacIntyre MacLeod MacMillan MacNeil MacPherson MacAllister "
        "MacFarland MacKay DiMaggio DiNapoli DeSantis DeVries DeWitt LeBlanc LaRue LaSalle O'Brien O'Bryan O'Connor "
        "O'Connell O'Donnell O'Donoghue O'Dell O'Grady O'Hara O'Keefe O'Keeffe O'Leary O'Malley O'Meara O'Neal O'Neil "
        "O'Neill O'Reilly O'Rourke O'Shea O'Sullivan O'Toole D'Angelo D'Amico D'Souza III"
    )
}
_IRISH: Final = frozenset(fold(word)[1:] for word in _INNER_CAPITALS.values() if word.startswith("O'"))
_WITHOUT_APOSTROPHE: Final = {fold(word): word for word in _INNER_CAPITALS.values() if "'" in word}


def is_irish(norm: str) -> bool:
    """Whether an `o` before the word belongs to it: `o neil`."""
    return norm in _IRISH


def restored(words: Sequence[str]) -> str:
    """A name from its words as heard: capitals restored, and those kept that the caller typed."""
    shaped: list[str] = []
    joined = ""
    for position, word in enumerate(words):
        norm = fold(word)
        if norm == "o" and position + 1 < len(words) and is_irish(fold(words[position + 1])):
            joined = "O'"
            continue
        if norm in {"mc", "mac"} and position + 1 < len(words):
            joined = norm.capitalize()
            continue
        inside = position > 0 and norm in _LOWER_INSIDE and fold(words[position - 1]) in PARTICLES
        shaped.append(joined + (word.lower() if inside else cased(word)))
        joined = ""
    return " ".join(shaped)


def cased(word: str) -> str:
    """One word of a name: `o'neil` -> `O'Neil`, `mckay` -> `McKay`, `anne-marie` -> `Anne-Marie`, `McKay` stays."""
    word = word.replace("\u2019", "'")
    if "-" in word:
        return "-".join(cased(part) for part in word.split("-"))
    lower = word.lower()
    head, apostrophe, tail = lower.partition("'")
    if apostrophe and head in {"o", "d", "l"} and tail:
        return f"{head.upper()}'{tail.capitalize()}"
    if not word.islower() and not (word.isupper() and len(word) > 1):
        return word
    known = _INNER_CAPITALS.get(lower) or _WITHOUT_APOSTROPHE.get(lower)
    if known is not None:
        return known
    if lower.startswith("mc") and len(lower) > 4:
        return f"Mc{lower[2:].capitalize()}"
    return lower.capitalize()
