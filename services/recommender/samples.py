"""Lists to learn ranking from: candidates of shoppers at a past moment, their features, and which were wished."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Rows
from services.recommender.history import Wish
from services.recommender.profile import Profile
from services.recommender.recommender import features_of
from services.recommender.retrieval.retriever import Retriever
from services.recommender.shopper import shopper_at

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

NEGATIVES = 60


@dataclass(frozen=True)
class Samples:
    """S samples in lists that lie one after the other; `starts` holds where each begins and, last, where all end."""

    x_SF: Floats
    wished_S: Mask
    starts: npt.NDArray[np.int64]


def gather(
    retriever: Retriever,
    profiles: Mapping[str, Profile],
    wishes: Sequence[Wish],
    known: Mask,
    now_ms: int,
    seed: int,
    on_list: Callable[[], None] = lambda: None,
) -> Samples:
    """For each wish all wished candidates and some of the others. `known`: rows that could be shown then."""
    rng = np.random.default_rng(seed)
    parts: list[Floats] = []
    marks: list[Mask] = []
    for wish in wishes:
        x, wished = _list(retriever, profiles[wish.shopper], wish, known, now_ms)
        on_list()
        if wished.any():
            others = np.flatnonzero(~wished)
            kept = np.concatenate([np.flatnonzero(wished), rng.permutation(others)[:NEGATIVES]])
            parts.append(x[kept])
            marks.append(wished[kept])
    return join([Samples(x, w, np.array([0, len(w)])) for x, w in zip(parts, marks, strict=True)])


def join(parts: Sequence[Samples]) -> Samples:
    """One after the other."""
    if not parts:
        return Samples(np.zeros((0, 0), np.float32), np.zeros(0, np.bool_), np.zeros(1, np.int64))
    lengths = [np.diff(part.starts) for part in parts]
    return Samples(
        np.concatenate([part.x_SF for part in parts]),
        np.concatenate([part.wished_S for part in parts]),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64),
    )


def _list(retriever: Retriever, profile: Profile, wish: Wish, known: Mask, now_ms: int) -> tuple[Floats, Mask]:
    shopper = shopper_at(profile, retriever.assortment, now_ms)
    scores = retriever.scores(shopper)
    rows: Rows = retriever.candidates(scores, known)
    x = features_of(retriever, shopper, rows, scores)
    return x, np.isin(rows, retriever.assortment.rows_of(wish.product_ids))
