"""The domain with a model that learnt a small world."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from services.nlu.learning import figures_of
from services.nlu.normalise.values import Canonical
from services.nlu.understanding import Ask, Understander, Understanding
from tests.unit.nlu.tiny import examples, tiny_learned

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander(tiny_learned())


def understand(by: Understander, text: str) -> Understanding:
    return by.understand([Ask(text, NOW)])[0]


def test_what_was_taught_is_known(understander: Understander) -> None:
    figures = figures_of(understander.learned, examples())["all"]
    assert isinstance(figures, dict)
    assert figures["intent_accuracy"] > 0.9
    assert figures["slot_f1"] > 0.9
    assert figures["oos_auroc"] > 0.9


def test_slots_stand_where_they_came_and_mean_something(understander: Understander) -> None:
    text = "  想买藏青色的裙子"
    found = understand(understander, text)
    assert found.intents[0].name == "find"
    slots = {slot.name: slot for slot in found.slots}
    assert slots["colour"].value == Canonical("navy")
    assert all(text[slot.start : slot.end] == slot.text for slot in found.slots)
    assert (found.language_code, found.mixed_language) == ("zh", False)


def test_full_width_order_numbers(understander: Understander) -> None:
    (slot,) = understand(understander, "我的快递ＳＫ１２３４５６７８到哪了").slots
    assert slot.value == Canonical("SK12345678")
    assert slot.text == "ＳＫ１２３４５６７８"


@pytest.mark.parametrize("text", ["", "😀", "?!…", "   ", "\n\n", "👍🏽👍🏽"])
def test_without_a_letter_or_a_digit_it_is_out_of_scope(understander: Understander, text: str) -> None:
    found = understand(understander, text)
    assert (found.out_of_scope, found.out_of_scope_score, found.intents, found.slots) == (True, 1.0, (), ())


@pytest.mark.parametrize(
    "text",
    [
        "裙" * 1000,
        "a " * 500,
        "\x00\x01 dress",
        "漢字與臺灣",
        "İ" * 50,
        "１" * 1000,
        "e\u0301" * 300,
        "\u202eabc",
        "🧵dress",
    ],
)
def test_whatever_comes_is_answered(understander: Understander, text: str) -> None:
    found = understand(understander, text)
    places = [(slot.start, slot.end) for slot in found.slots]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(one[1] <= other[0] for one, other in pairwise(places))
    assert sum(intent.confidence for intent in found.ranking) <= 1.0001


def test_company_changes_nothing(understander: Understander) -> None:
    texts = ["i want a red dress", "", "我的快递到哪了 " * 30, "hello"]
    together = understander.understand([Ask(text, NOW) for text in texts])
    for text, found in zip(texts, together, strict=True):
        alone = understand(understander, text)
        assert [intent.name for intent in found.intents] == [intent.name for intent in alone.intents]
        assert [(s.name, s.start, s.end) for s in found.slots] == [(s.name, s.start, s.end) for s in alone.slots]
        assert found.out_of_scope_score == pytest.approx(alone.out_of_scope_score, abs=1e-3)


def test_two_wishes(understander: Understander) -> None:
    found = understand(understander, "hello, i want a navy mug")
    assert {intent.name for intent in found.intents} == {"greet", "find"}
    assert found.intents[0].confidence >= found.intents[1].confidence


def test_no_sentences_at_all(understander: Understander) -> None:
    assert understander.understand([]) == []
