"""Is this call an emergency, and of which kind: rules over concepts, with a learned head beside them."""

from __future__ import annotations

from typing import Final

from receptionist.understanding.text import Lang, Utterance
from receptionist.understanding.triage.answers import answer_to
from receptionist.understanding.triage.kinds import CATEGORIES, SAFETY, URGENT, Category, Trade, Triage
from receptionist.understanding.triage.learned import alarm_chance, alarm_features, category_chances, category_features
from receptionist.understanding.triage.rules import Findings, judge
from receptionist.understanding.triage.scene import read_scene

__all__ = ["CATEGORIES", "SAFETY", "URGENT", "Category", "Trade", "Triage", "triage"]

ALARM: Final = 0.6
"""From this chance on the head alone raises an alarm, when nothing speaks against one."""
DOUBTED_ALARM: Final = 0.9
"""And from this one on when something does: the caller also said that it is over, or asked for a price."""
_TRUST_IN_RULES: Final = 6.0
"""How much likelier a category is once a rule has named it."""


def triage(heard: Utterance, *, lang: Lang | None, trade: Trade | None, prompt: str | None = None) -> Triage:
    """Judges one utterance; `prompt` is the question of ours that it answers, where there was one.

    The rules' alarms stand; the head may add one and never takes one away. Both languages are read together, as
    callers mix them; `lang` is only a hint. Linear in the utterance's length.
    """
    words = heard.norms
    scene = read_scene(words)
    findings = judge(scene)
    chance = alarm_chance(alarm_features(words, scene))
    if not findings.alarms:
        verdict, about = answer_to(prompt, words, scene)
        if verdict == "danger":
            return Triage(emergency=True, category=about, score=chance, reasons=("answer",))
        if verdict == "no_danger":
            return Triage(emergency=False, category="none", score=chance, reasons=("answer",))
    raised = is_raised(chance, findings)
    if not findings.alarms and not raised:
        return Triage(emergency=False, category="none", score=chance, reasons=findings.reservations)
    category = choose(category_chances(category_features(words, scene, trade)), findings)
    reasons = tuple(findings.alarms.values()) + (("head",) if raised else ())
    return Triage(emergency=True, category=category, score=chance, reasons=reasons)


def is_raised(chance: float, findings: Findings) -> bool:
    """Whether the head raises an alarm by itself."""
    if not findings.reservations:
        return chance >= ALARM
    return chance >= DOUBTED_ALARM and not {"ease", "spam"} & set(findings.reservations)


def choose(chances: dict[str, float], findings: Findings) -> Category:
    """The category of an alarm: safety first where a rule found it, else the head's, leaning to what rules name."""
    for category in SAFETY:
        if category in findings.alarms:
            return category
    named = findings.alarms or findings.suspected
    return max(URGENT, key=lambda category: chances[category] * (_TRUST_IN_RULES if category in named else 1.0))
