"""The caller's own name: told, introduced, spelled, or put at the beginning of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from receptionist.understanding import lexicon
from receptionist.understanding.lookup import word_set
from receptionist.understanding.name_case import cased, restored
from receptionist.understanding.name_claims import CLEAREST_FIRST, Claim, ClaimFinder
from receptionist.understanding.name_cues import ANSWERS, asks_for_name
from receptionist.understanding.name_words import TITLES, is_boundary, is_likely, is_name_word, name_end
from receptionist.understanding.spelling import (
    ALIKE,
    Spelled,
    likeness,
    named_letter,
    spelled_at,
    spelling_near,
    with_letter,
)
from receptionist.understanding.text import Lang, Utterance, fold, read
from receptionist.understanding.word_spans import Span

_REFUSALS: Final = word_set("no not nope wrong actually wait incorrect but")
_READ_BACK: Final = ("is your name", "i heard", "did you say", "that right", "su nombre es", "escuch\u00e9", "correct")
_SPELLING: Final = word_set("spelled spelt spell spelling escribe deletrea deletreo letras")
_LAST_NAME: Final = word_set("last surname apellido")
_LONGEST_ANSWER: Final = 3
"""An unknown word counts as a name when no more than so many words follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The caller's name, case restored (`DeShawn Carter`, `Officer Dunn`, `Maria De la Cruz`), and the words that said it."""

    text: str
    span: Span


def find_name(heard: Utterance, *, lang: Lang, prompt: str | None = None, exclude: Sequence[Span] = ()) -> Name | None:
    """The name of the person who speaks, or None; never that of someone they ask for, greet or tell of.

    A name spelled out corrects the one that was said (`stamm s t a double m`). After a `prompt` that asks for the name any
    short answer counts; after one that reads a name back (`Is your name Gary Whitfield?`) a partial correction (`it's
    larry with an l`) is put in its place. `exclude` holds the words of a phone number or an address.
    """
    if not heard.tokens:
        return None
    finder = ClaimFinder(heard, lang, sorted(exclude))
    proposed = _proposed(prompt) if prompt is not None else ()
    if proposed:
        return _corrected(heard, lang, finder, proposed)
    claims = finder.all()
    clear = any(claim.kind in {"told", "introduced"} for claim in claims)
    if prompt is not None and not clear and asks_for_name(prompt):
        answer = _answer(heard, lang, finder)
        if answer is not None:
            return answer
    return _best(heard, claims)


def _best(heard: Utterance, claims: Sequence[Claim]) -> Name | None:
    """The clearest of the claims, with what was spelled, and first and last name put together."""
    if not claims:
        return None
    first = next((claim for claim in claims if claim.first_name), None)
    last = next((claim for claim in claims if claim.last_name), None)
    single = [claim for claim in claims if len(claim.words) == 1 and claim not in (first, last)]
    given = first or (single[0] if last is not None and single else None)
    family = last or (single[0] if first is not None and single else None)
    if given is not None and family is not None:
        return _name((*given.words, *_spelled(heard, family)), family.span)
    chosen = first or last or min(claims, key=lambda claim: CLEAREST_FIRST.index(claim.kind))
    return _name(_spelled(heard, chosen), chosen.span)


def _answer(heard: Utterance, lang: Lang, finder: ClaimFinder) -> Name | None:
    """The name in the answer to a question for it."""
    at = _past(heard, ANSWERS)
    if at >= len(heard.norms):
        return None
    spelled = spelled_at(heard, at, len(heard.norms))
    if spelled is not None and len(spelled.letters) > 2:
        return _spelled_alone(heard, lang, finder, spelled)
    end = name_end(heard, at, lang, finder.limits[at], "told")
    if end == at:
        return None
    rest = heard.norms[end:]
    known = is_name_word(heard.norms[at], lang) or heard.norms[at] in TITLES
    if not known and len(rest) > _LONGEST_ANSWER and sum(len(word) == 1 for word in rest[:6]) < 2:
        return None
    if not known and "this" in heard.norms[:at] and not is_likely(heard.norms[at:end], lang):
        return None  # `this is ridiculous`
    claim = finder.claim(at, end, "told")
    return _name(_spelled(heard, claim), claim.span)


def _corrected(heard: Utterance, lang: Lang, finder: ClaimFinder, proposed: Sequence[str]) -> Name | None:
    """What the caller puts in place of the name that was read back to them, or None where they leave it."""
    at = _past(heard, ANSWERS | _REFUSALS)
    if at >= len(heard.norms):
        return None
    spelled = spelled_at(heard, at, len(heard.norms))
    if spelled is not None and len(spelled.letters) > 2:
        return _name(_in_place(proposed, spelled.letters), Span(spelled.first, spelled.last))
    if not _SPELLING.isdisjoint(heard.norms[at:]):
        spelled = spelling_near(heard, at, proposed)
        if spelled is not None:
            return _name(_half(heard, proposed, spelled.letters), Span(spelled.first, spelled.last))
    end = name_end(heard, at, lang, finder.limits[at], "told")
    if end == at:
        claim = next((claim for claim in finder.all() if claim.kind == "told"), None)
    else:
        claim = None if finder.is_somebody_else(end) else finder.claim(at, end, "told")
    if claim is None:
        return None
    words = _spelled(heard, claim)
    return _name(words if len(words) > 1 else _in_place(proposed, words[0]), claim.span)


def _spelled(heard: Utterance, claim: Claim) -> tuple[str, ...]:
    """The words of a name with the one in place that was spelled out behind it."""
    words = claim.words
    spelled = spelling_near(heard, claim.span.last, words)
    if spelled is None:
        letter = named_letter(heard, claim.span.last)
        return (*words[:-1], with_letter(words[-1], letter)) if letter else words
    letters = spelled.letters
    if letters[-1] in "iya" and letters[:-1] in {fold(word) for word in words}:
        # `b e n d e r i can`: the last letter is the next word.
        letters = letters[:-1]
    best = max(range(len(words)), key=lambda index: (likeness(letters, fold(words[index])), index))
    if likeness(letters, fold(words[best])) >= ALIKE:
        shaped = words[best] if fold(words[best]) == fold(letters) else letters
        words = (*words[:best], shaped, *words[best + 1 :])
    elif "last" in heard.norms[claim.span.last : spelled.first] and len(words) == 1:
        words = (*words, letters)
    end = spelled.last + 1
    if len(words) == 1 and end <= len(heard.norms):
        surname = heard.norms[spelled.last]
        known = lexicon.is_surname(surname) or (len(surname) > 2 and surname.isalpha() and is_likely((surname,), "en"))
        if known and is_boundary(heard, end, "en", len(heard.norms)):
            words = (*words, heard.tokens[spelled.last].text)
    return words


def _spelled_alone(heard: Utterance, lang: Lang, finder: ClaimFinder, spelled: Spelled) -> Name:
    words: tuple[str, ...] = (spelled.letters,)
    if spelled.last < len(heard.norms):
        end = name_end(heard, spelled.last, lang, finder.limits[spelled.last], "placed")
        words = (*words, *finder.claim(spelled.last, end, "told").words)
    return _name(words, Span(spelled.first, spelled.last))


def _past(heard: Utterance, passed: frozenset[str]) -> int:
    at = 0
    while at < len(heard.norms) and heard.norms[at] in passed:
        at += 1
    return at


def _name(words: Sequence[str], span: Span) -> Name:
    return Name(text=restored(words), span=span)


def _proposed(prompt: str) -> tuple[str, ...]:
    """The name that a question reads back: `I heard Gary Whitfield. Correct?` -> Gary, Whitfield; else nothing."""
    lower = prompt.lower()
    if not any(words in lower for words in _READ_BACK):
        return ()
    tokens = read(prompt).tokens
    run: list[str] = []
    for position, token in enumerate(tokens):
        begins = position == 0 or tokens[position - 1].text in ".?!\u00bf\u00a1"
        if token.text[0].isupper() and len(token.text) > 1 and not begins:
            run.append(token.text)
        elif _is_known(run):
            break
        else:
            run = []
    return tuple(run) if _is_known(run) else ()


def _is_known(run: Sequence[str]) -> bool:
    return any(lexicon.is_first_name(fold(word)) or lexicon.is_surname(fold(word)) for word in run)


def _half(heard: Utterance, proposed: Sequence[str], word: str) -> tuple[str, ...]:
    """The proposed name with the half in place that was said to be spelled so: `my last name is spelled ...`."""
    if len(proposed) > 1 and not _LAST_NAME.isdisjoint(heard.norms):
        return (*proposed[:-1], word)
    if len(proposed) > 1 and "first" in heard.norms:
        return (word, *proposed[1:])
    return _in_place(proposed, word)


def _in_place(proposed: Sequence[str], word: str) -> tuple[str, ...]:
    """The proposed name with `word` instead of its most similar part; `word` alone where nothing is similar."""
    best = max(range(len(proposed)), key=lambda index: likeness(fold(proposed[index]), fold(word)))
    if likeness(fold(proposed[best]), fold(word)) < ALIKE:
        return (word,)
    return (*proposed[:best], cased(word), *proposed[best + 1 :])
