"""The places of an utterance that say who speaks: told, introduced, at the beginning, or signed at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from receptionist.understanding import lexicon
from receptionist.understanding.lookup import word_set
from receptionist.understanding.name_cues import (
    ARTICLES,
    CALLED,
    GREETINGS,
    OF_OTHERS,
    POSSESSIVES,
    RELATIONS,
    SPEAKING,
    cue_ends,
)
from receptionist.understanding.name_words import BUSINESS, TITLES, Trust, is_likely, is_name_word, name_end
from receptionist.understanding.numbers import NUMBER_WORDS, is_figure
from receptionist.understanding.spelling import ALIKE, likeness, spelled_at, spelling_near
from receptionist.understanding.text import Lang, Utterance
from receptionist.understanding.word_spans import Span

Kind = Literal["told", "introduced", "speaking", "called", "leading", "signed"]
CLEAREST_FIRST: Final[tuple[Kind, ...]] = ("told", "introduced", "speaking", "called", "leading", "signed")

_WITH: Final = word_set("from with at over de del")
_THANKS: Final = word_set("thanks thx thank gracias ty saludos regards cheers")
_WORD_LEFT: Final = word_set("say that tell him her them know que")
_CLOSING: Final = word_set(
    "please thanks am pm oclock today tomorrow monday tuesday wednesday thursday friday saturday sunday noon appointment visit favor "
    "gracias lunes martes miercoles jueves viernes sabado domingo hoy manana"
)
"""After these a whole name at the end, or before a number, is the caller's: `... friday please, ravi shah`."""
_BREATHS: Final = word_set(", . ; - \u2014 \u2013 and y").union({":"})
_SET_OFF: Final = 5
"""A name that stands alone between two breaths has no more words than this."""
_SIGNS: Final = word_set("- , \u2014 \u2013")
_OWN_TALK: Final = word_set(
    "i im ive id my we were weve here calling speaking from with mi quiero necesito ocupo soy vivo"
)
"""What people go on with after their name, and hardly after anything else."""
_PAUSES: Final = word_set("uh um eh este , :")
_SPEAKER: Final = SPEAKING | word_set("me my i im we our us")
_DOCTORS: Final = word_set("dr doctor dra doctora")
_SAID: Final = word_set("said told says quoted dijo")
_WANTS_TO: Final = frozenset({("wants", "to"), ("needs", "to"), ("would", "like")})
_CALL_TO: Final = word_set("call calls text back a llame hable")
_AT: Final = word_set("at al en on")


class Claim(NamedTuple):
    """A name as heard, and how it was announced; `first_name` and `last_name` where it was called one."""

    words: tuple[str, ...]
    span: Span
    kind: Kind
    first_name: bool = False
    last_name: bool = False


class ClaimFinder:
    """Searches one utterance. Every method is linear in its length; `exclude` is sorted."""

    def __init__(self, heard: Utterance, lang: Lang, exclude: Sequence[Span]) -> None:
        self._heard = heard
        self._norms = heard.norms
        self._lang: Lang = lang
        self._exclude = exclude
        self.limits = _limits(len(heard.norms), exclude)
        """For each word the end of the free stretch that it lies in; the word itself where it is taken."""

    def all(self) -> list[Claim]:
        """Every place that says who speaks, from left to right."""
        found = [claim for claim in (self._leading(),) if claim is not None]
        for at in range(len(self._norms)):
            cue = cue_ends(self._norms, at)
            if cue is not None and self.limits[at] > at:
                claim = self._after_cue(cue[0], cue[1], at + 1)
            elif self._norms[at] in CALLED and at > 0:
                claim = self._before_called(at)
            else:
                continue
            if claim is not None:
                found.append(claim)
        if not found:
            closing = self._signed() or self._closing() or self._before_taken() or self._beside_number()
            return [] if closing is None else [closing]
        return found

    def claim(self, first: int, last: int, kind: Kind) -> Claim:
        """The words from `first` up to `last` as a claim."""
        words = tuple(word.strip(".,:;!?") for word in self._heard.span(first, last).split())
        return Claim(tuple(word for word in words if word), Span(first, last), kind)

    def is_somebody_else(self, end: int) -> bool:
        """Whether what follows a name that ended before `end` tells of a third person."""
        following = self._word(end)
        if following in OF_OTHERS:
            return True
        return following in _WITH and any(word in _SAID for word in self._norms[end : end + 7])

    def _wants_to(self, end: int) -> bool:
        """`jerome fisk wants to cancel`: people speak so of themselves."""
        return (self._word(end), self._word(end + 1)) in _WANTS_TO

    def _word(self, at: int) -> str:
        return self._norms[at] if at < len(self._norms) else ""

    def _leading(self) -> Claim | None:
        """A name at the beginning: `deshawn carter can i`, `wes here`, `officer dunn`, `priya with beacon`."""
        at = 0
        while at < len(self._norms) and self._norms[at] in GREETINGS:
            at += 1
        if at >= len(self._norms) or self.limits[at] <= at:
            return None
        at = self._past_stutter(at)
        limit = self.limits[at]
        end = name_end(self._heard, at, self._lang, limit, "placed")
        if end == at or (self.is_somebody_else(end) and not self._wants_to(end)):
            return None
        words = self._norms[at:end]
        following = self._word(end)
        known = any(is_name_word(word, self._lang) for word in words)
        if following in SPEAKING and (known or len(words) <= 2):
            return self.claim(at, end, "speaking")
        spelled = spelling_near(self._heard, end, words)
        if spelled is not None and likeness(spelled.letters, words[-1]) >= ALIKE:
            return self.claim(at, end, "speaking")
        if len(words) == 1:
            believed = lexicon.is_first_name(words[0]) and (
                (following in _WITH and self._word(end + 1) not in {"your", "yalls", "you"})
                or limit == end < len(self._norms)
            )
        elif words[0] in TITLES:
            # Of doctors and their offices callers of every kind speak.
            own = words[0] not in _DOCTORS and (
                following in _OWN_TALK or following in _WITH or following in BUSINESS or following == "para"
            )
            believed = own or any(word in _SPEAKER for word in self._norms[end : end + 8])
        else:
            believed = lexicon.is_first_name(words[0]) or known or (following != "" and is_likely(words, self._lang))
        return self.claim(at, end, "leading") if believed else None

    def _after_cue(self, trust: Trust, cue: int, at: int) -> Claim | None:
        """The name behind the cue that begins with word `cue` and ends before `at`."""
        part = self._norms[cue - 1] if cue else ""
        first_name, last_name = part == "first", part == "last" or self._norms[cue] == "apellido"
        if trust in {"introduced", "described"}:
            at = self._past_relation(at)
        while at < len(self._norms) and self._norms[at] in _PAUSES:
            at += 1
        if at >= len(self._norms) or self.limits[at] <= at:
            return None
        at = self._past_stutter(at)
        kind: Kind = "told" if trust == "told" else "introduced"
        spelled = spelled_at(self._heard, at, self.limits[at]) if kind == "told" else None
        if spelled is not None and len(spelled.letters) > 2:
            return Claim((spelled.letters,), Span(at, spelled.last), kind, first_name, last_name)
        end = name_end(self._heard, at, self._lang, self.limits[at], trust)
        if end == at or not self._is_believed(trust, cue, at, end):
            return None
        return self.claim(at, end, kind)._replace(first_name=first_name, last_name=last_name)

    def _is_believed(self, trust: Trust, cue: int, at: int, end: int) -> bool:
        """Whether words behind a cue that doesn't always announce a name (`this is`, `it's`, `under`) are one."""
        if trust != "told" and self._word(end) == "right":
            # `this is rick right`: the name is the other side's.
            return False
        if any(is_name_word(word, self._lang) for word in self._norms[at:end]):
            return True
        if trust == "placed":
            return end - at > 1 and is_likely(self._norms[at:end], self._lang)
        if self._norms[cue] not in {"its", "it"} or self._norms[at] in TITLES:
            return True
        following = self._word(end)
        paired = end - at > 1 and (
            following == "again" or len(following) == 1 or self.limits[at] == end < len(self._norms)
        )
        return is_likely(self._norms[at:end], self._lang) and (following in _OWN_TALK or paired)

    def _past_stutter(self, at: int) -> int:
        """Past the first of `marcy marcy green` and `ed uh ed franklin`; `dee dee` stays."""
        norms = self._norms
        second = at + 2 if self._word(at + 1) in _PAUSES else at + 1
        if self._word(second) != norms[at] or len(norms[at]) < 2 or not lexicon.is_surname(self._word(second + 1)):
            return at
        return second

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

    def _before_called(self, called: int) -> Claim | None:
        """`say teo marsh rang`, `tell bill that stan called back`; not `rick called me`."""
        start = called - 1
        while start > 0 and called - start < 4 and self._norms[start - 1] not in _WORD_LEFT:
            start -= 1
        if start == 0 or self._norms[start - 1] not in _WORD_LEFT or self.limits[start] < called:
            return None
        if self._norms[start - 1] == "tell" and called - start > 1 and lexicon.is_first_name(self._norms[start]):
            # `tell mike gary called`
            start += 1
        if self._norms[called + 1 : called + 2] in (("me",), ("us",)):
            return None
        for first in range(start, called):
            end = name_end(self._heard, first, self._lang, called, "placed")
            if end == called and (first == start or lexicon.is_function(self._norms[start], self._lang)):
                return self.claim(first, end, "called")
        return None

    def _signed(self) -> Claim | None:
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
            if end == len(self._norms) and self.limits[at] == end and named:
                return self.claim(at, end, "signed")
        return None

    def _closing(self) -> Claim | None:
        """First and last name at the very end or right before a number: `cancel friday please luis herrera`."""
        for stop in (len(self._norms), *(span.first for span in self._exclude[:2])):
            for at in range(max(1, stop - 3), stop - 1):
                if not _closes(self._norms[at - 1]) or not lexicon.is_first_name(self._norms[at]):
                    continue
                end = name_end(self._heard, at, self._lang, stop, "placed")
                if end == stop and self.limits[at] >= end:
                    return self.claim(at, end, "signed")
        return None

    def _before_taken(self) -> Claim | None:
        """A name set off before an address or a number: `wednesday at ten? ann lee, 12 elm street`."""
        norms = self._norms
        for span in self._exclude:
            stop = span.first
            while stop > 0 and norms[stop - 1] in _BREATHS:
                stop -= 1
            start = stop
            while start > 0 and stop - start < _SET_OFF and norms[start - 1][:1].isalpha():
                start -= 1
            if start == stop or start == 0 or norms[start - 1] not in _BREATHS | {"?", "!"}:
                continue
            if name_end(self._heard, start, self._lang, stop, "placed") != stop:
                continue
            words = norms[start:stop]
            known = any(is_name_word(word, self._lang) for word in words)
            if known or (len(words) > 1 and is_likely(words, self._lang)):
                return self.claim(start, stop, "signed")
        return None

    def _beside_number(self) -> Claim | None:
        """`have the boss call arthur nwosu at three one two ...`: who is called back there is the caller."""
        norms = self._norms
        for span in self._exclude:
            stop = span.first - 1
            if stop < 2 or norms[stop] not in _AT:
                continue
            for start in range(max(1, stop - 3), stop):
                called = norms[start - 1] in _CALL_TO and any(
                    "call" in word for word in norms[max(0, start - 4) : start]
                )
                if called and name_end(self._heard, start, self._lang, stop, "placed") == stop:
                    return self.claim(start, stop, "called")
        return None


def _closes(word: str) -> bool:
    """Whether a sentence can end with this word, so that the name of who speaks comes behind it."""
    return word in _CLOSING or word in _SIGNS or word in NUMBER_WORDS or is_figure(word)


def _limits(count: int, exclude: Sequence[Span]) -> list[int]:
    limits = [count] * count
    limit = count
    spans = list(exclude)
    for at in range(count - 1, -1, -1):
        while spans and spans[-1].first > at:
            limit = spans.pop().first
        limits[at] = at if spans and at < spans[-1].last else limit
    return limits
