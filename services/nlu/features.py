"""Sentence -> arrays, the same for training and for serving.

A token is its word, where the vocabulary has it, and a bag of hashed character n-grams (Bojanowski et al. 2017,
https://arxiv.org/abs/1607.04606), so that a typo or a new word is still near its kin. A Chinese character's n-grams are
those it makes with its neighbours: they stand for the words that nothing cuts out.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from services.nlu.concepts import Concepts
from services.nlu.text import Token

PAD, UNKNOWN, MASK, START = range(4)
RESERVED = 4
LONGEST = 126
"""Most tokens of one window; a longer sentence is several."""
GRAMS = 10
"""Most n-grams of one token."""
CONCEPTS = 3
"""Most concepts of one token."""
MOST_PAIRED = 12
VERSION = 4

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FeatureConfig:
    gram_buckets: int = 6144
    """Rows of the table that character n-grams are hashed into; 0 of it is padding."""
    line_buckets: int = 1 << 14
    """Features of the linear model over the whole sentence."""


@dataclass(frozen=True)
class Encoded:
    """One window. T tokens with the start mark before them, G n-grams and K concepts each."""

    words_T: Ints
    grams_TG: Ints
    concepts_TK: Ints
    bag_F: Ints
    """Hashed features of the whole window, for the linear model."""


class Vocabulary:
    """Ids of words, and the concepts that are looked for. 0 to 3 are padding, unknown, mask and start."""

    def __init__(self, words: Sequence[str], concepts: Concepts) -> None:
        self.words, self.concepts = tuple(words), concepts
        self._ids: Mapping[str, int] = {word: RESERVED + place for place, word in enumerate(words)}

    def __len__(self) -> int:
        return RESERVED + len(self.words)

    def id(self, token: Token) -> int:
        return self._ids.get(word_key(token), UNKNOWN)


def word_key(token: Token) -> str:
    """The vocabulary's word: a number by its shape, since no list holds them all."""
    if not token.is_number:
        return token.word
    return "#." if "." in token.word else f"#{min(len(token.word.replace(',', '')), 9)}"


def encode(tokens: Sequence[Token], vocabulary: Vocabulary, config: FeatureConfig) -> Encoded:
    """At most LONGEST tokens: `windows` cuts longer sentences. 0 is padding of n-grams and of concepts.

    A concept has two rows: for the first token of its words and for the others, so that spans know where they begin.
    """
    words = [START, *(vocabulary.id(token) for token in tokens)]
    found = vocabulary.concepts.find(tokens)
    concepts = np.zeros((len(words), CONCEPTS), np.int64)
    for start, end, numbers in found:
        first = [1 + 2 * number for number in numbers[:CONCEPTS]]
        concepts[start + 1, : len(first)] = first
        concepts[start + 2 : end + 1, : len(first)] = [place + 1 for place in first]
    grams = np.zeros((len(words), GRAMS), np.int64)
    for place in range(len(tokens)):
        row = [1 + _hash(gram) % (config.gram_buckets - 1) for gram in token_grams(tokens, place)[:GRAMS]]
        grams[place + 1, : len(row)] = row
    bag = sorted({_hash(feature) % config.line_buckets for feature in line_features(tokens, found)})
    return Encoded(np.array(words, np.int64), grams, concepts, np.array(bag, np.int64))


def concept_rows(vocabulary: Vocabulary) -> int:
    """Of the concepts' table, its padding included."""
    return 1 + 2 * len(vocabulary.concepts.names)


def windows(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The sentence in pieces that the encoder can take; one, as a rule."""
    return [tokens[at : at + LONGEST] for at in range(0, len(tokens), LONGEST)] or [tokens]


def token_grams(tokens: Sequence[Token], place: int) -> list[str]:
    """Character n-grams of the token at that place, the most telling first."""
    token = tokens[place]
    if token.is_number:
        return [f"={token.word}", f"#{token.word[:1]}"]
    if token.is_cjk:
        before = tokens[place - 1].word if place else "^"
        after = tokens[place + 1].word if place + 1 < len(tokens) else "$"
        pairs = [before + token.word, token.word + after, before + token.word + after]
        return [f"<{pair}" if pair is pairs[0] else f"{pair}>" if pair is pairs[1] else pair for pair in pairs]
    marked = f"<{token.word}>"
    return [marked, *(marked[at : at + size] for size in (3, 4) for at in range(len(marked) - size + 1))]


def line_features(tokens: Sequence[Token], found: Sequence[tuple[int, int, list[int]]]) -> Iterable[str]:
    """Of the linear model: words, pairs and triples of them, character n-grams within Latin words, concepts."""
    yield from _concept_features([numbers for _, _, numbers in found])
    words = ["^", *(word_key(token) for token in tokens), "$"]
    for size in (1, 2, 3):
        for at in range(len(words) - size + 1):
            yield f"{size} {' '.join(words[at : at + size])}"
    for word in words:
        if len(word) > 3:
            marked = f"<{word}>"
            yield from (f"c {marked[at : at + 4]}" for at in range(len(marked) - 3))


def _concept_features(numbers: Sequence[Sequence[int]]) -> Iterable[str]:
    """Each, each with the one behind it, and each with any other of the sentence."""
    yield from (f"k {one}" for several in numbers for one in several)
    for before, after in pairwise(numbers):
        yield from (f"k> {one} {two}" for one in before for two in after)
    everything = sorted({one for several in numbers for one in several})[:MOST_PAIRED]
    yield from (f"k& {one} {two}" for one, two in combinations(everything, 2))


def _hash(feature: str) -> int:
    """Stable from run to run, unlike Python's own."""
    return zlib.crc32(feature.encode())


def fingerprint() -> str:
    """Changes whenever arrays of this code mean something else than those a bundle was trained on."""
    told = f"{VERSION} {GRAMS} {CONCEPTS} {LONGEST} {RESERVED} words+grams+concepts+line"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Batch:
    """Windows side by side, padded. B windows, T tokens."""

    words_BT: Ints
    grams_BTG: Ints
    concepts_BTK: Ints
    bag_BF: Ints
    """Padded with -1."""


def collate(encoded: Sequence[Encoded]) -> Batch:
    longest = max(len(one.words_T) for one in encoded)
    widest = max((len(one.bag_F) for one in encoded), default=0)
    words = np.full((len(encoded), longest), PAD, np.int64)
    grams = np.zeros((len(encoded), longest, GRAMS), np.int64)
    concepts = np.zeros((len(encoded), longest, CONCEPTS), np.int64)
    bags = np.full((len(encoded), max(widest, 1)), -1, np.int64)
    for row, one in enumerate(encoded):
        words[row, : len(one.words_T)] = one.words_T
        grams[row, : len(one.words_T)] = one.grams_TG
        concepts[row, : len(one.words_T)] = one.concepts_TK
        bags[row, : len(one.bag_F)] = one.bag_F
    return Batch(words, grams, concepts, bags)
