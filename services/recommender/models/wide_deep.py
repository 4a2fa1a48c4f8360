"""Wide&Deep ranker: a linear model over bucketised and crossed features beside a multilayer perceptron.

Cheng et al., Wide & Deep Learning for Recommender Systems, 2016. Shapes: B candidates, F features, K buckets,
X crosses. Several networks, trained from different seeds, may stand side by side; their scores are averaged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class WideDeepConfig:
    features: int
    buckets: int = 10
    """Quantile buckets of each feature in the wide part."""
    crosses: tuple[tuple[int, int], ...] = ()
    """Pairs of features whose buckets are crossed in the wide part."""
    hidden: tuple[int, ...] = (128, 64)
    dropout: float = 0.1


class WideDeep(nn.Module):
    """Scores of candidates, as logits. Inputs are raw features; scaling and bucket edges are learnt with `scale_to`."""

    mean_F: Tensor
    spread_F: Tensor
    edges_FK: Tensor

    def __init__(self, config: WideDeepConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean_F", torch.zeros(config.features))
        self.register_buffer("spread_F", torch.ones(config.features))
        self.register_buffer("edges_FK", torch.zeros(config.features, config.buckets - 1))
        cells = config.buckets * config.features + config.buckets**2 * len(config.crosses)
        self.wide = nn.EmbeddingBag(cells, 1, mode="sum")
        nn.init.zeros_(self.wide.weight)
        widths = [config.features, *config.hidden]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(config.dropout)]
        self.deep = nn.Sequential(*layers, nn.Linear(widths[-1], 1))

    def scale_to(self, x_BF: Floats) -> None:
        """Takes mean, spread and quantiles of this sample; a feature that never varies is left out (spread 0)."""
        self.mean_F.copy_(torch.from_numpy(x_BF.mean(0)))
        self.spread_F.copy_(torch.from_numpy(x_BF.std(0)))
        marks = np.linspace(0, 1, self.config.buckets + 1)[1:-1]
        self.edges_FK.copy_(torch.from_numpy(np.quantile(x_BF, marks, axis=0).T.astype(np.float32)))

    def scaled(self, x_BF: Tensor) -> Tensor:
        used = self.spread_F > 1e-6
        z_BF = (x_BF - self.mean_F) / torch.where(used, self.spread_F, torch.ones_like(self.spread_F))
        return torch.where(used, z_BF, torch.zeros_like(z_BF)).clamp(-5, 5)

    def cells(self, x_BF: Tensor) -> Tensor:
        """Rows of the wide table that each candidate lights, [B, F + X]."""
        buckets_BF = (x_BF.unsqueeze(-1) > self.edges_FK).sum(-1)
        plain_BF = buckets_BF + torch.arange(self.config.features) * self.config.buckets
        if not self.config.crosses:
            return plain_BF
        left, right = (torch.tensor([pair[side] for pair in self.config.crosses]) for side in (0, 1))
        base = self.config.buckets * self.config.features
        offsets_X = base + torch.arange(len(self.config.crosses)) * self.config.buckets**2
        crossed_BX = buckets_BF[:, left] * self.config.buckets + buckets_BF[:, right] + offsets_X
        return torch.cat([plain_BF, crossed_BX], dim=1)

    def forward(self, z_BF: Tensor, cells_BC: Tensor) -> Tensor:
        """Logits [B] of scaled features and their wide cells."""
        wide_B: Tensor = self.wide(cells_BC).squeeze(-1)
        deep_B: Tensor = self.deep(z_BF).squeeze(-1)
        return wide_B + deep_B


class Ranker:
    """Trained networks, ready to score; numpy only."""

    def __init__(self, networks: Sequence[WideDeep]) -> None:
        self.config = networks[0].config
        self._parts = [_Part(network.eval()) for network in networks]
        self._networks = list(networks)

    def score(self, x_BF: Floats) -> Floats:
        """Mean logit [B]."""
        total = np.zeros(len(x_BF), dtype=np.float32)
        cells: npt.NDArray[np.int64] | None = None
        for part in self._parts:
            cells = part.cells(x_BF) if cells is None else cells
            total += part.score(x_BF, cells)
        return np.asarray(total / len(self._parts), dtype=np.float32)

    def tensors(self) -> Mapping[str, Floats]:
        """All weights by name, `<network>.<tensor>`."""
        return {
            f"{place}.{name}": np.ascontiguousarray(tensor.numpy())
            for place, network in enumerate(self._networks)
            for name, tensor in network.state_dict().items()
        }

    @classmethod
    def load(cls, config: WideDeepConfig, tensors: Mapping[str, Floats]) -> "Ranker":
        count = 1 + max(int(name.partition(".")[0]) for name in tensors)
        networks = []
        for place in range(count):
            network = WideDeep(config)
            mine = {n.partition(".")[2]: torch.from_numpy(t) for n, t in tensors.items() if n.startswith(f"{place}.")}
            network.load_state_dict(mine)
            networks.append(network)
        return cls(networks)


class _Part:
    """One network as plain arrays. All networks of a ranker share scaling and edges."""

    def __init__(self, network: WideDeep) -> None:
        self._config = network.config
        state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
        used = state["spread_F"] > 1e-6
        self._mean_F = state["mean_F"]
        self._scale_F = np.where(used, 1 / np.where(used, state["spread_F"], 1), 0).astype(np.float32)
        self._edges_FK = state["edges_FK"]
        self._wide = state["wide.weight"][:, 0]
        names = sorted((n for n in state if n.startswith("deep.")), key=lambda n: int(n.split(".")[1]))
        self._layers = [(state[n].T.copy(), state[n.replace("weight", "bias")]) for n in names if n.endswith("weight")]
        left, right = (np.array([pair[side] for pair in self._config.crosses], dtype=np.int64) for side in (0, 1))
        self._left, self._right = left, right

    def cells(self, x_BF: Floats) -> npt.NDArray[np.int64]:
        size = self._config.buckets
        buckets_BF = np.zeros(x_BF.shape, dtype=np.int64)
        for edge_F in self._edges_FK.T:
            buckets_BF += x_BF > edge_F
        plain_BF = buckets_BF + np.arange(self._config.features) * size
        offsets_X = size * self._config.features + np.arange(len(self._left)) * size**2
        crossed_BX = buckets_BF[:, self._left] * size + buckets_BF[:, self._right] + offsets_X
        return np.concatenate([plain_BF, crossed_BX], axis=1)

    def score(self, x_BF: Floats, cells_BC: npt.NDArray[np.int64]) -> Floats:
        hidden = np.clip((x_BF - self._mean_F) * self._scale_F, -5, 5)
        for weight, bias in self._layers[:-1]:
            hidden = np.maximum(hidden @ weight + bias, 0)
        weight, bias = self._layers[-1]
        return np.asarray((hidden @ weight + bias)[:, 0] + self._wide[cells_BC].sum(1), dtype=np.float32)
