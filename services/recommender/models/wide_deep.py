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
    """Trained networks, ready to score; numpy only. They share scaling and bucket edges."""

    def __init__(self, networks: Sequence[WideDeep]) -> None:
        self.config = networks[0].config
        self._networks = [network.eval() for network in networks]
        states = [{name: tensor.numpy() for name, tensor in n.state_dict().items()} for n in self._networks]
        used_F = states[0]["spread_F"] > 1e-6
        self._mean_F = states[0]["mean_F"]
        self._scale_F = np.where(used_F, 1 / np.where(used_F, states[0]["spread_F"], 1), 0).astype(np.float32)
        self._edges_FK = states[0]["edges_FK"]
        self._wide = np.mean([state["wide.weight"][:, 0] for state in states], axis=0)
        self._deep = [_layers(state) for state in states]
        self._left, self._right = (np.array([c[side] for c in self.config.crosses], dtype=np.int32) for side in (0, 1))

    def score(self, x_BF: Floats) -> Floats:
        """Mean logit [B] of the networks."""
        z_BF = np.clip((x_BF - self._mean_F) * self._scale_F, -5, 5)
        deep = [_forward(layers, z_BF) for layers in self._deep]
        return np.asarray(self._wide[self._cells(x_BF)].sum(1) + np.mean(deep, axis=0), dtype=np.float32)

    def _cells(self, x_BF: Floats) -> npt.NDArray[np.int32]:
        size = self.config.buckets
        counts_BF = np.zeros(x_BF.shape, dtype=np.uint8)
        for edge_F in self._edges_FK.T:
            counts_BF += x_BF > edge_F
        buckets_BF = counts_BF.astype(np.int32)
        plain_BF = buckets_BF + np.arange(self.config.features, dtype=np.int32) * size
        offsets_X = size * self.config.features + np.arange(len(self._left), dtype=np.int32) * size**2
        crossed_BX = buckets_BF[:, self._left] * size + buckets_BF[:, self._right] + offsets_X
        return np.concatenate([plain_BF, crossed_BX], axis=1)

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


Layers = list[tuple[Floats, Floats]]
"""(weight [in, out], bias [out]) from input to output."""


def _layers(state: Mapping[str, Floats]) -> Layers:
    names = [name for name in state if name.startswith("deep.") and name.endswith("weight")]
    names.sort(key=lambda name: int(name.split(".")[1]))
    return [(state[name].T.copy(), state[name.replace("weight", "bias")]) for name in names]


def _forward(layers: Layers, z_BF: Floats) -> Floats:
    for weight, bias in layers[:-1]:
        z_BF = z_BF @ weight
        z_BF += bias
        np.maximum(z_BF, 0, out=z_BF)
    weight, bias = layers[-1]
    return np.asarray((z_BF @ weight + bias)[:, 0])
