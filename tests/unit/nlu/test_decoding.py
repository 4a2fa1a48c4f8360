"""From labels to spans, and spans told by form."""

import numpy as np
import pytest

from services.nlu.decoding import Decoder, transitions_of
from services.nlu.examples import Example, Span, labels_of, spans_of, tags
from services.nlu.patterns import by_form
from services.nlu.text import plain, tokenise
from services.nlu.understanding import SURE_FORM, merged

LABELS = labels_of(["colour", "size"])
NEUTRAL = np.zeros((len(LABELS), len(LABELS)), np.float32)


def scores(*best: str) -> "np.typing.NDArray[np.float32]":
    table = np.full((len(best), len(LABELS)), np.log(0.02), np.float32)
    for row, label in enumerate(best):
        table[row, LABELS.index(label)] = np.log(0.9)
    return table


def test_tags_and_back() -> None:
    text = "想买藏青的裙子 XL"
    spans = [Span("colour", 2, 4), Span("size", 8, 10)]
    tokens = tokenise(text)
    assert tags(tokens, spans) == ["O", "O", "B-colour", "I-colour", "O", "O", "O", "B-size"]
    assert spans_of(tokens, tags(tokens, spans)) == spans


def test_two_spans_of_one_slot_side_by_side_stay_two() -> None:
    tokens = tokenise("红 蓝")
    assert spans_of(tokens, ["B-colour", "B-colour"]) == [Span("colour", 0, 1), Span("colour", 2, 3)]


def test_an_inside_never_begins_a_span() -> None:
    decoder = Decoder(LABELS, NEUTRAL)
    assert decoder.labels(scores("I-colour", "O")) != ["I-colour", "O"]
    assert decoder.labels(scores("B-colour", "I-colour", "O", "B-size")) == ["B-colour", "I-colour", "O", "B-size"]
    unsure = scores("B-colour", "I-size", "O")
    assert decoder.labels(unsure)[1] != "I-size" or decoder.labels(unsure)[0] == "B-size"
    assert decoder.labels(scores()) == []


def test_a_span_is_as_sure_as_its_labels() -> None:
    ((span, confidence),) = Decoder(LABELS, NEUTRAL).spans(tokenise("navy xl"), scores("B-colour", "O"))
    assert span == Span("colour", 0, 4)
    assert confidence == pytest.approx(0.9)


def test_what_was_never_said_twice_in_a_row_is_one_span() -> None:
    taught = [
        Example("宝宝的", "zh", ("a",), (Span("colour", 0, 2),)),
        Example("红宝宝", "zh", ("a",), (Span("colour", 0, 3),)),
    ]
    learnt = transitions_of(LABELS, taught)
    assert learnt[LABELS.index("B-colour"), LABELS.index("I-colour")] > 0
    assert learnt[LABELS.index("B-colour"), LABELS.index("B-colour")] < 0
    torn = scores("B-colour", "B-colour", "O")
    torn[1, LABELS.index("I-colour")] = np.log(0.5)
    assert Decoder(LABELS, NEUTRAL).labels(torn)[:2] == ["B-colour", "B-colour"]
    assert Decoder(LABELS, learnt).labels(torn)[:2] == ["B-colour", "I-colour"]


SLOTS = frozenset(["order_number", "price", "ordinal", "colour"])


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("where is sk 1234 5678?", "order_number", "sk 1234 5678"),
        ("单号SK12345678呢", "order_number", "sk12345678"),
        ("想要200块以内的", "price", "200块以内"),
        ("就100到200块吧", "price", "100到200块"),
        ("anything under 50 yuan here", "price", "under 50 yuan"),
        ("第三个怎么样", "ordinal", "第三"),
        ("the second one", "ordinal", "second"),
        ("有藏青色吗", "colour", "藏青色"),
    ],
)
def test_slots_by_form(text: str, name: str, words: str) -> None:
    normal = plain(text).text
    assert [(one.name, normal[one.start : one.end]) for one in by_form(normal, SLOTS, {"藏青色": "navy"})] == [
        (name, words)
    ]


@pytest.mark.parametrize("text", ["call 13812345678", "sk123", "颜色不对", "the second time", "order 123456789012"])
def test_what_only_looks_like_one(text: str) -> None:
    assert by_form(plain(text).text, SLOTS, {"藏青色": "navy"}) == []


def test_a_form_wins_over_an_unsure_span_and_a_sure_form_over_any() -> None:
    tagged = [(Span("size", 0, 3), 0.5), (Span("colour", 5, 9), 0.95)]
    assert merged(tagged, [(Span("price", 0, 4), False)]) == [(Span("price", 0, 4), SURE_FORM), tagged[1]]
    assert merged(tagged, [(Span("price", 5, 8), False)]) == tagged
    assert merged(tagged, [(Span("order_number", 5, 9), True)])[1] == (Span("order_number", 5, 9), SURE_FORM)
    assert merged([], [(Span("price", 2, 4), False)]) == [(Span("price", 2, 4), SURE_FORM)]
