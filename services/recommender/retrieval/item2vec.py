"""Vectors of products from baskets and visits: Word2Vec's skip-gram with negative sampling, products as words.

Mikolov et al., 2013; Barkan and Koenigstein, Item2vec, 2016. The window is the whole sequence: its order says little.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.retrieval.vectors import unit

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Item2VecConfig:
    dimensions: int = 48
    epochs: int = 4
    partners: int = 3
    """Context products drawn for each product of a sequence, each epoch."""
    negatives: int = 8
    batch_size: int = 8192
    learning_rate: float = 0.01
    seed: int = 1


def fit(
    sequences: Sequence[npt.NDArray[np.int64]],
    size: int,
    config: Item2VecConfig = Item2VecConfig(),
    start: tuple[Floats, Floats] | None = None,
    on_epoch: Callable[[], None] = lambda: None,
) -> tuple[Floats, Floats]:
    """Input and output vectors [product, dimension]; `start` goes on from those of an earlier fit.

    Products in no sequence of two or more get zero vectors.
    """
    import torch
    from torch.nn.functional import logsigmoid

    rng = np.random.default_rng(config.seed)
    generator = torch.Generator().manual_seed(config.seed)
    counts = np.bincount(np.concatenate([np.zeros(0, np.int64), *sequences]), minlength=size)
    noise = torch.from_numpy(np.maximum(counts, 1e-3) ** 0.75)
    if start is None:
        start = (rng.normal(0, 0.1, (size, config.dimensions)).astype(np.float32),) * 2
    inputs, outputs = (torch.tensor(part, requires_grad=True) for part in start)
    optimiser = torch.optim.Adam([inputs, outputs], lr=config.learning_rate)
    for _ in range(config.epochs):
        centres, contexts = (torch.from_numpy(side) for side in _pairs(sequences, config.partners, rng))
        for at in range(0, len(centres), config.batch_size):
            centre_B, context_B = centres[at : at + config.batch_size], contexts[at : at + config.batch_size]
            wrong_BN = torch.multinomial(noise, len(centre_B) * config.negatives, True, generator=generator)
            centre_BD = inputs[centre_B]
            right_B = (centre_BD * outputs[context_B]).sum(-1)
            wrong_BND = outputs[wrong_BN].view(len(centre_B), config.negatives, -1)
            false_BN = torch.einsum("bd,bnd->bn", centre_BD, wrong_BND)
            loss = -(logsigmoid(right_B).mean() + logsigmoid(-false_BN).sum(-1).mean())
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        on_epoch()
    return inputs.detach().numpy(), outputs.detach().numpy()


def _pairs(
    sequences: Sequence[npt.NDArray[np.int64]], partners: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Shuffled (centre, context) pairs, for every product of every sequence `partners` others of it."""
    centres, contexts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for sequence in sequences:
        if len(sequence) < 2:
            continue
        n = min(partners, len(sequence) - 1)
        steps = rng.integers(1, len(sequence), (len(sequence), n))
        others = (np.arange(len(sequence))[:, None] + steps) % len(sequence)
        centres.append(np.repeat(sequence, n))
        contexts.append(sequence[others].ravel())
    order = rng.permutation(sum(len(part) for part in centres))
    return np.concatenate(centres)[order], np.concatenate(contexts)[order]


def vectors(inputs: Floats, sequences: Sequence[npt.NDArray[np.int64]]) -> Floats:
    """Unit vectors; zero for products that were in no sequence of two or more."""
    seen = np.zeros(len(inputs), dtype=np.bool_)
    for sequence in sequences:
        if len(sequence) >= 2:
            seen[sequence] = True
    return unit(np.where(seen[:, None], inputs, 0).astype(np.float32))
