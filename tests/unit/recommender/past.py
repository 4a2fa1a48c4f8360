"""A small shop with a past: half its shoppers buy tea, the other half tools, each again and again."""

import random
from collections.abc import Iterator

from services.recommender import events
from services.recommender.events import ShopperEvent
from services.recommender.fit import FitConfig
from services.recommender.learning import LearningConfig
from services.recommender.ranking import RankingConfig
from services.recommender.retrieval.item2vec import Item2VecConfig
from services.recommender.text import TextConfig
from tests.unit.recommender.shops import event

SMALL = LearningConfig(
    cuts=4,
    fit=FitConfig(5.0, 5.0, Item2VecConfig(dimensions=8, epochs=4, batch_size=512)),
    ranking=RankingConfig(networks=1, epochs=4, hidden=(16,), lists_per_batch=8),
    text=TextConfig(dimensions=16),
)


def past(shoppers: int = 60, days: int = 80) -> list[ShopperEvent]:
    """In order of time. Shopper `tea-7` has three favourites among the teas, and tries others."""
    happened = [one for number in range(shoppers) for one in _life(number, days)]
    return sorted(happened, key=lambda one: one.time_ms)


def _life(number: int, days: int) -> Iterator[ShopperEvent]:
    rng = random.Random(number)
    kind = "tea" if number % 2 else "tool"
    favourites = [f"{kind}-{n}" for n in rng.sample(range(20), 3)]
    day = float(rng.uniform(days / 2, days))
    while day > 0:
        tried = f"{kind}-{rng.randrange(20)}"
        yield event(events.VIEW, f"{kind}-{number}", tried, days_ago=day + 0.01)
        yield event(events.PURCHASE, f"{kind}-{number}", *rng.sample(favourites, 2), tried, days_ago=day)
        day -= rng.uniform(3, 9)
