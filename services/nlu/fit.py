"""Teaches the joint model and the line model."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from services.nlu.augment import AugmentConfig, Augmenter
from services.nlu.examples import Example
from services.nlu.features import UNKNOWN
from services.nlu.models.encoder import JointModel, Output
from services.nlu.models.ngrams import LineModel
from services.nlu.samples import IGNORED, Lot, Sample, Sampler, by_length
from services.nlu.schedule import one_cycle


@dataclass(frozen=True)
class FitConfig:
    epochs: int = 4
    written_times: int = 2
    """How often a written sentence comes in an epoch, each time varied; the grammar's come once."""
    batch: int = 64
    rate: float = 1.5e-3
    decay: float = 0.02
    smoothing: float = 0.05
    slot_weight: float = 2.0
    two_weight: float = 0.5
    word_drop: float = 0.08
    """Share of words hidden from the encoder, whose n-grams stay."""
    concept_drop: float = 0.2
    """Share of tokens whose concepts are hidden: not all that shoppers say is in a list."""
    line_epochs: int = 16
    line_rate: float = 0.08
    line_decay: float = 3e-5
    augment: AugmentConfig = field(default_factory=AugmentConfig)


class Epochs:
    """An epoch's sentences, drawn anew each time."""

    def __init__(self, examples: Sequence[Example], sampler: Sampler, config: FitConfig, seed: int) -> None:
        self._examples, self._sampler, self._config = examples, sampler, config
        self._augmenter = Augmenter(examples, config.augment, seed)

    def epoch(self, on_step: Callable[[], None] = lambda: None) -> list[Sample]:
        times = self._config.written_times
        repeated = [one for one in self._examples for _ in range(times if one.written or not one.marked else 1)]
        varied = [self._augmenter.vary(one) for one in repeated]
        varied += self._augmenter.pairs(int(len(repeated) * self._config.augment.join))
        on_step()
        return [self._sampler.sample(one) for one in varied]


def batches(epochs: Sequence[Sequence[Sample]], config: FitConfig) -> int:
    return sum(-(-len(samples) // config.batch) for samples in epochs)


def fit_encoder(
    model: JointModel,
    epochs: Sequence[Sequence[Sample]],
    sampler: Sampler,
    config: FitConfig,
    seed: int,
    on_step: Callable[[], None],
) -> None:
    """Teaches in place."""
    dice = random.Random(seed)
    model.train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=config.decay, fused=True)
    schedule = one_cycle(optimiser, batches(epochs, config))
    for samples in epochs:
        lengths = [len(one.labels_T) for one in samples]
        for places in by_length(lengths, config.batch, dice):
            lot = sampler.lot([samples[place] for place in places])
            words_BT = _drop_words(lot.words_BT, config.word_drop)
            concepts_BTK = _drop_concepts(lot.concepts_BTK, config.concept_drop)
            with torch.autocast("cpu", torch.bfloat16):
                output = model(words_BT, lot.grams_BTG, concepts_BTK)
            optimiser.zero_grad()
            loss(output, lot, config).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            on_step()
    model.eval()


def loss(output: Output, lot: Lot, config: FitConfig) -> Tensor:
    """Intents, whether there are two, and slots, weighed."""
    choices = lot.intents_BC.shape[1]
    wanted_BC = lot.intents_BC * (1 - config.smoothing) + config.smoothing / choices
    intent = -(wanted_BC * functional.log_softmax(output.intents_BC.float(), -1)).sum(-1).mean()
    two = functional.binary_cross_entropy_with_logits(output.two_B.float(), lot.two_B)
    labels_NL = output.labels_BTL.float().flatten(0, 1)
    slot = functional.cross_entropy(labels_NL, lot.labels_BT.flatten(), ignore_index=IGNORED)
    if not (lot.labels_BT != IGNORED).any():
        slot = labels_NL.sum() * 0
    return intent + config.two_weight * two + config.slot_weight * slot


def _drop_words(words_BT: Tensor, share: float) -> Tensor:
    dropped_BT = (words_BT > UNKNOWN) & (torch.rand(words_BT.shape) < share)
    dropped_BT[:, 0] = False
    return torch.where(dropped_BT, UNKNOWN, words_BT)


def _drop_concepts(concepts_BTK: Tensor, share: float) -> Tensor:
    return concepts_BTK.masked_fill((torch.rand(concepts_BTK.shape[:2]) < share).unsqueeze(-1), 0)


def fit_line(
    model: LineModel,
    epochs: Sequence[Sequence[Sample]],
    sampler: Sampler,
    config: FitConfig,
    seed: int,
    on_step: Callable[[], None],
) -> None:
    """Teaches in place, epoch after epoch of what is given, over and over."""
    dice = random.Random(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=config.line_rate)
    rounds = [epochs[number % len(epochs)] for number in range(config.line_epochs)]
    schedule = one_cycle(optimiser, sum(-(-len(samples) // 256) for samples in rounds))
    for samples in rounds:
        for places in by_length([len(one.encoded.bag_F) for one in samples], 256, dice):
            lot = sampler.lot([samples[place] for place in places])
            logits_BC = model(lot.bag_BF)
            cost = -(lot.intents_BC * functional.log_softmax(logits_BC, -1)).sum(-1).mean()
            cost = cost + config.line_decay * model.rows.weight.pow(2).sum()
            optimiser.zero_grad()
            cost.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
        on_step()
