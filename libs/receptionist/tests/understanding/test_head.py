from __future__ import annotations

import pytest

from common.testing.speed import seconds_of
from receptionist.training.fit import Row, Settings, fit
from receptionist.training.registry import RECIPES
from receptionist.understanding.head import Head, features
from receptionist.understanding.text import read

EXAMPLES = (
    ("the kitchen pipe burst", "wet"),
    ("water is spraying in the kitchen", "wet"),
    ("se reventó el tubo", "wet"),
    ("what do you charge for a faucet", "dry"),
    ("book me in for tuesday", "dry"),
    ("cuánto cobran por una llave", "dry"),
)
SMALL = Settings(buckets=512, epochs=20)


def rows() -> list[Row]:
    return [Row(features=features(read(text).norms), label=label) for text, label in EXAMPLES]


def test_fitting_twice_gives_the_same_bytes() -> None:
    assert fit(rows(), ("wet", "dry"), SMALL).dump() == fit(rows(), ("wet", "dry"), SMALL).dump()


def test_a_head_learns_what_it_was_shown_and_leans_the_right_way_on_new_words() -> None:
    head = fit(rows(), ("wet", "dry"), SMALL)
    for text, label in EXAMPLES:
        assert head.scores(features(read(text).norms))[label] > 0.8
    assert head.scores(features(read("my pipe is spraying water").norms))["wet"] > 0.5


def test_scores_are_chances() -> None:
    head = fit(rows(), ("wet", "dry"), SMALL)
    for text in ("", "zebra", "the kitchen pipe burst"):
        assert sum(head.scores(features(read(text).norms)).values()) == pytest.approx(1.0)


def test_a_dumped_head_reads_back_equal() -> None:
    head = fit(rows(), ("wet", "dry"), SMALL, made_from="abc")
    assert Head.parse(head.dump()) == head


@pytest.mark.parametrize("text", ["", "something else", "receptionist-head 1\nabc\n8\n0x1p0\nwet 0 AAAA\n"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Head.parse(text)


def test_features_are_the_same_in_every_process() -> None:
    assert features(("water", "everywhere"))[0] == 743700183


def test_figures_share_one_feature_and_tags_are_kept_apart_from_words() -> None:
    assert features(("12",)) == features(("40",))
    assert features(("hot",)) != features((), ("hot",))


def test_features_of_the_longest_input_take_a_few_milliseconds() -> None:
    words = read("a1 " * 700).norms
    assert seconds_of(lambda: features(words)) < 0.05


def test_the_packaged_weights_are_made_from_the_corpora() -> None:
    for recipe in RECIPES:
        packaged = Head.load(recipe.name)
        assert packaged.made_from == recipe.digest(), f"run `python -m receptionist train {recipe.name}`"
        assert packaged.labels == recipe.labels
        assert recipe.path.stat().st_size < 150_000
