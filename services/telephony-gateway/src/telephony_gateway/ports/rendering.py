"""What is said, as documents for the provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from receptionist.dialogue.said import Said
from receptionist.understanding.text import Lang


class Renderer(Protocol):
    """Makes documents. Names and words in them are harmless, whatever characters they have."""

    def turn(self, said: Said, *, lang: Lang, turn: int, sealed: str, ended: bool) -> bytes:
        """Says it, then listens for turn number `turn`; or hangs up where the conversation has `ended`.

        `lang` is the language that is listened for. `sealed` rides in the next request's URL.
        """

    def apology(self, words: str, *, lang: Lang, ask: str, goodbye: str, dial: str = "") -> bytes:
        """Apologises, dials somebody where a number is given, asks for a message and records it where there are words to `ask`
        with, and hangs up."""

    def words(self, words: str, *, lang: Lang) -> bytes:
        """Says it and hangs up."""

    def ask_key(self, words: str, *, lang: Lang, action: str) -> bytes:
        """Says `words` twice and waits for one key, which goes to `action`."""

    def texts(self, bodies: Sequence[str]) -> bytes:
        """Answers a text with texts, perhaps with none."""
