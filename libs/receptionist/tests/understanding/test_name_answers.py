"""Answers to the question for the name, and corrections of a name that was read back."""

from __future__ import annotations

import pytest

from receptionist.understanding.names import find_name
from receptionist.understanding.text import Lang, read

ANSWERS: list[tuple[str, Lang, str | None]] = [
    ("gary whitfield", "en", "Gary Whitfield"),
    ("gary", "en", "Gary"),
    ("it's gary", "en", "Gary"),
    ("uh yeah it's gary whitfield", "en", "Gary Whitfield"),
    ("sure gary whitfield and i need you today", "en", "Gary Whitfield"),
    ("zbigniew", "en", "Zbigniew"),
    ("nkechi obiora", "en", "Nkechi Obiora"),
    ("will", "en", "Will"),
    ("joy", "en", "Joy"),
    ("mrs patterson", "en", "Mrs Patterson"),
    ("g a r y", "en", "Gary"),
    ("whitfield w h i t f i e l d", "en", "Whitfield"),
    ("that's kowalski k o w a l s k i", "en", "Kowalski"),
    ("o'neil", "en", "O'Neil"),
    ("de la cruz", "en", "De la Cruz"),
    ("my name is gary", "en", "Gary"),
    ("óscar luna", "es", "Óscar Luna"),
    ("soy óscar", "es", "Óscar"),
    ("sí claro óscar luna", "es", "Óscar Luna"),
    ("me llamo xóchitl", "es", "Xóchitl"),
    ("why do you need it", "en", None),
    ("no thanks", "en", None),
    ("what", "en", None),
    ("hold on", "en", None),
    ("i already told you", "en", None),
    ("the water heater is leaking", "en", None),
    ("i just need a plumber", "en", None),
    ("can i talk to rick", "en", None),
    ("fifty eight", "en", None),
    ("yes", "en", None),
    ("tomorrow", "en", None),
    ("para qué", "es", None),
    ("no", "es", None),
    ("ya se lo di", "es", None),
]
CORRECTIONS: list[tuple[str, str, Lang, str | None]] = [
    ("Is your name Gary Whitfield?", "no whitefield with an e", "en", "Gary Whitefield"),
    ("Is your name Gary Whitfield?", "it's larry with an l", "en", "Larry Whitfield"),
    ("Is your name Gary Whitfield?", "no larry whitman", "en", "Larry Whitman"),
    ("Is your name Gary Whitfield?", "no w h i t e f i e l d", "en", "Gary Whitefield"),
    ("I heard Gary Whitfield. Correct?", "no it's harry", "en", "Harry Whitfield"),
    ("I heard Gary Whitfield. Correct?", "that's me", "en", None),
    ("I heard Gary Whitfield. Correct?", "yes sir", "en", None),
    ("I heard Gary Whitfield. Correct?", "no", "en", None),
    ("Is your name Gary Whitfield?", "no it's priya raman", "en", "Priya Raman"),
    ("¿Su nombre es Óscar Luna?", "no es oscar lima", "es", "Oscar Lima"),
    ("¿Su nombre es Óscar Luna?", "sí", "es", None),
]


def _hear(text: str, lang: Lang, prompt: str) -> str | None:
    found = find_name(read(text), lang=lang, prompt=prompt)
    return found.text if found else None


@pytest.mark.parametrize(("text", "lang", "name"), ANSWERS)
def test_a_short_answer_to_the_question_for_the_name_is_the_name(text: str, lang: Lang, name: str | None) -> None:
    prompt = "May I have your name?" if lang == "en" else "¿Me da su nombre, por favor?"
    assert _hear(text, lang, prompt) == name


@pytest.mark.parametrize(("prompt", "text", "lang", "name"), CORRECTIONS)
def test_a_name_that_was_read_back_is_corrected_in_part(prompt: str, text: str, lang: Lang, name: str | None) -> None:
    assert _hear(text, lang, prompt) == name
