"""Figures of a ranked list against what was bought, as everyone states them: recall@k and NDCG@k."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

PLACES = 20


def recall(ranked: Sequence[object], wanted: Collection[object], places: int = PLACES) -> float:
    """Share of `wanted` among the first places."""
    return len(set(ranked[:places]) & set(wanted)) / len(wanted)


def ndcg(ranked: Sequence[object], wanted: Collection[object], places: int = PLACES) -> float:
    """Each hit worth 1 / log2(place + 1), against a list that begins with min(places, wanted) hits."""
    gains = 1 / np.log2(np.arange(2, places + 2))
    hits = [gain for gain, item in zip(gains, ranked, strict=False) if item in set(wanted)]
    return float(sum(hits) / gains[: len(set(wanted))].sum())


@dataclass
class Figures:
    """Means over shoppers, `all` and `new`: without what the shopper had bought before, in lists and in wishes."""

    _sums: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {"all": [], "new": []})

    def add(
        self,
        everything: Sequence[object],
        unbought: Sequence[object],
        wanted: Collection[object],
        had: Collection[object],
    ) -> None:
        """One shopper: the list of all, the list without what they had, what they bought, what they had before."""
        if not wanted:
            return
        self._sums["all"].append((recall(everything, wanted), ndcg(everything, wanted)))
        fresh = set(wanted) - set(had)
        if fresh:
            self._sums["new"].append((recall(unbought, fresh), ndcg(unbought, fresh)))

    def means(self) -> Mapping[str, Mapping[str, float]]:
        """`all` and `new`, each `recall_at_20`, `ndcg_at_20` and `shoppers`."""
        return {
            kind: {
                "recall_at_20": float(np.mean([r for r, _ in rows])) if rows else 0.0,
                "ndcg_at_20": float(np.mean([n for _, n in rows])) if rows else 0.0,
                "shoppers": len(rows),
            }
            for kind, rows in self._sums.items()
        }
