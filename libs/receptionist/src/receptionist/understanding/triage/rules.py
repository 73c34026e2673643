"""Causes and effects that together make an emergency, and what takes it back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from receptionist.understanding.triage.kinds import Category
from receptionist.understanding.triage.lexicon import Hit, words_of
from receptionist.understanding.triage.scene import Scene

_WINDOW: Final = 12
"""How many words may lie between a cause and its effect."""

_TABLE: Final[Mapping[Category, str]] = {
    "gas": """
        released; gas smell; gas gas_odor; gas hiss; gas leak; gas broke; gas left_on; gas symptom; smell gas_odor;
        burner left_on; burner gas_odor; hiss smell; gas_odor symptom; gas_odor combustion; gas out_of_hand
    """,
    "carbon_monoxide": """
        co sounding; co symptom; co confirmed; co reading; alarm symptom; exhaust symptom; exhaust opened; exhaust
        smell; alarm reading; co high; exhaust smoke; exhaust sounding; combustion symptom; combustion sounding
        alarm; symptom better_out
    """,
    "electrical_fire_risk": """
        wiring spark; wiring smoke; wiring burning; wiring melted; wiring flame; wiring hot; wiring shock; buzz hot;
        wiring buzz hot; wiring buzz smell; appliance spark; appliance smoke; appliance burning; appliance melted;
        appliance flame; appliance shock; heater smoke; heater flame; heater burning; cooling smoke; surface smoke;
        surface spark; surface burning; burning; flame; spark; shock; warm_wall; smoke coming; smoke now; smoke
        urgent; shock touching; shock fixture; live_wire; surge wiring; water wiring coming; water wiring inside;
        leak wiring; escape wiring; hot smell
    """,
    "flood": """
        deluge -plain; water escape; fixture escape; surface escape; escape now; escape out_of_hand; escape
        helpless; escape inside; escape coming; leak out_of_hand; leak helpless; leak worse; leak inside; water coming
        inside; water coming surface; water coming helpless; water inside; water out_of_hand; mopping out_of_hand;
        mopping worse; bulge surface; bulge water; unstoppable
    """,
    "burst_pipe": """
        pipe burst; burst escape; pipe broke escape; pipe broke water; pipe broke coming; pipe broke now; pipe broke
        surface; pipe broke out_of_hand; pipe broke helpless; pipe broke inside; pipe broke urgent; pipe out_of_hand;
        broke water coming; froze broke; froze escape
    """,
    "sewage": """
        sewage upflow; sewage surface; sewage inside; sewer_back; every_drain upflow; drain upflow surface; drain
        upflow smell; drain drain upflow; every_drain frail; drain sewage; sewage broke; sewer inside;
        sewer sewage; every_drain dead; every_drain clog
    """,
    "no_heat_vulnerable": """
        no_heat frail; no_heat cold; no_heat low; no_heat age; heater dead frail; heater dead cold; heater dead low;
        heater dead age; heater cold frail; no_power cold
    """,
    "no_water": """
        no_water whole; no_water frail; no_water now -one_spot; no_water well; no_water urgent -one_spot; no_water
        -one_spot -other_people -opened -plain
    """,
    "other_urgent": """
        no_power life_support; dead life_support; life_support worse; life_support high; no_power frail; trapped
        lift; trapped frail; cooling dead frail; cooling dead heat_stress; cooling dead high; cooling heat_stress;
        cooling frail high; cooling symptom; heat_stress frail; alarm sounding; scald fixture; scald combustion;
        poison symptom
    """,
}


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    category: Category
    first: str
    others: tuple[str, ...]
    needs: frozenset[str]
    unless: frozenset[str]


def _compiled() -> dict[str, tuple[_Rule, ...]]:
    """The rules by their first concept."""
    rules: list[_Rule] = []
    for category, table in _TABLE.items():
        for text in table.split(";"):
            words = text.split()
            first, *others = (word for word in words if word[0] != "-")
            unless = frozenset(word[1:] for word in words if word[0] == "-")
            name = "+".join((first, *others))
            rules.append(_Rule(name, category, first, tuple(others), frozenset((first, *others)), unless))
    return {
        first: tuple(rule for rule in rules if rule.first == first)
        for first in dict.fromkeys(rule.first for rule in rules)
    }


_RULES: Final = _compiled()

_HELD: Final = ("over", "shut_off", "contained")
FIRM: Final = (*_HELD, "past", "other_people", "what_if", "chirp")
"""What takes an alarm back: it is over, held, long ago, somebody else's, only asked about, or a flat battery."""
FINAL: Final = ("ease", "spam")
"""What nothing else in the utterance outweighs: the caller says that it can wait, or sells something."""
MILD: Final = ("trade_talk", "wish", "asks", "worry")
"""What makes the rules leave it to the head: talk of prices and papers, of things to buy and to put in; questions."""

_NEVER_WAITS: Final = frozenset(("gas", "carbon_monoxide"))
_PATIENT: Final = frozenset(("wish", "ease"))
_PATIENTLY_ASKED: Final = _PATIENT | {"asks"}

_EFFECTS: Final = words_of(
    """
    released smell gas_odor hiss sounding symptom spark smoke burning flame hot melted shock escape leak
    inside bulge upflow sewer_back broke worse out_of_hand no_heat no_water cold
    """
)


_RETURNING: Final = _EFFECTS | words_of("dead burst deluge sewage")

_DANGERS: Final = _EFFECTS | words_of(
    """
    gas co alarm left_on reading confirmed better_out opened buzz surge live_wire mopping warm_wall deluge burst froze
    sewage sewer sewer_back every_drain low high no_power life_support trapped heat_stress scald poison water wiring
    pipe surface coming helpless lift exhaust burner heater cooling well combustion
    """
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules say: `alarms` that stand (rule name by category), and the reservations that hold.

    `dangers`: whether anything dangerous is named at all, be it too little for a rule.
    """

    alarms: Mapping[Category, str]
    suspected: Mapping[Category, str]
    reservations: tuple[str, ...]
    dangers: bool


def judge(scene: Scene) -> Findings:
    """Applies every rule. Linear in the length of the utterance."""
    said = scene.said
    present = said.keys()
    dangers = not _DANGERS.isdisjoint(said)
    suspected: dict[Category, str] = {}
    for concept in said:
        for rule in _RULES.get(concept, ()):
            if (
                rule.category not in suspected
                and rule.needs <= present
                and rule.unless.isdisjoint(present)
                and _together(said, rule)
            ):
                suspected[rule.category] = rule.name
    holding = tuple(name for name in (*FIRM, *FINAL, *MILD) if name in said and not _lifted(name, scene))
    if not holding:
        return Findings(suspected, suspected, (), dangers)
    alarms: dict[Category, str] = {}
    if _PATIENT.issuperset(holding) or ("ease" in holding and _PATIENTLY_ASKED.issuperset(holding)):
        # A caller who smells gas may be patient ("whenever you can"): the gas isn't.
        alarms = {category: name for category, name in suspected.items() if category in _NEVER_WAITS}
    return Findings(alarms, suspected, holding, dangers)


def _together(said: Mapping[str, tuple[Hit, ...]], rule: _Rule) -> bool:
    """Whether the concepts stand near each other, in different words."""
    return any(all(_near(said[other], anchor) for other in rule.others) for anchor in said[rule.first])


def _near(hits: Sequence[Hit], anchor: Hit) -> bool:
    # Few hits can start within the window, so this is constant work for each anchor.
    at = bisect_left(hits, anchor.start - _WINDOW, key=_start)
    while at < len(hits) and hits[at].start <= anchor.start + _WINDOW:
        if hits[at].end <= anchor.start or hits[at].start >= anchor.end:
            return True
        at += 1
    return False


def _start(hit: Hit) -> int:
    return hit.start


def _is_asserted(said: Mapping[str, tuple[Hit, ...]]) -> bool:
    """Whether a danger is told as it is, whatever question or wish stands around it: "can you come, there's sewage"."""
    asserted = said.get("asserts")
    return asserted is not None and any(said[effect][-1].end > asserted[0].start for effect in _RETURNING & said.keys())


def _lifted(name: str, scene: Scene) -> bool:
    """Whether later words take a reservation back: "you fixed it last year but now it's leaking again"."""
    said = scene.said
    if name in FINAL:
        return False
    if name == "chirp":
        return "symptom" in said
    if name == "other_people" and "only_us" in said:
        return True  # "no water, and the city says their side is fine"
    if name in MILD and _is_asserted(said):
        return True
    last = said[name][-1]
    effects = [said[effect][-1].start for effect in _EFFECTS & said.keys()]
    # "It's fixed now" is no turn of the tale, "last year, now it leaks" is.
    earliest = last.end + (name == "over")
    turn = next((hit.start for hit in said.get("turn", ()) if hit.start >= earliest), None)
    if turn is not None and max(effects, default=-1) >= turn:
        return True
    # Nor is "the pipe you fixed in May burst again" a thing of the past.
    if any(hit.start >= last.end for hit in said.get("anew", ())):
        newest = max((said[effect][-1].start for effect in _RETURNING & said.keys()), default=-1)
        if newest >= last.end:
            return True
    if name in _HELD:
        return any(hit.start > last.end for hit in said.get("out_of_hand", ()) + said.get("worse", ()))
    return "out_of_hand" in said or (name in MILD and "helpless" in said)
