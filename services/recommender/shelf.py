"""A shelf between ranking and answer: spread over kinds of products, led by wishes and pins, filled to its end."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Mask, Rows
from services.recommender.preferences import Wishes
from services.recommender.retrieval.diversity import spread_out
from services.recommender.retrieval.retriever import Retriever

Floats = npt.NDArray[np.float32]
Placed = list[tuple[int, float]]
"""(row, score), from the first place on."""

EXPLORED_PLACE = 10
"""Of the home shelf: kept for a product that came after the models were trained, if there is one."""
_HAIR = np.float32(1e-3)


@dataclass(frozen=True)
class Shelf:
    """Rows in order of score, the scores, and each channel's word on every row."""

    rows: Rows
    scores: Floats
    channels: dict[str, Floats]


def ordered(rows: Rows, scores: Floats, channels: dict[str, Floats]) -> Shelf:
    order = np.argsort(-scores, kind="stable")
    return Shelf(rows[order], scores[order], channels)


def spread(retriever: Retriever, shelf: Shelf, diversity: float, limit: int) -> Placed:
    """Not twenty times the same. A longer shelf begins with the shorter one."""
    places = spread_out(shelf.rows, shelf.scores, retriever.text.vectors_ND, diversity, limit)
    return [(int(shelf.rows[place]), float(shelf.scores[place])) for place in places]


def spread_as_wished(retriever: Retriever, shelf: Shelf, wishes: Wishes, diversity: float, limit: int) -> Placed:
    """What is wanted and the rest are each spread by themselves, or one would drive the other out; then merged."""
    wanted, others = wishes.parted(shelf.rows)
    parts = [spread(retriever, _part(shelf, places), diversity, limit) for places in (wanted, others)]
    due = wishes.due(wanted, len(parts[0]), len(parts[1]))
    rows = [row for part in parts for row, _ in part]
    order = np.argsort(due, kind="stable")[:limit]
    return [(rows[place], float(shelf.scores[at])) for at, place in enumerate(order)]


def _part(shelf: Shelf, places: Rows) -> Shelf:
    """Best score first, whoever it belongs to; by a hair less at each place, so that equals stay in their order."""
    scores = np.sort(shelf.scores[places])[::-1] - _HAIR * np.arange(len(places), dtype=np.float32)
    return Shelf(shelf.rows[places], scores, shelf.channels)


def explored(retriever: Retriever, shelf: Shelf, rows: Placed) -> Placed:
    """Gives the likeliest product that the models do not know yet a place, so that it can be found out about."""
    new = shelf.rows[shelf.rows >= retriever.assortment.trained]
    place = EXPLORED_PLACE - 1
    if retriever.models is None or not len(new) or len(rows) <= place:
        return rows
    if any(row >= retriever.assortment.trained for row, _ in rows[: place + 1]):
        return rows
    chosen = int(new[np.argmax(shelf.channels["new"][new])])
    others = [(row, score) for row, score in rows if row != chosen]
    return [*others[:place], (chosen, rows[place][1]), *others[place:]][: len(rows)]


def behind(pins: list[int], rows: Placed, limit: int) -> Placed:
    """What was pinned, then the others."""
    best = max((score for _, score in rows), default=0.0)
    lifted = [(row, best + len(pins) - place) for place, row in enumerate(pins)]
    return [*lifted, *((row, score) for row, score in rows if row not in pins)][:limit]


def topped_up(retriever: Retriever, allowed: Mask, last: Mask | None, rows: Placed, limit: int) -> Placed:
    """What sells best, then whatever there is, until the shelf is full; what is `last` only when nothing else is."""
    room = limit - len(rows)
    if room <= 0:
        return []
    free = allowed.copy()
    free[[row for row, _ in rows]] = False
    left = np.flatnonzero(free)
    late = np.zeros(len(left), np.bool_) if last is None else last[left]
    order = np.lexsort((-retriever.trends.popular[left], late))[:room]
    below = min((score for _, score in rows), default=0.0)
    return [(int(row), below - place) for place, row in enumerate(left[order], start=1)]
