"""Learns the ranker from lists of past moments."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from services.recommender.features import NAMES
from services.recommender.models.wide_deep import Ranker, WideDeep, WideDeepConfig
from services.recommender.samples import Samples

CROSSES = (
    ("own_baskets_since", "own_orders"),
    ("own_share", "own_days_since_last"),
    ("own_by_basket", "shopper_baskets"),
    ("own_due", "own_orders"),
    ("rank_taste", "own_has"),
    ("rank_next-basket", "rank_taste"),
    ("popular_rank", "rank_taste"),
    ("rank_neighbours", "popular_rank"),
)
"""Pairs of features that the wide part crosses."""


@dataclass(frozen=True)
class RankingConfig:
    networks: int = 3
    epochs: int = 3
    lists_per_batch: int = 24
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    listwise: float = 0.0
    """Weight of the softmax loss over a list, beside the binary loss."""
    hidden: tuple[int, ...] = (128, 64)
    dropout: float = 0.2
    seed: int = 1


def learn(samples: Samples, config: RankingConfig, on_batch: Callable[[], None] = lambda: None) -> Ranker:
    """Several networks from different seeds; their scores are averaged."""
    places = {name: place for place, name in enumerate(NAMES)}
    shape = WideDeepConfig(
        features=len(NAMES),
        crosses=tuple((places[a], places[b]) for a, b in CROSSES),
        hidden=config.hidden,
        dropout=config.dropout,
    )
    networks = []
    inputs: tuple[Tensor, Tensor] | None = None
    for number in range(config.networks):
        torch.manual_seed(config.seed + number)
        network = WideDeep(shape)
        network.scale_to(samples.x_SF)
        if inputs is None:
            inputs = _inputs(network, samples)
        _fit(network, *inputs, samples, config, np.random.default_rng(config.seed + number), on_batch)
        networks.append(network)
    return Ranker(networks)


def batches(samples: Samples, config: RankingConfig) -> int:
    """How often `learn` calls `on_batch`."""
    lists = len(samples.starts) - 1
    return config.networks * config.epochs * -(-lists // config.lists_per_batch)


@torch.no_grad()
def _inputs(network: WideDeep, samples: Samples) -> tuple[Tensor, Tensor]:
    """Scaled features [S, F] and wide cells [S, C], in pieces: the buckets of all at once would not fit."""
    scaled, cells = [], []
    for at in range(0, len(samples.x_SF), 20_000):
        x_BF = torch.from_numpy(samples.x_SF[at : at + 20_000])
        scaled.append(network.scaled(x_BF))
        cells.append(network.cells(x_BF).to(torch.int32))
    return torch.cat(scaled), torch.cat(cells)


def _fit(
    network: WideDeep,
    z_SF: Tensor,
    cells_SC: Tensor,
    samples: Samples,
    config: RankingConfig,
    rng: np.random.Generator,
    on_batch: Callable[[], None],
) -> None:
    wished_S = torch.from_numpy(samples.wished_S.astype(np.float32))
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    lists = len(samples.starts) - 1
    steps = config.epochs * -(-lists // config.lists_per_batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate * 3, steps)
    network.train()
    for _ in range(config.epochs):
        order = rng.permutation(lists)
        for at in range(0, lists, config.lists_per_batch):
            chosen = order[at : at + config.lists_per_batch]
            spans = [np.arange(samples.starts[n], samples.starts[n + 1]) for n in chosen]
            rows = torch.from_numpy(np.concatenate(spans))
            owner = torch.from_numpy(np.repeat(np.arange(len(spans)), [len(span) for span in spans]))
            logits_B = network(z_SF[rows], cells_SC[rows])
            loss = _loss(logits_B, wished_S[rows], owner, len(spans), config.listwise)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            on_batch()


def _loss(logits_B: Tensor, wished_B: Tensor, owner_B: Tensor, lists: int, listwise: float) -> Tensor:
    """Binary cross-entropy, and the softmax over each list against its wished ones, lists alike."""
    loss = binary_cross_entropy_with_logits(logits_B, wished_B)
    if listwise <= 0:
        return loss
    top = logits_B.max().detach()
    sums = torch.zeros(lists).index_add(0, owner_B, (logits_B - top).exp())
    log_share = logits_B - top - sums.log()[owner_B]
    counts = torch.zeros(lists).index_add(0, owner_B, wished_B)
    per_list = -torch.zeros(lists).index_add(0, owner_B, log_share * wished_B) / counts.clamp(min=1)
    return loss + listwise * per_list.mean()
