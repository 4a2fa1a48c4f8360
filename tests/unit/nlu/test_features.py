"""Sentences as arrays, and the concepts in them."""

import numpy as np

from services.nlu.concepts import Concepts, read
from services.nlu.features import GRAMS, LONGEST, START, UNKNOWN, FeatureConfig, Vocabulary, collate, encode, windows
from services.nlu.text import tokenise

CONCEPTS = Concepts({"track": ["where", "tracking number", "到哪"], "parcel": ["parcel", "快递"]})
VOCABULARY = Vocabulary(["parcel", "#2", "裙"], CONCEPTS)
CONFIG = FeatureConfig(gram_buckets=100, line_buckets=64)


def found(text: str) -> list[tuple[int, int, list[str]]]:
    return [(start, end, [CONCEPTS.names[n] for n in numbers]) for start, end, numbers in CONCEPTS.find(tokenise(text))]


def test_concepts_are_found_whatever_their_ending_the_longest_first() -> None:
    assert found("the parcels") == [(1, 2, ["parcel"])]
    assert found("my tracking numbers") == [(1, 3, ["track"])]
    assert found("快递到哪了") == [(0, 2, ["parcel"]), (2, 4, ["track"])]
    assert found("nothing") == []


def test_the_shipped_thesaurus_says_the_same_of_both_languages() -> None:
    concepts = Concepts(read())

    def names(text: str) -> set[str]:
        return {concepts.names[n] for _, _, numbers in concepts.find(tokenise(text)) for n in numbers}

    assert "invoice" in names("I need an invoice") & names("我要开发票")
    assert "coupon" in names("my voucher") & names("优惠券")
    assert "person" in names("get me a human") & names("转人工")


def test_a_sentence_as_arrays() -> None:
    made = encode(tokenise("parcel 38 zebra"), VOCABULARY, CONFIG)
    assert made.words_T.tolist() == [START, 4, 5, UNKNOWN]
    assert made.grams_TG.shape == (4, GRAMS)
    assert made.concepts_TK[1, 0] == 3
    assert made.grams_TG.max() < CONFIG.gram_buckets
    assert made.bag_F.max() < CONFIG.line_buckets


def test_the_same_in_any_process() -> None:
    once, again = (encode(tokenise("快递 parcel 12"), VOCABULARY, CONFIG) for _ in range(2))
    assert np.array_equal(once.grams_TG, again.grams_TG)
    assert once.concepts_TK[1:3, 0].tolist() == [3, 4]
    assert once.bag_F.tolist() == sorted(set(again.bag_F.tolist()))


def test_padding_says_nothing() -> None:
    batch = collate([encode(tokenise(text), VOCABULARY, CONFIG) for text in ("parcel", "where is my parcel now")])
    assert batch.words_BT[0].tolist() == [START, 4, 0, 0, 0, 0]
    assert not batch.grams_BTG[0, 2:].any()
    assert batch.bag_BF[0, -1] == -1


def test_long_sentences_come_in_windows() -> None:
    tokens = tokenise("裙" * 300)
    assert [len(piece) for piece in windows(tokens)] == [LONGEST, LONGEST, 300 - 2 * LONGEST]
    assert len(windows([])) == 1
