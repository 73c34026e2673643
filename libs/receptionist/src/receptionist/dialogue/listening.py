"""From words to their meaning: the understanding, told what was asked."""

from __future__ import annotations

from receptionist.dialogue.masking import mask
from receptionist.dialogue.meaning import Meaning
from receptionist.dialogue.turn import Turn
from receptionist.understanding.text import read


def listen(text: str, turn: Turn) -> Meaning:
    """What these words mean as an answer to the open question."""
    utterance = read(mask(text))
    return Meaning(text=utterance.text, norms=utterance.norms)
