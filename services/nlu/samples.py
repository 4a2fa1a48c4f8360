"""Labelled sentences as tensors, in batches of like length."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from services.nlu.examples import OUT_OF_SCOPE, Example, Schema, tags
from services.nlu.features import LONGEST, Encoded, FeatureConfig, Vocabulary, collate, encode
from services.nlu.text import tokenise

IGNORED = -100


@dataclass(frozen=True)
class Sample:
    """One sentence, encoded, and what is to be said of it. C intents, T tokens with the start mark first."""

    encoded: Encoded
    intents: tuple[int, ...]
    labels_T: tuple[int, ...]
    """IGNORED at the start mark, and everywhere where slots are not known."""


@dataclass(frozen=True)
class Lot:
    """A batch. Shapes as in `models.encoder` and `models.ngrams`."""

    words_BT: Tensor
    grams_BTG: Tensor
    concepts_BTK: Tensor
    bag_BF: Tensor
    intents_BC: Tensor
    """Shares: a sentence of two intents is half of each."""
    two_B: Tensor
    labels_BT: Tensor


class Sampler:
    """Turns examples into samples: one vocabulary, one order of labels."""

    def __init__(self, schema: Schema, vocabulary: Vocabulary, config: FeatureConfig) -> None:
        self._vocabulary, self._config = vocabulary, config
        self._choices = {name: place for place, name in enumerate(schema.choices)}
        self._labels = {name: place for place, name in enumerate(schema.labels)}

    def sample(self, example: Example) -> Sample:
        tokens = tokenise(example.text)[:LONGEST]
        found = tags(tokens, example.spans)
        labels = [self._labels[tag] if example.marked else IGNORED for tag in found]
        intents = tuple(self._choices[name] for name in example.intents or (OUT_OF_SCOPE,))
        return Sample(encode(tokens, self._vocabulary, self._config), intents, (IGNORED, *labels))

    def lot(self, samples: Sequence[Sample]) -> Lot:
        batch = collate([one.encoded for one in samples])
        intents = np.zeros((len(samples), len(self._choices)), np.float32)
        labels = np.full(batch.words_BT.shape, IGNORED, np.int64)
        for row, one in enumerate(samples):
            for intent in one.intents:
                intents[row, intent] += 1 / len(one.intents)
            labels[row, : len(one.labels_T)] = one.labels_T
        two = np.array([len(set(one.intents)) > 1 for one in samples], np.float32)
        arrays = (batch.words_BT, batch.grams_BTG, batch.concepts_BTK, batch.bag_BF, intents, two, labels)
        return Lot(*(torch.from_numpy(array) for array in arrays))


def by_length(lengths: Sequence[int], size: int, dice: random.Random) -> Iterator[list[int]]:
    """Places in batches of like length, the batches in random order."""
    order = sorted(range(len(lengths)), key=lambda place: (lengths[place], dice.random()))
    starts = list(range(0, len(order), size))
    dice.shuffle(starts)
    for start in starts:
        yield order[start : start + size]
