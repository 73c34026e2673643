"""What the learned heads see of an utterance, and what they say to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from receptionist.understanding.head import Features, Head, features
from receptionist.understanding.triage.kinds import Trade
from receptionist.understanding.triage.scene import Scene

ALARM_HEAD: Final = "triage_alarm"
CATEGORY_HEAD: Final = "triage_category"
URGENT_LABEL: Final = "urgent"
ROUTINE_LABEL: Final = "routine"

_MOST_CONCEPTS: Final = 24


def alarm_features(words: Sequence[str], scene: Scene) -> Features:
    """The words, the concepts that are said to be there, alone and in pairs, and those that are denied."""
    said = sorted(scene.said)
    return features(words, [*said, *("!" + name for name in sorted(scene.denied))], said[:_MOST_CONCEPTS])


def category_features(words: Sequence[str], scene: Scene, trade: Trade | None) -> Features:
    """The same without pairs, with the trade of the business that was called."""
    return features(words, [*sorted(scene.said), f"trade:{trade}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """The two heads of triage: is it urgent, and given that it is, of which kind."""

    alarm: Head
    category: Head

    @staticmethod
    def packaged() -> Heads:
        return Heads(alarm=Head.load(ALARM_HEAD), category=Head.load(CATEGORY_HEAD))

    def alarm_chance(self, words: Sequence[str], scene: Scene) -> float:
        """How likely it is an emergency."""
        return self.alarm.scores(alarm_features(words, scene))[URGENT_LABEL]

    def category_chances(self, words: Sequence[str], scene: Scene, trade: Trade | None) -> dict[str, float]:
        """Given that it is an emergency, of which kind."""
        return self.category.scores(category_features(words, scene, trade))
