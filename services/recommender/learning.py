"""Learns everything a shop's past can teach: channels as of now, and a ranker from several past moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from servicekit.progress import Progress
from services.recommender import events
from services.recommender.assortment import Mask, assemble
from services.recommender.catalogue import Catalogue
from services.recommender.events import ShopperEvent
from services.recommender.fit import FitConfig, Start, fit
from services.recommender.history import History, Wish
from services.recommender.judging import held_out, judge
from services.recommender.learned import Models
from services.recommender.models.wide_deep import Ranker
from services.recommender.profile import Profile
from services.recommender.purchases import DAY_MS
from services.recommender.ranking import RankingConfig, batches, learn
from services.recommender.retrieval.retriever import Retriever
from services.recommender.samples import Samples, gather, join
from services.recommender.text import TextConfig, TextModel, document

STEPS = 4
"""Of a fit."""
FEWEST_LISTS = 30
"""Fewer lists than this teach no ranker; the channels' blend stays."""
WISH_DAYS = 31
PURCHASES = frozenset([events.PURCHASE])
CARTS = PURCHASES | {events.ADD_TO_CART}
VIEWS = CARTS | {events.VIEW, events.CLICK}


@dataclass(frozen=True)
class LearningConfig:
    cuts: int = 12
    """Most past moments to learn ranking from."""
    seed: int = 1
    fit: FitConfig = field(default_factory=FitConfig)
    ranking: RankingConfig = field(default_factory=RankingConfig)
    text: TextConfig = field(default_factory=TextConfig)


@dataclass(frozen=True)
class Learned:
    models: Models
    metrics: Mapping[str, object]


def moments(first_ms: int, now_ms: int, most: int) -> list[int]:
    """Past moments to learn from, oldest first, at even steps over the newer part of the past.

    The step is a sixteenth of the past, at least 1 and at most 14 days; the first 40 % only fill profiles.
    """
    span = now_ms - first_ms
    step = int(min(max(span / 16, DAY_MS), 14 * DAY_MS))
    return [now_ms - step * k for k in range(min(most, int(0.6 * span / step)), 0, -1)]


@dataclass(frozen=True)
class Past:
    """What is needed to judge rankers at a past moment, on shoppers held out."""

    retriever: Retriever
    profiles: Mapping[str, Profile]
    wishes: Sequence[Wish]
    known: Mask
    now_ms: int


class _Learner:
    """Goes through the past once, from moment to moment."""

    def __init__(
        self, catalogue: Catalogue, happened: Sequence[ShopperEvent], config: LearningConfig, progress: Progress
    ) -> None:
        text = TextModel.fit([document(product) for product in catalogue], replace(config.text, seed=config.seed))
        self.assortment = assemble(catalogue, text, sorted(product.product_id for product in catalogue))
        self.history = History(happened, self.assortment)
        self.kinds = _kinds(happened)
        first_ms, self.now_ms = (happened[0].time_ms, happened[-1].time_ms + 1) if happened else (0, 0)
        self.cuts = moments(first_ms, self.now_ms, config.cuts)
        self._config, self._progress, self._start = config, progress, Start()

    @property
    def judged_cut(self) -> int:
        """The last moment but one: two steps of the future are known of it."""
        return self.cuts[max(len(self.cuts) - 2, 0)]

    def models_at(self, now_ms: int) -> Models:
        """Channels as of that moment, which must not lie before the last one asked for."""
        self.history.advance(now_ms)
        vectors = replace(self._config.fit.vectors, seed=self._config.seed)
        if self._start.vectors is not None:
            vectors = replace(vectors, epochs=1)
        fit_config = replace(self._config.fit, vectors=vectors)
        return fit(self.history, self.assortment, now_ms, fit_config, self._start, self._progress)

    def retriever_at(self, cut_ms: int) -> tuple[Retriever, list[Wish]]:
        """As it would have stood then, and what was wished next."""
        models = self.models_at(cut_ms)
        wishes = self.history.wishes(min(self.now_ms, cut_ms + WISH_DAYS * DAY_MS), self.kinds)
        return Retriever(self.assortment, self.history.trends(cut_ms), models), wishes

    def lists_at(self, retriever: Retriever, wishes: Sequence[Wish], cut_ms: int, seed: int) -> Samples:
        taught = [wish for wish in wishes if not held_out(wish.shopper)]
        self._progress.stage("  lists to learn from", len(taught))
        profiles, known = self.history.profiles, self.history.known
        return gather(retriever, profiles, taught, known, cut_ms, seed, self._progress)

    def past(self, retriever: Retriever, wishes: Sequence[Wish], cut_ms: int) -> Past:
        judged = [wish for wish in wishes if held_out(wish.shopper)]
        profiles = {wish.shopper: self.history.profile_now(wish.shopper) for wish in judged}
        return Past(retriever, profiles, judged, self.history.known.copy(), cut_ms)


def past_moment(
    catalogue: Catalogue, happened: Sequence[ShopperEvent], config: LearningConfig, progress: Progress
) -> Past:
    """The moment at which rankers are compared. Raises ValueError if the past is too short to have one."""
    learner = _Learner(catalogue, happened, config, progress)
    if not learner.cuts:
        raise ValueError(f"{len(happened)} events are too short a past to judge by")
    progress.stage("channels as of then", STEPS)
    past = learner.past(*learner.retriever_at(learner.judged_cut), learner.judged_cut)
    progress.close()
    return past


def learn_all(
    catalogue: Catalogue, happened: Sequence[ShopperEvent], config: LearningConfig, progress: Progress
) -> Learned:
    """`happened` in order of time. With too little to learn ranking from, models without a ranker."""
    learner = _Learner(catalogue, happened, config, progress)
    parts: list[Samples] = []
    past: Past | None = None
    for number, cut_ms in enumerate(learner.cuts):
        progress.stage(f"past moment {number + 1} of {len(learner.cuts)}", STEPS)
        retriever, wishes = learner.retriever_at(cut_ms)
        parts.append(learner.lists_at(retriever, wishes, cut_ms, config.seed + number))
        if cut_ms == learner.judged_cut:
            past = learner.past(retriever, wishes, cut_ms)
    progress.stage("channels as of now", STEPS)
    models = learner.models_at(learner.now_ms)
    samples = join([part for part in parts if len(part.wished_S)])
    models = replace(models, ranker=_ranker(samples, replace(config.ranking, seed=config.seed), progress))
    progress.close()
    lists = len(samples.starts) - 1
    metrics: dict[str, object] = {"events": len(happened), "products": len(catalogue), "lists": lists}
    if past is not None and models.ranker is not None:
        judged = judge(past.retriever, models.ranker, past.profiles, past.wishes, past.known, past.now_ms)
        metrics["held_out"] = judged
    return Learned(models, metrics)


def _ranker(samples: Samples, config: RankingConfig, progress: Progress) -> Ranker | None:
    if len(samples.starts) - 1 < FEWEST_LISTS:
        return None
    progress.stage("ranker", batches(samples, config))
    return learn(samples, config, progress)


def _kinds(happened: Sequence[ShopperEvent]) -> frozenset[str]:
    """What counts as a wish: purchases, and where they are few, carts, and views too."""
    counts = {kind: sum(event.event_type in kind for event in happened) for kind in (PURCHASES, CARTS, VIEWS)}
    for kind, least in ((PURCHASES, 1_000), (CARTS, 1_000)):
        if counts[kind] >= least:
            return kind
    return VIEWS
