from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receptionist.understanding import text
from receptionist.understanding.text import LONGEST_WORD, MAX_CHARACTERS, fold, read


def test_words_are_folded_and_keep_their_place() -> None:
    heard = read("Don't come mañana at 4:30, it's O'Neil’s")
    assert heard.norms == ("dont", "come", "manana", "at", "4", ":", "30", ",", "its", "oneils")
    assert heard.span(2, 4) == "mañana at"
    assert heard.span(3, 3) == ""


@pytest.mark.parametrize("word", ["'", "’", "ʼ", "´", "\u0301", "ñ", "İ", "ß", "ﬀ"])
def test_every_sign_has_a_norm(word: str) -> None:
    assert fold(word) != ""


def test_control_characters_become_blanks_and_long_input_is_cut() -> None:
    assert read("a\x00b\u2028c\x7fd").norms == ("a", "b", "c", "d")
    assert len(read("x" * 10_000).text) == MAX_CHARACTERS


@pytest.mark.parametrize("word", ["ﷺ" * 2_000, "a" * 2_000, "é" * 2_000, "x\u0301" * 1_000])
def test_no_norm_is_longer_than_a_word_can_be(word: str) -> None:
    assert max(len(norm) for norm in read(word).norms) <= LONGEST_WORD


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    heard = read(text)
    assert all(heard.norms)
    assert all(heard.text[token.start : token.end] == token.text for token in heard.tokens)


def test_numbers_are_not_kept_in_the_cache_of_words() -> None:
    before = text._folded.cache_info().currsize
    for number in range(1_000_000, 1_000_500):
        assert fold(str(number)) == str(number)
    assert text._folded.cache_info().currsize == before
