"""Phrases looked up at one place."""

from __future__ import annotations

from receptionist.understanding.lookup import PhraseTable, phrase_set, word_set

TABLE = PhraseTable({"next week": 1, "the| next week|month": 2, "next": 3})
WORDS = ("see", "you", "the", "next", "week", "", "", "")


def test_the_longest_phrase_wins() -> None:
    assert TABLE.at(WORDS, 3) == (1, 2)
    assert TABLE.at(WORDS, 2) == (2, 3)
    assert TABLE.at(("next", "time", ""), 0) == (3, 1)


def test_nothing_is_found_where_nothing_stands() -> None:
    assert TABLE.at(WORDS, 0) is None
    assert TABLE.at(WORDS, 5) is None
    assert TABLE.before(WORDS, 0) is None


def test_a_phrase_can_be_found_from_behind() -> None:
    assert TABLE.before(WORDS, 5) == (2, 3)
    assert TABLE.before(WORDS, 4) == (3, 1)


def test_an_empty_alternative_makes_a_word_optional() -> None:
    table = phrase_set("any| time of|")
    assert all(table.at((*phrase.split(), ""), 0) for phrase in ("time", "any time", "time of", "any time of"))
    assert table.starts() == {"any", "time"}


def test_a_line_of_words_is_a_set() -> None:
    assert word_set("one two  one") == {"one", "two"}
