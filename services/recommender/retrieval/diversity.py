"""Maximal marginal relevance: a shelf that is not twenty times the same. Carbonell and Goldstein, 1998."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

AHEAD = 50
"""How many places something may move up. It does not depend on the shelf's length: a longer shelf begins with the
shorter one, so that pages fit together."""


def spread_out(rows: Rows, scores: Floats, vectors_ND: Floats, diversity: float, limit: int) -> list[int]:
    """Places of `rows` (ordered by `scores`, best first) in the order of the shelf, at most `limit`.

    `diversity` weighs the likeness to what already stands there against the score, which is scaled to the spread of
    the pool's middle half: 0 keeps the order.
    """
    limit = min(limit, len(rows))
    if diversity <= 0 or limit < 2:
        return list(range(limit))
    pool = min(len(rows), AHEAD + limit)
    worth = scores[:pool] / _spread(scores[:AHEAD])
    vectors = vectors_ND[rows[:pool]]
    likeness = np.zeros(pool, np.float32)
    chosen: list[int] = []
    left = np.ones(pool, dtype=np.bool_)
    for reach in range(AHEAD, AHEAD + limit):
        marginal = (1 - diversity) * worth[:reach] - diversity * 3 * likeness[:reach]
        place = int(np.argmax(np.where(left[:reach], marginal, -np.inf)))
        chosen.append(place)
        left[place] = False
        np.maximum(likeness, vectors @ vectors[place], out=likeness)
    return chosen


def _spread(scores: Floats) -> float:
    low, high = np.quantile(scores, [0.25, 0.75])
    return max(float(high - low), 0.1 * float(scores.std()), 1e-9)
