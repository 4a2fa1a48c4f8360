"""All that was learned at one time, as one immutable object: what a bundle holds and an answer is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from services.nlu.examples import Schema
from services.nlu.features import FeatureConfig, Vocabulary, collate, encode, windows
from services.nlu.models.encoder import JointModel
from services.nlu.models.ngrams import LineModel
from services.nlu.text import Token

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Calibration:
    """Set on sentences held out of training."""

    encoder_share: float = 0.5
    """Of the blend's log-probabilities; the line model has the rest."""
    temperature: float = 1.0
    """Above 1, the blend is surer than it should be."""
    out_of_scope: float = 0.5
    """The score above which a sentence is out of scope."""
    two: float = 0.5
    """The probability above which a sentence holds two wishes."""
    slot: float = 0.0
    """The confidence below which a slot is no slot."""


@dataclass(frozen=True)
class Learned:
    """The networks in the order of `schema.choices` and `schema.labels`."""

    version: str
    schema: Schema
    vocabulary: Vocabulary
    features: FeatureConfig
    encoders: Sequence[JointModel]
    """Taught from different beginnings; their answers are averaged."""
    line: LineModel
    colours: Mapping[str, str]
    transitions_LL: Floats
    """How much likelier than by chance a label follows another, [from, to]: logarithms."""
    calibration: Calibration = field(default_factory=Calibration)


@dataclass(frozen=True)
class Reading:
    """What the networks say of one sentence. C choices, T tokens, L labels."""

    choices_C: Floats
    """Log-probabilities after the blend, before the temperature; out of scope is the last."""
    two: float
    """Probability that there are two wishes."""
    labels_TL: Floats
    """Log-probabilities."""


def halved(model: nn.Module) -> None:
    """Rounds the weights as the bundle will, in place: figures are then those of what is served."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())


@torch.inference_mode()
def read(learned: Learned, sentences: Sequence[Sequence[Token]]) -> list[Reading]:
    """One reading for each sentence, in one forward pass. A long sentence's windows are averaged."""
    cut = [windows(tokens) for tokens in sentences]
    encoded = [encode(piece, learned.vocabulary, learned.features) for pieces in cut for piece in pieces]
    batch = collate(encoded)
    shown = [torch.from_numpy(array) for array in (batch.words_BT, batch.grams_BTG, batch.concepts_BTK)]
    outputs = [encoder(*shown) for encoder in learned.encoders]
    share = learned.calibration.encoder_share
    line_BC = functional.log_softmax(learned.line(torch.from_numpy(batch.bag_BF)), -1)
    deep_BC = torch.stack([functional.log_softmax(one.intents_BC, -1) for one in outputs]).mean(0)
    choices_BC = functional.log_softmax(share * deep_BC + (1 - share) * line_BC, -1).numpy()
    two_B = torch.stack([one.two_B.sigmoid() for one in outputs]).mean(0).numpy()
    labels_BTL = torch.stack([functional.log_softmax(one.labels_BTL, -1) for one in outputs]).mean(0).numpy()
    return list(_joined(cut, choices_BC, two_B, labels_BTL))


def _joined(
    cut: Sequence[Sequence[Sequence[Token]]], choices_BC: Floats, two_B: Floats, labels_BTL: Floats
) -> "list[Reading]":
    found, row = [], 0
    for pieces in cut:
        rows = range(row, row + len(pieces))
        row += len(pieces)
        labels = [labels_BTL[at, 1 : 1 + len(piece)] for at, piece in zip(rows, pieces, strict=True)]
        found.append(Reading(choices_BC[rows].mean(0), float(two_B[rows].max()), np.concatenate(labels)))
    return found
