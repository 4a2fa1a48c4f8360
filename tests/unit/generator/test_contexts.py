"""Which fact may stand where."""

import pytest

from services.generator.contexts import Contexts, context

SEEN = Contexts.learn(
    [
        ["这款", ("title",), "，材质是", ("material",), "，配色", ("colour",), "。"],
        ["The ", ("title",), " comes in ", ("colour",), " ", ("material",), "."],
    ]
)


@pytest.mark.parametrize(
    ("before", "name", "allowed"),
    [
        ("，材质是", "material", True),
        ("，材质是", "colour", False),
        ("。懂的朋友自然明白，配色", "colour", True),
        (" comes in ", "material", False),
        (" ", "material", True),
        ("", "colour", False),
    ],
)
def test_a_fact_stands_where_a_text_had_one(before: str, name: str, allowed: bool) -> None:
    assert SEEN.allows(before, name) is allowed


def test_the_words_since_the_last_stop_count() -> None:
    assert context("It is here. Made of ") == context(", made of ") == "made of"
    assert context("第一句。第二句，材质是") == "材质是"
    assert (context(" "), context(", ")) == ("+", "")


def test_without_texts_everything_may_stand_everywhere() -> None:
    assert Contexts().allows("anything", "colour")
