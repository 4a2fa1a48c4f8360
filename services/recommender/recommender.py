"""Which products a shopper sees in one place of the shop, in which order, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Mask, Rows
from services.recommender.catalogue import Catalogue, Product
from services.recommender.curation import Curations
from services.recommender.features import matrix
from services.recommender.filters import Filter
from services.recommender.learned import Models
from services.recommender.profile import Profile
from services.recommender.reasons import Reason, reasons, sentence
from services.recommender.retrieval.channel import standardised, top
from services.recommender.retrieval.retriever import Retriever
from services.recommender.shelf import Placed, Shelf, behind, explored, ordered, spread, spread_as_wished, topped_up
from services.recommender.shopper import Shopper, shopper_at
from services.recommender.standing import Standing

Floats = npt.NDArray[np.float32]

HOME = "home"
SIMILAR = "similar"
GOES_WITH = "goes-with"
BUY_AGAIN = "buy-again"
POPULAR = "popular"
PLACEMENTS = (HOME, SIMILAR, GOES_WITH, BUY_AGAIN, POPULAR)

NO_MODEL = "no-model"
TOP_UP = "top-up"
PINNED = "pinned"
CURATED = (HOME, POPULAR)
"""Where what merchandisers pinned stands first. What they hid stands nowhere."""
DEFAULT_DIVERSITY = 0.1


@dataclass(frozen=True)
class Ask:
    """What one shelf is asked for. `limit` counts from the first place: a later page asks for offset + size."""

    placement: str = HOME
    context_product_ids: tuple[str, ...] = ()
    filter: Filter = field(default_factory=Filter)
    exclude_purchased: bool = False
    limit: int = 20
    language_code: str = "en"
    diversity: float | None = None
    """0 by score alone, to 1; None: the default."""


@dataclass(frozen=True)
class Ranked:
    """One place on the shelf. Scores compare within one answer only."""

    product: Product
    score: float
    reason: Reason
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    results: tuple[Ranked, ...]
    degradations: tuple[str, ...] = ()


class Recommender:
    """The domain's door: keeps what it stands on fresh and answers. Safe to use from several threads."""

    def __init__(self, catalogue: Catalogue, models: Models | None = None) -> None:
        self._standing = Standing(catalogue, models)

    @property
    def models(self) -> Models | None:
        return self._standing.models

    def use_models(self, models: Models | None) -> None:
        """Swaps them in; requests in progress end with those they began with."""
        self._standing.use_models(models)

    def use_popularity(self, days: Mapping[int, Mapping[str, int]]) -> None:
        """Replaces the counters of these days: day since 1970 -> field (`buy:ID`, ...) -> count."""
        self._standing.use_popularity(days)

    def use_curations(self, curations: Curations) -> None:
        """Replaces what merchandisers have pinned and hidden."""
        self._standing.use_curations(curations)

    def retriever(self, now_ms: int) -> Retriever:
        """What answers stand on at that time; it never changes."""
        return self._standing.retriever(now_ms)

    def rebuild(self, now_ms: int) -> None:
        """Takes in what has changed at once, whatever it costs: for a change that somebody waits for."""
        self._standing.rebuild(now_ms)

    def refresh(self, now_ms: int) -> None:
        """Rebuilds what has changed, so that the next request need not."""
        self._standing.retriever(now_ms)

    def recommend(self, ask: Ask, profile: Profile, now_ms: int) -> Answer:
        """Never empty while the shop has sellable products that pass the filter, but for BUY_AGAIN."""
        return recommend(self._standing.retriever(now_ms), ask, profile, now_ms)


def recommend(retriever: Retriever, ask: Ask, profile: Profile, now_ms: int) -> Answer:
    """Never empty while the shop has sellable products that pass the filter, but for BUY_AGAIN."""
    assortment = retriever.assortment
    context = assortment.rows_of(ask.context_product_ids)
    shopper = shopper_at(profile, assortment, now_ms, context)
    allowed = _allowed(retriever, ask, shopper)
    shelf = _PLACED[ask.placement](retriever, shopper, allowed)
    wishes = shopper.wishes if ask.placement == HOME else None
    diversity = DEFAULT_DIVERSITY if ask.diversity is None else ask.diversity
    if wishes:
        rows = spread_as_wished(retriever, shelf, wishes, diversity, ask.limit)
    else:
        rows = spread(retriever, shelf, diversity, ask.limit)
    if ask.placement == HOME:
        rows = explored(retriever, shelf, rows)
    pins = [int(row) for row in retriever.pinned if allowed[row]] if ask.placement in CURATED else []
    rows = behind(pins, rows, ask.limit)
    chosen = len(rows)
    if ask.placement != BUY_AGAIN:
        rows += topped_up(retriever, allowed, wishes.unfit(shopper.bought) if wishes else None, rows, ask.limit)
    no_model = retriever.models is None or retriever.models.ranker is None
    results = _explained(retriever, shopper, ask, shelf, rows, chosen, len(pins))
    return Answer(results, (NO_MODEL,) if no_model else ())


def _explained(
    retriever: Retriever,
    shopper: Shopper,
    ask: Ask,
    shelf: Shelf,
    rows: Placed,
    chosen: int,
    pinned: int,
) -> tuple[Ranked, ...]:
    """The shelf with reasons and sources; the first `pinned` were pinned, what stands behind the first `chosen` only
    fills it up."""
    language = ask.language_code
    why = reasons(retriever, shopper, ask.placement, [row for row, _ in rows[:chosen]], shelf.channels, language)
    why += [Reason(TOP_UP, text=sentence(TOP_UP, language))] * (len(rows) - chosen)
    loudness = {name: (values, float(values.max(initial=0))) for name, values in shelf.channels.items()}
    sources = [_sources(loudness, row) if place < chosen else (TOP_UP,) for place, (row, _) in enumerate(rows)]
    sources[:pinned] = [(PINNED, *those) for those in sources[:pinned]]
    return tuple(
        Ranked(retriever.assortment.product(row), score, reason, source)
        for (row, score), reason, source in zip(rows, why, sources, strict=True)
    )


def _allowed(retriever: Retriever, ask: Ask, shopper: Shopper) -> Mask:
    """Rows that may stand on the shelf at all."""
    mask = retriever.assortment.allowed(ask.filter)
    if ask.exclude_purchased or len(shopper.context) or len(retriever.hidden):
        mask = mask.copy()
        mask[retriever.hidden] = False
        mask[shopper.context] = False
        if ask.exclude_purchased:
            mask[shopper.bought] = False
    return mask


def _home(retriever: Retriever, shopper: Shopper, allowed: Mask) -> Shelf:
    scores = retriever.scores(shopper)
    wishes = shopper.wishes
    rows = retriever.candidates(scores, allowed & ~wishes.unfit(shopper.bought) if wishes else allowed)
    return ordered(rows, rank(retriever, shopper, rows, scores), scores)


def rank(retriever: Retriever, shopper: Shopper, rows: Rows, scores: dict[str, Floats]) -> Floats:
    """Of these candidates, by the ranker; by the channels' blend where there is none."""
    models = retriever.models
    if models is None or models.ranker is None or not len(rows):
        return np.asarray(retriever.blend(scores)[rows])
    return models.ranker.score(features_of(retriever, shopper, rows, scores))


def features_of(retriever: Retriever, shopper: Shopper, rows: Rows, scores: dict[str, Floats]) -> Floats:
    """The ranker's input, in training as in serving: [candidate, feature]."""
    signals = retriever.signals(shopper, scores)
    signals["text-nearest"] = retriever.nearest_in_text(shopper, rows)
    return matrix(shopper, rows, retriever.assortment, signals, retriever.trends, retriever.stats)


def _similar(retriever: Retriever, shopper: Shopper, allowed: Mask) -> Shelf:
    """Near in words and in how people shop; a little by what sells."""
    scores = {c.name: c.scores(shopper) for c in retriever.channels if c.name in ("text", "item2vec")}
    total = sum((weight * scores[name] for name, weight in (("text", 0.6), ("item2vec", 0.4)) if name in scores), _none)
    return _by_score(retriever, np.asarray(total, dtype=np.float32), scores, allowed)


def _goes_with(retriever: Retriever, shopper: Shopper, allowed: Mask) -> Shelf:
    """Bought in the same baskets; near in how people shop where baskets are few."""
    names = ("co-purchase", "item2vec", "text")
    scores = {c.name: c.scores(shopper) for c in retriever.channels if c.name in names}
    weights = {"co-purchase": 1.0, "item2vec": 0.2, "text": 0.05}
    total = sum((weights[name] * values for name, values in scores.items()), _none)
    return _by_score(retriever, np.asarray(total, dtype=np.float32), scores, allowed)


def _buy_again(retriever: Retriever, shopper: Shopper, allowed: Mask) -> Shelf:
    scores = retriever.scores(shopper)
    rows = shopper.bought[allowed[shopper.bought]]
    return ordered(rows, rank(retriever, shopper, rows, scores), scores)


def _popular(retriever: Retriever, shopper: Shopper, allowed: Mask) -> Shelf:
    scores = {"popular": retriever.trends.popular}
    rows = top(retriever.trends.popular, len(allowed), allowed)
    return ordered(rows, retriever.trends.popular[rows], scores)


_none = np.float32(0)
_PLACED = {HOME: _home, SIMILAR: _similar, GOES_WITH: _goes_with, BUY_AGAIN: _buy_again, POPULAR: _popular}


def _by_score(retriever: Retriever, total: Floats, scores: dict[str, Floats], allowed: Mask) -> Shelf:
    popular = standardised(np.log1p(retriever.trends.popular))
    rows = top(total, len(allowed), allowed)
    return ordered(rows, total[rows] + 0.01 * popular[rows], scores)


def _sources(loudness: Mapping[str, tuple[Floats, float]], row: int) -> tuple[str, ...]:
    """Public names of the channels that spoke for it, loudest first by share of their best."""
    said = [(float(values[row]) / best, name) for name, (values, best) in loudness.items() if values[row] > 0]
    return tuple(dict.fromkeys(PUBLIC.get(name, name) for _, name in sorted(said, reverse=True)))


PUBLIC = {"taste": "co-purchase", "next-basket": "co-purchase", "neighbours": "co-purchase"}
"""Channels that a caller knows by a wider name."""
