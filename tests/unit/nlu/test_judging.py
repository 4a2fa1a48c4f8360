"""Figures with answers known beforehand."""

import pytest

from services.nlu.examples import Example, Span
from services.nlu.judging import Judged, auroc, calibration_error, figures, set_f1, span_f1


def test_spans_count_by_name_and_place() -> None:
    right = [Span("a", 0, 2), Span("b", 3, 5)]
    assert span_f1([(right, right)]) == 1
    assert span_f1([(right, [Span("a", 0, 2), Span("b", 3, 6), Span("b", 3, 4)])]) == pytest.approx(2 / 5)
    assert span_f1([((), ())]) is None


def test_sets_of_intents() -> None:
    assert set_f1([({"a", "b"}, {"a"}), ({"a", "c"}, {"a", "c"})]) == pytest.approx(6 / 7)


def test_calibration_error() -> None:
    assert calibration_error([(0.8, n < 8) for n in range(10)]) == pytest.approx(0)
    assert calibration_error([(1.0, False), (1.0, True)]) == pytest.approx(0.5)


def test_area_under_the_curve() -> None:
    assert auroc([(0.9, True), (0.1, False)]) == 1
    assert auroc([(0.5, True), (0.5, False)]) == 0.5
    assert auroc([(0.5, True)]) is None


def test_all_figures() -> None:
    examples = [
        Example("x", "en", ("a",), (Span("s", 0, 1),)),
        Example("y", "en", ("b",)),
        Example("z", "en", ()),
        Example("w", "en", ("a", "b")),
    ]
    judged = [
        Judged(("a",), "a", 1.0, 0.1, (Span("s", 0, 1),)),
        Judged(("a",), "a", 1.0, 0.2, ()),
        Judged((), "a", 0.3, 0.9, ()),
        Judged(("a",), "a", 0.5, 0.3, ()),
    ]
    assert figures(examples, judged) == {
        "intent_accuracy": 0.5,
        "slot_f1": 1.0,
        "ece": 0.5,
        "oos_auroc": 1.0,
        "two_intent_f1": 0.6667,
        "kept_in_scope": 1.0,
        "kept_out": 1.0,
    }
