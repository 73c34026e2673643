"""The caller's own name: told, introduced, spelled, or put at the beginning of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from receptionist.understanding import lexicon
from receptionist.understanding.lookup import word_set
from receptionist.understanding.name_case import cased, restored
from receptionist.understanding.name_cues import (
    ANSWERS,
    ARTICLES,
    CALLED,
    GREETINGS,
    OF_OTHERS,
    POSSESSIVES,
    RELATIONS,
    SPEAKING,
    asks_for_name,
    cue_ends,
)
from receptionist.understanding.name_words import (
    BUSINESS,
    TITLES,
    Trust,
    is_boundary,
    is_likely,
    is_name_word,
    name_end,
)
from receptionist.understanding.spelling import Spelled, likeness, spelled_at, with_letter
from receptionist.understanding.text import Lang, Utterance, fold, read
from receptionist.understanding.word_spans import Span

_RANK: Final[dict[str, int]] = {"told": 0, "introduced": 1, "speaking": 2, "called": 3, "leading": 4, "signed": 5}
_WITH: Final = word_set("from with at over de del")
_THANKS: Final = word_set("thanks thx thank gracias ty saludos regards cheers")
_WORD_LEFT: Final = word_set("say that tell him her them know que")
_CLOSING: Final = word_set(
    "please thanks today tomorrow monday tuesday wednesday thursday friday saturday sunday noon appointment visit favor gracias "
    "lunes martes miercoles jueves viernes sabado domingo hoy manana"
)
"""After these a whole name at the end, or before a number, is the caller's: `... friday please, ravi shah`."""
_SIGNS: Final = word_set("- , \u2014 \u2013")
_OWN_TALK: Final = word_set("i im ive id my we were weve here calling speaking from with mi quiero necesito ocupo soy vivo")
"""What people go on with after their name, and hardly after anything else."""
_ALIKE: Final = 0.5
_LATE_CLAIM: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The caller's name, case restored (`DeShawn Carter`, `Officer Dunn`, `Maria De la Cruz`), and the words that said it."""

    text: str
    span: Span


class _Heard(NamedTuple):
    words: tuple[str, ...]
    span: Span
    rank: int
    first_name: bool = False
    last_name: bool = False


def find_name(
    heard: Utterance, *, lang: Lang, prompt: str | None = None, exclude: Sequence[Span] = ()
) -> Name | None:
    """The name of the person who speaks, or None; never that of someone they ask for, greet or tell of.

    A name spelled out corrects the one that was said (`stamm s t a double m`). After a `prompt` that asks for the name any
    short answer counts; after one that reads a name back (`Is your name Gary Whitfield?`) a partial correction (`it's
    larry with an l`) is put in its place. `exclude` holds the words of a phone number or an address.
    """
    if not heard.tokens:
        return None
    reader = _Reader(heard, lang, sorted(exclude))
    proposed = _proposed(prompt) if prompt is not None else ()
    if proposed:
        return reader.correction(proposed)
    found = reader.announced()
    if prompt is not None and asks_for_name(prompt) and not any(one.rank <= _RANK["introduced"] for one in found):
        answer = reader.answer()
        if answer is not None:
            return answer
    return reader.best(found)


class _Reader:
    """One utterance being searched. Every method is linear in it."""

    def __init__(self, heard: Utterance, lang: Lang, exclude: Sequence[Span]) -> None:
        self._heard = heard
        self._norms = heard.norms
        self._lang: Lang = lang
        self._exclude = exclude
        self._ends = self._limits()

    def _limits(self) -> list[int]:
        """For each word the end of the free stretch that it lies in; the word itself where it is taken."""
        count = len(self._norms)
        ends = [count] * count
        for span in reversed(self._exclude):
            for at in range(min(span.last, count)):
                ends[at] = min(ends[at], span.first if at < span.first else at)
            if span.first > _LATE_CLAIM * 8:
                break
        return ends

    def announced(self) -> list[_Heard]:
        """Every place that says who speaks."""
        found: list[_Heard] = []
        leading = self._leading()
        if leading is not None:
            found.append(leading)
        for at in range(len(self._norms)):
            cue = cue_ends(self._norms, at)
            if cue is not None and self._ends[at] > at:
                told = self._after_cue(cue[0], cue[1], at + 1)
                if told is not None:
                    found.append(told)
            elif self._norms[at] in CALLED and at > 0:
                caller = self._before_called(at)
                if caller is not None:
                    found.append(caller)
        if not found:
            signed = self._signed() or self._closing() or self._beside_number()
            if signed is not None:
                found.append(signed)
        return found

    def best(self, found: Sequence[_Heard]) -> Name | None:
        """The clearest of the names found, with what was spelled, and first and last name put together."""
        if not found:
            return None
        first = next((one for one in found if one.first_name), None)
        last = next((one for one in found if one.last_name), None)
        chosen = min(found, key=lambda one: one.rank)
        if first is not None:
            family = last or next((one for one in found if one is not first and len(one.words) == 1), None)
            if family is not None:
                return self._name((*first.words, *self._spelled(family)), family.span)
            chosen = first
        elif last is not None:
            given = next((one for one in found if one is not last and len(one.words) == 1), None)
            if given is not None:
                return self._name((*given.words, *self._spelled(last)), last.span)
            chosen = last
        return self._name(self._spelled(chosen), chosen.span)

    def answer(self) -> Name | None:
        """The name in the answer to a question for it."""
        at = self._past(ANSWERS, 0)
        if at >= len(self._norms):
            return None
        spelled = spelled_at(self._heard, at, len(self._norms))
        if spelled is not None and len(spelled.letters) > 2:
            return self._spelled_alone(spelled)
        end = name_end(self._heard, at, self._lang, self._ends[at], "told")
        if end == at:
            return None
        rest = self._norms[end:]
        alone = is_name_word(self._norms[at], self._lang) or self._norms[at] in TITLES
        if not alone and len(rest) > 3 and not _is_spelling(rest):
            return None
        one = _Heard(self._words(at, end), Span(at, end), _RANK["told"])
        return self._name(self._spelled(one), one.span)

    def correction(self, proposed: Sequence[str]) -> Name | None:
        """What the caller puts in place of the name that was read back to them, or None where they leave it."""
        at = self._past(ANSWERS | word_set("no not nope wrong actually wait incorrect but"), 0)
        if at >= len(self._norms):
            return None
        spelled = spelled_at(self._heard, at, len(self._norms))
        if spelled is not None and len(spelled.letters) > 2:
            return self._name(_in_place(proposed, spelled.letters), Span(spelled.first, spelled.last))
        end = name_end(self._heard, at, self._lang, self._ends[at], "told")
        if end == at or self._is_somebody_else(end):
            return None
        spoken = _Heard(self._words(at, end), Span(at, end), _RANK["told"])
        words = self._spelled(spoken)
        if len(words) == 1:
            words = _in_place(proposed, words[0])
        return self._name(words, spoken.span) if words else None

    def _leading(self) -> _Heard | None:
        """A name at the beginning: `deshawn carter can i`, `wes here`, `officer dunn`, `priya with beacon`."""
        at = self._past(GREETINGS, 0)
        if at >= len(self._norms) or self._ends[at] <= at:
            return None
        limit = self._ends[at]
        end = name_end(self._heard, at, self._lang, limit, "placed")
        if end == at or self._is_somebody_else(end):
            return None
        words = self._norms[at:end]
        following = self._norms[end] if end < len(self._norms) else ""
        first, known = words[0], any(is_name_word(word, self._lang) for word in words)
        if following in SPEAKING and (known or len(words) <= 2):
            return _Heard(self._words(at, end), Span(at, end), _RANK["speaking"])
        spelled = self._spelling_near(end, words)
        if spelled is not None and likeness(spelled.letters, words[-1]) >= _ALIKE:
            return _Heard(self._words(at, end), Span(at, end), _RANK["speaking"])
        near = self._norms[end : end + 6]
        titled = (
            first in TITLES
            and len(words) > 1
            and (following in _OWN_TALK or following in _WITH or following in BUSINESS or any(word in SPEAKING for word in near))
        )
        paired = len(words) > 1 and first not in TITLES and (lexicon.is_first_name(first) or known or (following != "" and is_likely(words, self._lang)))
        placed = len(words) == 1 and lexicon.is_first_name(first) and following in _WITH and not self._is_your(end + 1)
        beside = len(words) == 1 and lexicon.is_first_name(first) and end < len(self._norms) and limit == end
        if titled or paired or placed or beside:
            return _Heard(self._words(at, end), Span(at, end), _RANK["leading"])
        return None

    def _after_cue(self, trust: Trust, cue: int, at: int) -> _Heard | None:
        if at >= len(self._norms):
            return None
        part = self._norms[cue - 1] if cue else ""
        whose = (part == "first", part == "last" or self._norms[at - 1] == "apellido")
        if trust == "introduced":
            at = self._past_relation(at)
            if at >= len(self._norms):
                return None
        while at < len(self._norms) and self._norms[at] in {"uh", "um", "eh", "este", ",", ":"}:
            at += 1
        if at >= len(self._norms) or self._ends[at] <= at:
            return None
        spelled = spelled_at(self._heard, at, self._ends[at])
        rank = _RANK["introduced" if trust != "told" else "told"]
        if spelled is not None and len(spelled.letters) > 2 and trust == "told":
            return _Heard((spelled.letters,), Span(at, spelled.last), rank, *whose)
        end = name_end(self._heard, at, self._lang, self._ends[at], trust)
        if end == at:
            return None
        known = any(is_name_word(word, self._lang) for word in self._norms[at:end])
        placed = trust == "placed" and (end - at < 2 or not is_likely(self._norms[at:end], self._lang))
        if not known and (placed or (self._norms[cue] in {"its", "it"} and not self._is_sure(at, end))):
            return None
        if trust == "introduced" and self._norms[end : end + 1] == ("right",):
            # `this is rick right`: the name is the other side's.
            return None
        return _Heard(self._words(at, end), Span(at, end), rank, *whose)

    def _is_sure(self, at: int, end: int) -> bool:
        """Whether unknown words after `it's` are a name: by a title, or by what people go on with."""
        if self._norms[at] in TITLES:
            return True
        following = self._norms[end] if end < len(self._norms) else ""
        paired = end - at > 1 and (following == "again" or self._ends[at] == end < len(self._norms) or len(following) == 1)
        return is_likely(self._norms[at:end], self._lang) and (following in _OWN_TALK or paired)

    def _past_relation(self, at: int) -> int:
        """Past `mike's wife`, `her daughter`, `su vecina`, `la` before a title: the name of who speaks comes after it."""
        norms = self._norms
        if at + 1 >= len(norms):
            return at
        if norms[at] in ARTICLES and norms[at + 1] in TITLES:
            return at + 1
        possessive = norms[at] in POSSESSIVES or self._heard.tokens[at].text.lower().endswith(("'s", "\u2019s"))
        if possessive and norms[at + 1] in RELATIONS:
            past = at + 2
            while past < len(norms) and norms[past] in RELATIONS | {","}:
                past += 1
            return past
        return at

    def _before_called(self, called: int) -> _Heard | None:
        """`say teo marsh rang`, `tell bill that stan called back`; not `rick called me`."""
        start = called - 1
        while start > 0 and called - start < 4 and self._norms[start - 1] not in _WORD_LEFT:
            start -= 1
        if start == 0 or self._norms[start - 1] not in _WORD_LEFT or self._ends[start] < called:
            return None
        if self._norms[start - 1] == "tell" and called - start > 1 and lexicon.is_first_name(self._norms[start]):
            # `tell mike gary called`
            start += 1
        if self._norms[called + 1 : called + 2] in (("me",), ("us",)):
            return None
        for first in range(start, called):
            end = name_end(self._heard, first, self._lang, called, "placed")
            if end == called and (first == start or lexicon.is_function(self._norms[start], self._lang)):
                return _Heard(self._words(first, end), Span(first, end), _RANK["called"])
        return None

    def _signed(self) -> _Heard | None:
        """A name under a written message: `... thx, Corinne`."""
        for size in (1, 2, 3):
            at = len(self._norms) - size
            if at < 2 or self._norms[at - 1] not in _SIGNS:
                continue
            thanked = any(word in _THANKS for word in self._norms[max(0, at - 4) : at])
            if not thanked and self._norms[at - 1] == ",":
                continue
            end = name_end(self._heard, at, self._lang, len(self._norms), "placed")
            named = is_name_word(self._norms[at], self._lang) or self._heard.tokens[at].text[:1].isupper()
            if end == len(self._norms) and self._ends[at] == end and named:
                return _Heard(self._words(at, end), Span(at, end), _RANK["signed"])
        return None

    def _closing(self) -> _Heard | None:
        """First and last name at the very end or right before a number: `cancel friday please luis herrera`."""
        for stop in (len(self._norms), *(span.first for span in self._exclude[:2])):
            for at in range(max(1, stop - 3), stop - 1):
                if self._norms[at - 1] not in _CLOSING | _SIGNS or not lexicon.is_first_name(self._norms[at]):
                    continue
                end = name_end(self._heard, at, self._lang, stop, "placed")
                if end == stop and self._ends[at] >= end:
                    return _Heard(self._words(at, end), Span(at, end), _RANK["signed"])
        return None

    def _beside_number(self) -> _Heard | None:
        """`have the boss call arthur nwosu at three one two ...`: who is called back there is the caller."""
        norms = self._norms
        for span in self._exclude:
            before = span.first - 1
            if before < 2 or norms[before] not in {"at", "al", "en", "on"}:
                continue
            for start in range(before - 1, max(-1, before - 4), -1):
                if start and norms[start - 1] in {"call", "calls", "text", "back", "a", "llame", "hable"} and "call" in " ".join(
                    norms[max(0, start - 4) : start]
                ):
                    end = name_end(self._heard, start, self._lang, before, "placed")
                    if end == before:
                        return _Heard(self._words(start, end), Span(start, end), _RANK["called"])
        return None

    def _spelled(self, one: _Heard) -> tuple[str, ...]:
        """The words of a name with the one in place that was spelled out behind it."""
        words = one.words
        spelled = self._spelling_near(one.span.last, words)
        if spelled is None:
            letter = self._with_letter(one.span.last)
            return (*words[:-1], with_letter(words[-1], letter)) if letter else words
        letters = spelled.letters
        if letters[-1:] in {"i", "y", "a"} and letters[:-1] in {fold(word) for word in words}:
            # `b e n d e r i can`: the last letter is the next word.
            spelled = spelled._replace(letters=letters[:-1])
        best = max(range(len(words)), key=lambda index: (likeness(spelled.letters, fold(words[index])), index))
        if likeness(spelled.letters, fold(words[best])) >= _ALIKE:
            shaped = words[best] if fold(words[best]) == fold(spelled.letters) else spelled.letters
            words = (*words[:best], shaped, *words[best + 1 :])
        elif "last" in self._norms[one.span.last : spelled.first] and len(words) == 1:
            words = (*words, spelled.letters)
        if len(words) == 1 and spelled.last < len(self._norms):
            end = spelled.last + 1
            if lexicon.is_surname(self._norms[end - 1]) and is_boundary(self._heard, end, self._lang, len(self._norms)):
                words = (*words, *self._words(spelled.last, end))
        return words

    def _spelling_near(self, at: int, words: Sequence[str]) -> Spelled | None:
        """The spelling that follows a name within a few words (`that's`, `no sorry`), best one that resembles it."""
        limit = min(len(self._norms), at + 14)
        first: Spelled | None = None
        while at < limit:
            spelled = spelled_at(self._heard, at, len(self._norms))
            if spelled is not None and len(spelled.letters) > 2:
                if any(likeness(spelled.letters, fold(word)) >= _ALIKE for word in words):
                    return spelled
                first = first or spelled
            at = spelled.last if spelled is not None else at + 1
        return first

    def _with_letter(self, at: int) -> str:
        """The letter of `with an e`, `con y griega`, right behind a name."""
        norms = self._norms
        if at + 2 < len(norms) and norms[at] == "with" and norms[at + 1] in {"a", "an"} and len(norms[at + 2]) == 1:
            return norms[at + 2]
        if at + 1 < len(norms) and norms[at] == "con" and len(norms[at + 1]) == 1:
            return norms[at + 1]
        return ""

    def _spelled_alone(self, spelled: Spelled) -> Name:
        words: tuple[str, ...] = (spelled.letters,)
        if spelled.last < len(self._norms):
            end = name_end(self._heard, spelled.last, self._lang, self._ends[spelled.last], "placed")
            if end > spelled.last:
                words = (*words, *self._words(spelled.last, end))
        return self._name(words, Span(spelled.first, spelled.last))

    def _past(self, passed: frozenset[str], at: int) -> int:
        while at < len(self._norms) and self._norms[at] in passed:
            at += 1
        return at

    def _is_somebody_else(self, end: int) -> bool:
        """Whether what follows a name tells of a third person or asks for them."""
        following = self._norms[end] if end < len(self._norms) else ""
        if following in OF_OTHERS:
            return True
        return following in _WITH and any(word in {"said", "told", "says", "quoted", "dijo"} for word in self._norms[end : end + 7])

    def _is_your(self, at: int) -> bool:
        return at < len(self._norms) and self._norms[at] in {"your", "yalls", "you"}

    def _words(self, first: int, last: int) -> tuple[str, ...]:
        return tuple(word.strip(".,:;!?") for word in self._heard.span(first, last).split())

    @staticmethod
    def _name(words: Sequence[str], span: Span) -> Name:
        return Name(text=restored([word for word in words if word]), span=span)


def _is_spelling(norms: Sequence[str]) -> bool:
    return sum(len(word) == 1 for word in norms[:6]) >= 2


def _proposed(prompt: str) -> tuple[str, ...]:
    """The name that a question reads back: `I heard Gary Whitfield. Correct?` -> Gary, Whitfield; else nothing."""
    tokens = read(prompt).tokens
    lower = prompt.lower()
    if not any(words in lower for words in ("is your name", "i heard", "did you say", "that right", "su nombre es", "escuché", "correct")):
        return ()
    run: list[str] = []
    for position, token in enumerate(tokens):
        name = token.text[0].isupper() and len(token.text) > 1 and position > 0 and tokens[position - 1].text not in ".?!\u00bf\u00a1"
        if name:
            run.append(token.text)
        elif run:
            break
    return tuple(run) if any(lexicon.is_first_name(fold(word)) or lexicon.is_surname(fold(word)) for word in run) else ()


def _in_place(proposed: Sequence[str], word: str) -> tuple[str, ...]:
    """The proposed name with `word` instead of its most similar part; `word` alone where nothing is similar."""
    best = max(range(len(proposed)), key=lambda index: likeness(fold(proposed[index]), fold(word)))
    if likeness(fold(proposed[best]), fold(word)) < _ALIKE:
        return (word,)
    return (*proposed[:best], cased(word), *proposed[best + 1 :])
