"""The training utterances: every intent in both languages, labelled rightly, apart from the test set."""

from collections import Counter

import pytest

from sample_shop.language import LANGUAGES, Utterance, expand, folded, intents, read_test, read_written, training
from sample_shop.language.__main__ import COUNTED, table

WRITTEN_EACH = 18
TOGETHER = 40
OUT_OF_SCOPE_EACH = 90
TWO_INTENTS_EACH = 60


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def written(language: str) -> list[Utterance]:
    return read_written(language)


def test_every_intent_was_written_for(written: list[Utterance]) -> None:
    each = Counter(utterance.intents for utterance in written)
    assert [intent for intent in intents() if each[(intent,)] < WRITTEN_EACH] == []


def test_out_of_scope_and_two_intents_were_written_for(written: list[Utterance]) -> None:
    assert sum(utterance.intents == () for utterance in written) >= OUT_OF_SCOPE_EACH
    assert sum(len(utterance.intents) == 2 for utterance in written) >= TWO_INTENTS_EACH


def test_with_the_grammar_every_intent_has_enough(language: str, written: list[Utterance]) -> None:
    each = Counter(utterance.intents for utterance in written)
    drawn = {intent: expand(language, intent, COUNTED, seed=1) for intent in intents()}
    assert [intent for intent in intents() if each[(intent,)] + len(drawn[intent]) < TOGETHER] == []


def test_no_two_written_ones_say_the_same(written: list[Utterance]) -> None:
    said = Counter(folded(utterance.text) or utterance.text for utterance in written)
    assert [text for text, times in said.items() if times > 1] == []


def test_nothing_in_training_stands_in_the_test_set(language: str) -> None:
    tested = {folded(utterance.text) for utterance in read_test(language)}
    utterances = read_written(language) + training(language, seed=1, grammar_per_intent=100, pairs=100)
    assert [utterance.text for utterance in utterances if folded(utterance.text) in tested] == []


def test_all_slots_are_written_in_both_languages(written: list[Utterance]) -> None:
    usual = {slot for intent in intents().values() for slot in intent.slots}
    assert usual - {slot.name for utterance in written for slot in utterance.slots} == set()


def test_usual_slots_of_an_intent_are_in_its_training(language: str) -> None:
    seen: dict[str, set[str]] = {intent: set() for intent in intents()}
    for utterance in training(language, seed=1, grammar_per_intent=60):
        if len(utterance.intents) == 1:
            seen[utterance.intents[0]] |= {slot.name for slot in utterance.slots}
    missing = {name: set(intent.slots) - seen[name] for name, intent in intents().items()}
    assert {name: slots for name, slots in missing.items() if slots} == {}


def test_spans_do_not_overlap_and_hold_words(language: str) -> None:
    for utterance in training(language, seed=1, grammar_per_intent=10, pairs=50):
        end = 0
        for slot in utterance.slots:
            assert end <= slot.start < slot.end <= len(utterance.text)
            words = utterance.text[slot.start : slot.end]
            assert words == words.strip()
            end = slot.end


def test_the_table_counts_every_intent() -> None:
    lines = table().splitlines()
    assert {line.split()[0] for line in lines[1:-2]} == {*intents(), "two-intents", "out-of-scope"}
    assert lines[-1].startswith("total ")
