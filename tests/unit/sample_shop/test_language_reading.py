"""Labelled utterances as they are read from lines."""

import pytest

from sample_shop.language import SlotSpan, intents, parse_labelled, parse_line, slots


def test_slots_are_marked_in_place() -> None:
    utterance = parse_line("find a [red](colour) [dress](product)", "en", ["search-product"])
    assert utterance.text == "find a red dress"
    assert utterance.slots == (SlotSpan("colour", 7, 10), SlotSpan("product", 11, 16))
    assert utterance.values() == (("colour", "red"), ("product", "dress"))
    assert (utterance.intents, utterance.language, utterance.origin) == (("search-product",), "en", "written")


def test_offsets_count_code_points() -> None:
    utterance = parse_line("😀想买[红色](colour)的[裙子](product)", "zh", ["search-product"])
    assert [utterance.text[slot.start : slot.end] for slot in utterance.slots] == ["红色", "裙子"]
    assert utterance.slots[0].start == 3


def test_round_brackets_are_words() -> None:
    assert parse_line("is it (really) wool", "en", ["ask-product"]).text == "is it (really) wool"


def test_one_two_or_no_intents() -> None:
    assert parse_labelled("greet hello there", "en").intents == ("greet",)
    assert parse_labelled("thank+goodbye thanks, bye", "en").intents == ("thank", "goodbye")
    assert parse_labelled("out-of-scope tell me a joke", "en").intents == ()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("sing la la la", "unknown intent 'sing'"),
        ("greet+greet hello", "one intent twice"),
        ("greet+out-of-scope hello", "unknown intent 'out-of-scope'"),
        ("greet [hello](mood)", "unknown slot 'mood'"),
        ("search-product a [red(colour) hat", "not closed"),
        ("search-product a [red] hat", "no slot behind it"),
        ("search-product a [red](colour hat", "not closed"),
        ("search-product a red](colour) hat", "not closed"),
        ("search-product a [ red](colour) hat", "space at their edge"),
        ("search-product a [](colour) hat", "no words"),
        ("greet", "no words"),
    ],
)
def test_a_wrong_line_is_named(line: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"test/en\.txt:7: ") as caught:
        parse_labelled(line, "en", place="test/en.txt:7")
    assert wrong in str(caught.value)


def test_the_schema() -> None:
    assert intents()["search-product"].slots[:2] == ("product", "brand")
    assert intents()["greet"].about.zh == "打招呼"
    assert slots()["price"].kind == "money"
    assert {slot for intent in intents().values() for slot in intent.slots} <= slots().keys()
