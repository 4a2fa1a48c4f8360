"""Pre-training by masked language modelling (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) on the shop's text.

A hidden token loses its n-grams too, and so do its neighbours, whose n-grams would tell it.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from services.nlu.concepts import Concepts
from services.nlu.features import (
    LONGEST,
    MASK,
    PAD,
    RESERVED,
    UNKNOWN,
    Encoded,
    FeatureConfig,
    Vocabulary,
    collate,
    encode,
    word_key,
)
from services.nlu.models.encoder import Encoder, EncoderConfig, MaskedWords
from services.nlu.samples import by_length
from services.nlu.schedule import one_cycle
from services.nlu.text import tokenise


@dataclass(frozen=True)
class PretrainingConfig:
    epochs: int = 1
    batch: int = 64
    rate: float = 2e-3
    hidden_share: float = 0.18
    longest: int = 48
    """Tokens of a text beyond these are left out."""
    words: int = 5000
    """Most words of the vocabulary."""
    fewest: int = 2
    """A word seen less often is unknown: its n-grams stand for it."""


def vocabulary_of(texts: Sequence[str], concepts: Concepts, config: PretrainingConfig) -> Vocabulary:
    """The commonest words, the order settled for equals."""
    counts = Counter(word_key(token) for text in texts for token in tokenise(text))
    kept = sorted((word for word, count in counts.items() if count >= config.fewest), key=lambda w: (-counts[w], w))
    return Vocabulary(kept[: config.words], concepts)


def pretrain(
    encoder: Encoder,
    of: EncoderConfig,
    texts: Sequence[str],
    vocabulary: Vocabulary,
    features: FeatureConfig,
    config: PretrainingConfig,
    seed: int,
    on_step: Callable[[], None],
) -> float:
    """Teaches the encoder in place; returns the mean loss of the last hundred batches."""
    encoded = [encode(tokenise(text)[: min(config.longest, LONGEST)], vocabulary, features) for text in texts]
    model = MaskedWords(encoder, of).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=0.01, fused=True)
    schedule = one_cycle(optimiser, steps(len(texts), config))
    losses: list[float] = []
    for words, grams, concepts, hidden, right in _lots(encoded, config, random.Random(seed)):
        with torch.autocast("cpu", torch.bfloat16):
            scores_MV = model(words, grams, concepts, hidden)
        loss = functional.cross_entropy(scores_MV.float(), right)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
        on_step()
    return sum(losses[-100:]) / max(len(losses[-100:]), 1)


def steps(texts: int, config: PretrainingConfig) -> int:
    return config.epochs * -(-texts // config.batch)


def _lots(
    encoded: Sequence[Encoded], config: PretrainingConfig, dice: random.Random
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]:
    """Words, n-grams, concepts, which tokens are to be told, and what they are."""
    lengths = [len(one.words_T) for one in encoded]
    for _ in range(config.epochs):
        for places in by_length(lengths, config.batch, dice):
            batch = collate([encoded[place] for place in places])
            draw = torch.Generator().manual_seed(dice.getrandbits(31))
            words = torch.from_numpy(batch.words_BT)
            told = _told(words, config.hidden_share, draw)
            near = _beside(told).unsqueeze(-1)
            grams = torch.from_numpy(batch.grams_BTG).masked_fill(near, PAD)
            concepts = torch.from_numpy(batch.concepts_BTK).masked_fill(near, PAD)
            yield torch.where(told, MASK, words), grams, concepts, told, words[told]


def _told(words_BT: Tensor, share: float, draw: torch.Generator) -> Tensor:
    """Which tokens are hidden and to be told: known words alone, and at least one."""
    told_BT = (words_BT >= RESERVED) & (torch.rand(words_BT.shape, generator=draw) < share)
    return told_BT if told_BT.any() else words_BT >= UNKNOWN


def _beside(told_BT: Tensor) -> Tensor:
    """Those and their neighbours."""
    beside_BT = told_BT.clone()
    beside_BT[:, 1:] |= told_BT[:, :-1]
    beside_BT[:, :-1] |= told_BT[:, 1:]
    return beside_BT
