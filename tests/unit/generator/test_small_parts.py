"""Differences, numbers, facts, situations."""

import pytest

from services.generator import numbers
from services.generator.diffs import Part, diff
from services.generator.facts import Fact, coverage, mentioned
from services.generator.reply_facts import stateable
from services.generator.situations import Ask, Situation, Turn, situation


def test_english_differs_by_words_chinese_by_characters() -> None:
    assert diff("A red mug.", "A blue mug.", "en") == [
        Part("equal", "A "),
        Part("delete", "red"),
        Part("insert", "blue"),
        Part("equal", " mug."),
    ]
    assert diff("红色杯子", "蓝色杯子", "zh") == [Part("delete", "红"), Part("insert", "蓝"), Part("equal", "色杯子")]


@pytest.mark.parametrize(("before", "after"), [("", "all new"), ("gone", ""), ("one two three", "two three four")])
def test_a_difference_makes_both_texts(before: str, after: str) -> None:
    parts = diff(before, after, "en")
    assert "".join(part.text for part in parts if part.operation != "insert") == before
    assert "".join(part.text for part in parts if part.operation != "delete") == after


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,280 degrees", {"1280"}),
        ("1.50 kg", {"1.5"}),
        ("three years, two of a kind", {"3"}),
        ("十二小时，两年", {"12", "2"}),
        ("一款好杯子", set()),
        ("007", {"7"}),
    ],
)
def test_numbers_in_digits_and_words(text: str, found: set[str]) -> None:
    assert numbers.values(text) == found


def test_a_list_is_mentioned_whole_or_part_by_part() -> None:
    sizes = Fact("size", "S, M and L")
    assert mentioned(sizes, "Sizes: s, m and l.")
    assert mentioned(sizes, "L, M or S")
    assert not mentioned(sizes, "only XXXX")
    assert coverage([sizes, Fact("colour", "red")], "in Red") == 0.5
    assert coverage([], "anything") == 1.0


def test_the_past_is_a_situation() -> None:
    upset = Ask("recommend-products", history=(Turn(True, "This is ridiculous, still waiting"),))
    assert situation(upset) == Situation(upset=True)
    again = Ask(
        "recommend-products",
        history=(Turn(True, "hi"), Turn(False, "These:", "search-results"), Turn(True, "more")),
    )
    assert situation(again) == Situation(greeted=True, again=True, after="talk")
    thanked = Ask("thank", history=(Turn(False, "Done.", "request-return"), Turn(True, "谢谢")))
    assert situation(thanked).after == "action"
    asked = Ask("thank", history=(Turn(False, "It costs ¥5.", "answer-price"), Turn(True, "thanks")))
    assert situation(asked).after == "question"


def test_who_was_heard_is_not_pitied_twice() -> None:
    heard = (Turn(True, "太差了"), Turn(False, "很抱歉。", "empathise"), Turn(True, "太离谱了"))
    assert not situation(Ask("recommend-products", language="zh", history=heard)).upset
    assert situation(Ask("greet", mood="upset")).upset


def label(name: str) -> str:
    return {"material": "material", "colour": "颜色"}.get(name, "")


def test_products_are_numbered_however_they_come() -> None:
    loose = [Fact("title", "A"), Fact("price", "¥1"), Fact("title", "B"), Fact("price", "¥2"), Fact("title", "C")]
    stated = stateable("recommend-products", loose, label)
    assert stated == (Fact("title_1", "A"), Fact("price_1", "¥1"), Fact("title_2", "B"), Fact("price_2", "¥2"))
    given = [Fact("title_1", "A"), Fact("reason_1", "New"), Fact("title_2", "B")]
    assert stateable("recommend-products", given, label) == (Fact("title_1", "A"), Fact("title_2", "B"))


def test_an_attribute_answers_by_its_name() -> None:
    told = stateable("answer-attribute", [Fact("title", "A"), Fact("material", "linen")], label)
    assert told == (Fact("title", "A"), Fact("attribute", "material"), Fact("value", "linen"))
    assert stateable("answer-attribute", [Fact("title", "A"), Fact("odd", "x")], label) is None
    assert stateable("answer-price", [Fact("title", "A")], label) is None
