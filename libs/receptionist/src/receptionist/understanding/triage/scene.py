"""One utterance in concepts: what is said to be there, what is denied, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from receptionist.understanding.triage import figures, lexicon
from receptionist.understanding.triage.lexicon import Hit, words_of

_BREAKS: Final = frozenset(".;!?:,") | words_of(
    """
    but pero and y because cause porque so then except though although plus ahora now sino
    """
)
_DENIES: Final = words_of(
    """
    no not isnt arent wasnt werent dont doesnt didnt aint never nothing nothings nobody without neither
    nor hasnt havent sin ni nada nunca tampoco
    """
)
# What stands after a denial and takes it away: "don't know", "no idea", "not only", "no sé".
_NO_DENIAL: Final = words_of(
    """
    know sure only just even one idea clue matter doubt kidding lie want wanna sabemos se entiendo solo
    longer trying stop way able puedo podemos encuentro cierra para quiere quiero deja aguanto doy care
    like time help luck think
    """
)
# "No it's still running", "my carbon, no my gas detector": a new sentence.
_STARTS_ANEW: Final = words_of(
    """
    my i im its it the theres there we were this that hes shes they you
    """
)
# Concepts that may be told by denying something ("won't light", "no prende", "no puedo cerrar").
_DENYING: Final = frozenset(("dead", "out_of_hand", "helpless"))
_REACH: Final = 3
"""How many words a denial governs."""
_MOST: Final = 20
"""How many places of one concept are compared with another's: no caller says a thing more often."""
# These are about the time and the state of things; only a denial right before them counts ("not fixed").
_FIRM: Final = words_of(
    """
    now out_of_hand helpless better_out over shut_off contained ease past other_people what_if trade_talk spam urgent frail
    age worse chirp anew one_spot only_us asserts worry
    """
)


# (concept, concept in whose phrases it means nothing): "I can't shut it off" holds "shut it off", what "goes away when we
# leave" isn't over, and who asks what to do if it smells isn't helpless.
_INSIDE: Final = (
    *((held, loss) for held in ("shut_off", "over", "contained") for loss in ("out_of_hand", "helpless", "better_out")),
    ("out_of_hand", "what_if"),
    ("helpless", "what_if"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """`said` maps each concept to the places where it is affirmed, `denied` holds what is only denied."""

    said: dict[str, tuple[Hit, ...]]
    denied: frozenset[str]

    def has(self, *concepts: str) -> bool:
        return all(concept in self.said for concept in concepts)


def _denial_reach(words: Sequence[str], spent: frozenset[int]) -> list[int]:
    """For each word, how far a denial before it still reaches (0: none); `spent` ones belong to a phrase of their own."""
    reach = [0] * (len(words) + 1)
    left = 0
    for at, word in enumerate(words):
        reach[at] = left
        if word in _BREAKS:
            left = 0
        elif word in _DENIES and at not in spent:
            following = words[at + 1] if at + 1 < len(words) else ""
            # "no se" is "no sé" (I don't know) or "no se ..." (it doesn't): the word after tells.
            if following == "se" and word == "no":
                beyond = words[at + 2] if at + 2 < len(words) else ""
                left = 0 if beyond in ("si", "que", "de", "como", "donde", "por", "cuando", "") else _REACH + 1
            elif (following in _NO_DENIAL and word not in ("nothing", "nothings")) or (
                word == "no" and following in _STARTS_ANEW
            ):
                left = max(left - 1, 0)
            else:
                left = _REACH
        else:
            left = max(left - 1, 0)
    return reach


# What may stand before the first word that counts ...
_FILLERS: Final = words_of(
    """
    um uh uhm hi hello hey yes yeah so ok okay well just and good morning afternoon buenas buenos dias
    tardes oiga disculpe hola eh este pues bueno
    """
)
# ... and the first words of a question to the business: "does a policy cover a burst pipe".
_ASKS: Final = words_of(
    """
    can could do does is are would will how what whats where wheres why when should may which who
    cuanto pueden puede hacen es como que ponen cambian instalan tienen va cual ustedes
    """
)


_ASK_PAIRS: Final = (
    ("por", "que"), ("cuando", "puede"), ("cuando", "pueden"), ("cuando", "vienen"), ("cuando", "abren"), ("cuando", "es"),
)  # fmt: skip


def _question(words: Sequence[str]) -> Iterator[Hit]:
    first = next((at for at, word in enumerate(words[:8]) if word not in _FILLERS and word.isalpha()), None)
    if first is not None and (words[first] in _ASKS or tuple(words[first : first + 2]) in _ASK_PAIRS):
        yield Hit("asks", first, first + 1)


_NO_CONTRARY: Final = words_of("want need have like wanna quiero necesito tengo puedo quisiera")


def _contradicts(hit: Hit, words: Sequence[str]) -> bool:
    """Whether the hit is the end of "my husband doesn't smell it but I do": what stands before is there after all."""
    return hit.concept == "contrary" and (hit.end == len(words) or words[hit.end] not in _NO_CONTRARY)


def _start(hit: Hit) -> int:
    return hit.start


def _drop_inside(said: dict[str, list[Hit]], within: str, without: str) -> None:
    """Forgets the hits of `within` that lie across one of `without`."""
    outer = said.get(without, ())[:_MOST]
    if within in said and outer:
        free = [hit for hit in said[within] if all(hit.end <= out.start or hit.start >= out.end for out in outer)]
        if free:
            said[within] = free
        else:
            del said[within]


def read_scene(words: Sequence[str]) -> Scene:
    """Finds the concepts in folded words. Linear in their number."""
    hits = [*lexicon.packaged().find(words), *figures.find(words), *_question(words)]
    hits.sort(key=_start)
    # "no prende el calentón": the denial is of the lighting, the heater is there.
    reach = _denial_reach(words, frozenset(hit.start for hit in hits if hit.concept in _DENYING))
    said: dict[str, list[Hit]] = {}
    denied: set[str] = set()
    contradicted = max((hit.start for hit in hits if _contradicts(hit, words)), default=-1)
    for hit in hits:
        if (
            hit.start >= contradicted
            and reach[hit.start] >= (_REACH if hit.concept in _FIRM else 1)
            and words[hit.start] not in _DENIES
        ):
            denied.add(hit.concept)
        else:
            said.setdefault(hit.concept, []).append(hit)
    for within, without in _INSIDE:
        _drop_inside(said, within, without)
    # A switch that "won't turn on" isn't a valve that "won't turn".
    longer = {hit.start: hit.end for hit in said.get("dead", ())}
    stuck = [hit for hit in said.get("helpless", ()) if longer.get(hit.start, 0) <= hit.end]
    if stuck:
        said["helpless"] = stuck
    else:
        said.pop("helpless", None)
    return Scene({concept: tuple(hits) for concept, hits in said.items()}, frozenset(denied - said.keys()))
