"""Is this call an emergency, and of which kind: rules over concepts, with a learned head beside them."""

from __future__ import annotations

from typing import Final

from receptionist.understanding.text import Lang, Utterance
from receptionist.understanding.triage.answers import answer_to
from receptionist.understanding.triage.kinds import CATEGORIES, SAFETY, URGENT, Category, Trade, Triage
from receptionist.understanding.triage.learned import Heads
from receptionist.understanding.triage.rules import FINAL, FIRM, Findings, judge
from receptionist.understanding.triage.scene import read_scene

__all__ = ["CATEGORIES", "SAFETY", "URGENT", "Category", "Heads", "Trade", "Triage", "triage", "triage_by"]

ALARM: Final = 0.45
"""From this chance on the head alone raises an alarm, when nothing speaks against one."""
UNNAMED: Final = 0.75
"""And from this one on where no word of danger is heard at all: most of what is said on a phone has none."""
MILDLY_DOUBTED: Final = 0.55
"""And from this one on when the caller also talks of prices or wishes."""
FIRMLY_DOUBTED: Final = 0.8
"""And from this one on when the caller also said that it is over, held, or long ago."""
FEWEST_WORDS: Final = 3
"""The head isn't asked about less than this: in "Y" or "no, two" it has nothing to go by."""
_LEAST_CHANCE: Final = 0.05
"""Below this a dangerous category needs more than one rule's word: "the knob's stripped" is said of baths, too."""
_TRUST_IN_RULES: Final = 6.0
"""How much likelier a category is once a rule has named it."""


def triage(heard: Utterance, *, lang: Lang | None, trade: Trade | None, prompt: str | None = None) -> Triage:
    """Judges one utterance; `prompt` is the question of ours that it answers, where there was one.

    The rules' alarms stand; the head may add one and never takes one away. Both languages are read together, as
    callers mix them, so `lang` decides nothing. Linear in the utterance's length.
    """
    del lang
    return triage_by(Heads.packaged(), heard, trade=trade, prompt=prompt)


def triage_by(heads: Heads, heard: Utterance, *, trade: Trade | None, prompt: str | None = None) -> Triage:
    """`triage` with other heads than the packaged ones, for measuring what was learned without a row."""
    words = heard.norms
    scene = read_scene(words)
    findings = judge(scene)
    chance = heads.alarm_chance(words, scene)
    if not findings.alarms:
        verdict, about = answer_to(prompt, words)
        if verdict == "danger":
            return Triage(emergency=True, category=about, score=chance, reasons=("answer",))
        if verdict == "no_danger":
            return Triage(emergency=False, category="none", score=chance, reasons=("answer",))
    raised = len(words) >= FEWEST_WORDS and is_raised(chance, findings)
    if not findings.alarms and not raised:
        return Triage(emergency=False, category="none", score=chance, reasons=findings.reservations)
    category = choose(heads.category_chances(words, scene, trade), findings)
    reasons = tuple(findings.alarms.values()) + (("head",) if raised else ())
    return Triage(emergency=True, category=category, score=chance, reasons=reasons)


def is_raised(chance: float, findings: Findings) -> bool:
    """Whether the head raises an alarm by itself."""
    held = findings.reservations
    if not findings.dangers and chance < UNNAMED:
        return False
    if not held:
        return chance >= ALARM
    if any(name in FINAL for name in held):
        return False
    return chance >= (FIRMLY_DOUBTED if any(name in FIRM for name in held) else MILDLY_DOUBTED)


def choose(chances: dict[str, float], findings: Findings) -> Category:
    """The category of an alarm: safety first where a rule found it, else the head's, leaning to what rules name."""
    for category in SAFETY:
        if category in findings.alarms and chances[category] >= _LEAST_CHANCE:
            return category
    named = findings.alarms or findings.suspected
    return max(URGENT, key=lambda category: chances[category] * (_TRUST_IN_RULES if category in named else 1.0))
