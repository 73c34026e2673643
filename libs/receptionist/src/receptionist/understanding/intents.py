"""What a caller wants: one of twelve purposes, from a learned head over words and what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from receptionist.understanding.head import Features, Head, features
from receptionist.understanding.intent_marks import marks, shape
from receptionist.understanding.text import Utterance

Intent = Literal[
    "book",
    "reschedule",
    "cancel",
    "hours",
    "price",
    "service_area",
    "human",
    "message",
    "status",
    "spam",
    "wrong_number",
    "other",
]

INTENTS: Final[tuple[Intent, ...]] = get_args(Intent)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentGuess:
    """The likeliest intent and how likely it is, from 0 to 1."""

    intent: Intent
    confidence: float


_COMMONNESS: Final[dict[Intent, float]] = {"book": 1.35, "status": 0.8, "other": 0.65}
"""How much commoner calls are than rows of the corpus, by half: most callers want a visit, and few mere talk."""
_DENIED: Final = 0.05
"""What is left of a cancellation after `don't cancel`."""
_NOTHING_SAID: Final = IntentGuess(intent="other", confidence=1.0)


def intent_features(heard: Utterance) -> Features:
    """What the head sees of an utterance; training uses the same."""
    return features(shape(heard), marks(heard))


def classify(heard: Utterance, head: Head | None = None) -> IntentGuess:
    """The intent of one utterance in either language; `other` where nothing was said.

    `head` stands in for the packaged one, for a cross-validation. A bare CANCEL by text message is an opt-out and never
    comes here.
    """
    words = shape(heard)
    if not words:
        return _NOTHING_SAID
    about = marks(heard)
    scores = (head or Head.load("intents")).scores(features(words, about))
    weighed = {intent: scores[intent] * _COMMONNESS.get(intent, 1.0) for intent in INTENTS}
    if "keeps" in about and "take_off" not in about:
        weighed["cancel"] *= _DENIED
    best = max(weighed, key=weighed.__getitem__)
    return IntentGuess(intent=best, confidence=weighed[best] / sum(weighed.values()))
