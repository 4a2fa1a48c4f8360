"""Which shelves a page has, what they are called, and how several become one page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shopkeeper.gateway.v1.gateway_pb2 import Shelf
from shopkeeper.recommender.v1.recommender_pb2 import (
    PLACEMENT_BUY_AGAIN,
    PLACEMENT_GOES_WITH,
    PLACEMENT_HOME,
    PLACEMENT_POPULAR,
    PLACEMENT_SIMILAR,
    Placement,
    RecommendResponse,
)

TITLES: Mapping[str, Mapping[str, str]] = {
    "for-you": {"en": "For you", "zh": "为你推荐"},
    "buy-again": {"en": "Buy again", "zh": "再次购买"},
    "popular": {"en": "Popular now", "zh": "大家都在买"},
    "similar": {"en": "Similar products", "zh": "相似商品"},
    "goes-with": {"en": "Goes well with it", "zh": "搭配购买"},
}


@dataclass(frozen=True)
class ShelfPlan:
    """A shelf that a page wants. `spare`: how many more to ask for, since shelves above may take some away."""

    shelf_id: str
    placement: Placement.ValueType
    spare: bool = False


HOME = (
    ShelfPlan("for-you", PLACEMENT_HOME),
    ShelfPlan("buy-again", PLACEMENT_BUY_AGAIN, spare=True),
    ShelfPlan("popular", PLACEMENT_POPULAR, spare=True),
)
PRODUCT = (
    ShelfPlan("goes-with", PLACEMENT_GOES_WITH),
    ShelfPlan("similar", PLACEMENT_SIMILAR, spare=True),
)


def shelf(shelf_id: str, answer: RecommendResponse, language: str) -> Shelf:
    titles = TITLES[shelf_id]
    return Shelf(
        shelf_id=shelf_id,
        title=titles.get(language, titles["en"]),
        results=answer.results,
        attribution_token=answer.attribution_token,
    )


def without_repeats(shelves: Iterable[Shelf], size: int, seen: Iterable[str] = ()) -> Sequence[Shelf]:
    """Each product stands on the first shelf that has it; shelves are cut to `size`, empty ones left out."""
    shown = set(seen)
    kept = []
    for each in shelves:
        results = [result for result in each.results if result.product_id not in shown][:size]
        shown.update(result.product_id for result in results)
        if results:
            kept.append(
                Shelf(
                    shelf_id=each.shelf_id, title=each.title, results=results, attribution_token=each.attribution_token
                )
            )
    return kept
