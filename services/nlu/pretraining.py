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
    epochs: int = 3
    batch: int = 96
    rate: float = 1.5e-3
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
    for words, grams, hidden, right in _lots(encoded, config, random.Random(seed)):
        with torch.autocast("cpu", torch.bfloat16):
            scores_MV = model(words, grams, hidden)
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
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Words, n-grams, which tokens are to be told, and what they are."""
    lengths = [len(one.words_T) for one in encoded]
    for _ in range(config.epochs):
        for places in by_length(lengths, config.batch, dice):
            batch = collate([encoded[place] for place in places])
            words, grams = torch.from_numpy(batch.words_BT), torch.from_numpy(batch.grams_BTG)
            draw = torch.Generator().manual_seed(dice.getrandbits(31))
            yield _hide(words, grams, config.hidden_share, draw)


def _hide(
    words_BT: Tensor, grams_BTG: Tensor, share: float, draw: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    tellable_BT = (words_BT >= RESERVED) & (torch.rand(words_BT.shape, generator=draw) < share)
    if not tellable_BT.any():
        tellable_BT = words_BT >= UNKNOWN
    shown_BT = torch.where(tellable_BT, MASK, words_BT)
    beside_BT = tellable_BT.clone()
    beside_BT[:, 1:] |= tellable_BT[:, :-1]
    beside_BT[:, :-1] |= tellable_BT[:, 1:]
    return shown_BT, grams_BTG.masked_fill(beside_BT.unsqueeze(-1), 0), tellable_BT, words_BT[tellable_BT]
