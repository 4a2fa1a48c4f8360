"""Batches to train on: what is read, what is to be written."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from services.generator.features import Encoded
from services.generator.vocabulary import Vocabulary


@dataclass(frozen=True)
class Example:
    """`written` begins with the codes of `Encoded.start` and ends with the end; facts stand as V + place."""

    read: Encoded
    written: tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    pieces_BS: Tensor
    codes_B: Tensor
    fact_at_BF: Tensor
    say_BF: Tensor
    written_BL: Tensor
    counted_BL: Tensor


def example(vocabulary: Vocabulary, read: Encoded, target: Sequence[str | int]) -> Example:
    """`target`: words, and facts by their place among `read.facts`."""
    written = list(read.start)
    for part in target:
        written += vocabulary.encode(part) if isinstance(part, str) else [vocabulary.size + part]
    return Example(read, (*written, vocabulary.end))


def batches(examples: Sequence[Example], pieces: int, pad: int, dice: random.Random) -> Iterator[Batch]:
    """Of like lengths, about so many pieces each, in random order."""
    order = sorted(examples, key=lambda one: (len(one.written), len(one.read.pieces), dice.random()))
    groups: list[list[Example]] = [[]]
    for one in order:
        if groups[-1] and (len(groups[-1]) + 1) * len(one.written) > pieces:
            groups.append([])
        groups[-1].append(one)
    dice.shuffle(groups)
    return (collate(group, pad) for group in groups)


def collate(group: Sequence[Example], pad: int) -> Batch:
    written_BL = _padded([one.written for one in group], pad)
    counted_BL = written_BL != pad
    for row, one in enumerate(group):
        counted_BL[row, : len(one.read.start)] = False
    return Batch(
        _padded([one.read.pieces for one in group], pad),
        torch.tensor([one.read.codes for one in group]),
        _padded([one.read.fact_at for one in group], -1),
        _padded([one.read.say for one in group], 0).bool(),
        written_BL,
        counted_BL,
    )


def _padded(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    longest = max((len(row) for row in rows), default=0)
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows], dtype=torch.long)
