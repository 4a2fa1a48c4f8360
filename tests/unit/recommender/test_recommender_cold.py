"""A shop that has learned nothing yet still shows a shelf, and a shopper's acts change it."""

import pytest

from services.recommender.catalogue import Catalogue, Product, Wording
from services.recommender.filters import Filter
from services.recommender.profile import Profile
from services.recommender.purchases import DAY_MS
from services.recommender.recommender import Answer, Ask, Recommender
from tests.unit.recommender.shops import NOW, bought, days_of, product, profile_of, two_kinds, viewed


def ids(answer: Answer) -> list[str]:
    return [ranked.product.product_id for ranked in answer.results]


def test_an_empty_shop_answers_an_empty_shelf() -> None:
    answer = Recommender(Catalogue()).recommend(Ask(), Profile(), NOW)
    assert answer.results == ()
    assert answer.degradations == ("no-model",)


def test_a_stranger_sees_what_sells() -> None:
    recommender = Recommender(two_kinds())
    recommender.use_popularity(days_of([bought("tool-3"), bought("tool-3"), bought("tea-7")]))
    answer = recommender.recommend(Ask(), Profile(), NOW)
    assert ids(answer)[:2] == ["tool-3", "tea-7"]
    assert len(answer.results) == 20
    assert len(set(ids(answer))) == 20
    assert answer.results[0].reason.code == "popular"


@pytest.mark.parametrize("kind", ["tea", "tool"])
def test_one_click_turns_the_shelf(kind: str) -> None:
    recommender = Recommender(two_kinds(40))
    recommender.use_popularity(days_of([bought("tea-1"), bought("tool-1")]))
    answer = recommender.recommend(Ask(), profile_of(viewed(f"{kind}-5")), NOW)
    assert sum(name.startswith(kind) for name in ids(answer)[:10]) >= 9


def test_what_was_bought_comes_again_unless_it_is_unwanted() -> None:
    recommender = Recommender(two_kinds())
    profile = profile_of(bought("tea-3"), bought("tea-3", days_ago=9))
    answer = recommender.recommend(Ask(), profile, NOW)
    assert ids(answer)[0] == "tea-3"
    assert answer.results[0].reason.code == "buy-again"
    assert "buy-again" in answer.results[0].sources
    assert "tea-3" not in ids(recommender.recommend(Ask(exclude_purchased=True, limit=40), profile, NOW))
    assert ids(recommender.recommend(Ask(placement="buy-again"), profile, NOW)) == ["tea-3"]
    assert ids(recommender.recommend(Ask(placement="buy-again"), Profile(), NOW)) == []


def test_similar_and_goes_with_lean_on_the_context() -> None:
    recommender = Recommender(two_kinds())
    for placement in ("similar", "goes-with"):
        answer = recommender.recommend(Ask(placement=placement, context_product_ids=("tool-4",)), Profile(), NOW)
        assert "tool-4" not in ids(answer)
        assert all(name.startswith("tool") for name in ids(answer)[:10])
    similar = recommender.recommend(Ask(placement="similar", context_product_ids=("tool-4",)), Profile(), NOW)
    assert similar.results[0].reason.code == "similar-to"
    assert similar.results[0].reason.related_product_id == "tool-4"


def test_a_new_product_is_recommendable_at_once() -> None:
    catalogue = two_kinds()
    recommender = Recommender(catalogue)
    recommender.refresh(NOW)
    catalogue.put(product("tea-new", "tea", publish_time_ms=NOW - DAY_MS))
    ask = Ask(placement="similar", context_product_ids=("tea-new",), limit=5)
    recommender.use_models(None)
    answer = recommender.recommend(ask, Profile(), NOW)
    assert all(name.startswith("tea") for name in ids(answer))
    home = recommender.recommend(Ask(limit=20), profile_of(viewed("tea-1")), NOW)
    assert "tea-new" in ids(home)


def test_filters_hold_whatever_the_placement() -> None:
    catalogue = two_kinds()
    catalogue.put(product("tea-cheap", "tea", price=2.0))
    catalogue.put(product("tea-gone", "tea", price=2.0, stock=0))
    recommender = Recommender(catalogue)
    recommender.use_popularity(days_of([bought("tool-1"), bought("tea-gone"), bought("tea-2")]))
    profile = profile_of(viewed("tool-1"), bought("tool-2", "tea-gone", "tea-cheap", days_ago=3))
    cheap = Filter(max_price=5.0)
    for placement in ("home", "similar", "goes-with", "buy-again", "popular"):
        context = ("tea-1",) if placement in ("similar", "goes-with") else ()
        ask = Ask(placement=placement, context_product_ids=context, limit=50)
        answer = recommender.recommend(Ask(**{**ask.__dict__, "filter": cheap}), profile, NOW)
        assert ids(answer) == ["tea-cheap"], placement
        every = recommender.recommend(ask, profile, NOW)
        assert "tea-gone" not in ids(every)
        tools = recommender.recommend(
            Ask(
                **{
                    **ask.__dict__,
                    "filter": Filter(categories=("tool",), exclude_product_ids=frozenset({"tool-2"})),
                }
            ),
            profile,
            NOW,
        )
        assert all(name.startswith("tool") and name != "tool-2" for name in ids(tools))
        assert len(tools.results) == (0 if placement == "buy-again" else 19)


def test_the_shelf_is_filled_up_to_what_the_shop_has() -> None:
    recommender = Recommender(two_kinds(5))
    answer = recommender.recommend(Ask(placement="similar", context_product_ids=("tea-1",)), Profile(), NOW)
    assert sorted(ids(answer)) == sorted({f"{k}-{n}" for k in ("tea", "tool") for n in range(5)} - {"tea-1"})
    assert answer.results[-1].sources == ("top-up",)


def test_pages_follow_each_other() -> None:
    recommender = Recommender(two_kinds())
    profile = profile_of(viewed("tea-5"))
    short = ids(recommender.recommend(Ask(limit=5, diversity=0.0), profile, NOW))
    assert ids(recommender.recommend(Ask(limit=15, diversity=0.0), profile, NOW))[:5] == short


def test_reasons_speak_the_language_asked_for() -> None:
    recommender = Recommender(two_kinds())
    ask = Ask(placement="similar", context_product_ids=("tea-1",), language_code="zh-CN")
    text = recommender.recommend(ask, Profile(), NOW).results[0].reason.text
    assert text.startswith("与“绿茶 茶叶")
    assert text.endswith("”相似")


def test_products_without_price_stock_or_known_words_are_no_trouble() -> None:
    catalogue = Catalogue([Product("x", {"fr": Wording("???")}), Product("y", {"en": Wording("")})])
    answer = Recommender(catalogue).recommend(Ask(), profile_of(viewed("x"), bought("y", "gone")), NOW)
    assert sorted(ids(answer)) == ["x", "y"]


def test_diversity_spreads_the_kinds() -> None:
    recommender = Recommender(two_kinds(12))
    profile = profile_of(viewed("tea-1"))
    plain = ids(recommender.recommend(Ask(limit=8, diversity=0.0), profile, NOW))
    spread = ids(recommender.recommend(Ask(limit=8, diversity=0.9), profile, NOW))
    assert sum(name.startswith("tool") for name in spread) > sum(name.startswith("tool") for name in plain)


def test_what_sells_is_followed_day_by_day() -> None:
    catalogue = two_kinds()
    recommender = Recommender(catalogue)
    ask = Ask(placement="popular", limit=2, diversity=0.0)
    recommender.use_popularity(days_of([bought("tea-1"), bought("tea-1"), bought("tool-1", days_ago=3)]))
    assert ids(recommender.recommend(ask, Profile(), NOW)) == ["tea-1", "tool-1"]
    recommender.use_popularity(days_of([bought("tool-2", days_ago=2)] * 5))
    catalogue.put(product("tea-late", "tea"))
    recommender.use_models(None)
    assert ids(recommender.recommend(ask, Profile(), NOW)) == ["tool-2", "tea-1"]


def test_a_clock_that_is_ahead_is_no_trouble() -> None:
    recommender = Recommender(two_kinds())
    profile = profile_of(bought("tool-1", days_ago=-0.2), viewed("tea-5", days_ago=-0.5))
    shelf = ids(recommender.recommend(Ask(), profile, NOW))
    assert {"tea-5", "tool-1"} <= set(shelf[:3])
