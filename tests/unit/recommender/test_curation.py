"""What merchandisers pin stands first and what they hide stands nowhere, on shelves and in search."""

import pytest

from services.recommender.curation import Curation, Curations
from services.recommender.filters import Filter
from services.recommender.profile import Profile
from services.recommender.recommender import PLACEMENTS, Answer, Ask, Recommender
from services.recommender.search import SearchAsk, SearchIndex
from tests.unit.recommender.shops import NOW, bought, days_of, product, profile_of, two_kinds, viewed

PINS = Curations(pinned=("tool-9", "tea-4", "gone"), hidden=frozenset({"tea-1", "tool-1"}))


def ids(answer: Answer) -> list[str]:
    return [ranked.product.product_id for ranked in answer.results]


@pytest.fixture
def recommender() -> Recommender:
    made = Recommender(two_kinds())
    made.use_popularity(days_of([bought("tea-1"), bought("tea-1"), bought("tool-3"), bought("tool-9")]))
    made.use_curations(PINS)
    return made


def test_decisions_in_the_order_they_were_made() -> None:
    made = [Curation("b", pinned=True), Curation("x", hidden=True), Curation("a", pinned=True)]
    assert Curations.of(made) == Curations(("b", "a"), frozenset({"x"}))


@pytest.mark.parametrize("placement", ["home", "popular"])
def test_pinned_products_stand_first_in_the_order_of_the_pins(recommender: Recommender, placement: str) -> None:
    answer = recommender.recommend(Ask(placement), profile_of(viewed("tea-5")), NOW)
    assert ids(answer)[:2] == ["tool-9", "tea-4"]
    assert len(set(ids(answer))) == 20
    scores = [ranked.score for ranked in answer.results]
    assert scores[:3] == sorted(scores[:3], reverse=True)
    assert [ranked.sources[0] == "pinned" for ranked in answer.results] == [True] * 2 + [False] * 18
    assert {ranked.reason.code for ranked in answer.results[:2]} <= {"popular", "similar-to", "taste", "goes-with"}
    assert all(ranked.reason.text for ranked in answer.results)


def test_a_pin_does_not_reach_past_filter_stock_and_wishes() -> None:
    catalogue = two_kinds()
    catalogue.put(product("tea-4", "tea", stock=0))
    recommender = Recommender(catalogue)
    recommender.use_curations(Curations(pinned=("tea-4", "tool-9", "tool-2")))
    tools = recommender.recommend(Ask(filter=Filter(categories=("tool",)), limit=40), Profile(), NOW)
    assert ids(tools)[:2] == ["tool-9", "tool-2"]
    assert len(ids(tools)) == 20
    tea = recommender.recommend(Ask(filter=Filter(categories=("tea",)), limit=40), Profile(), NOW)
    assert all(name.startswith("tea") and name != "tea-4" for name in ids(tea))
    fresh = recommender.recommend(Ask(exclude_purchased=True), profile_of(bought("tool-9")), NOW)
    assert ids(fresh)[0] == "tool-2"
    assert "tool-9" not in ids(fresh)


@pytest.mark.parametrize("placement", ["similar", "goes-with", "buy-again"])
def test_other_shelves_are_not_for_pins(recommender: Recommender, placement: str) -> None:
    ask = Ask(placement, context_product_ids=("tea-5",) if placement != "buy-again" else ())
    answer = recommender.recommend(ask, profile_of(bought("tea-6")), NOW)
    assert not any("pinned" in ranked.sources for ranked in answer.results)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_what_is_hidden_is_on_no_shelf(recommender: Recommender, placement: str) -> None:
    ask = Ask(placement, context_product_ids=("tea-5",) if placement != "buy-again" else (), limit=100)
    answer = recommender.recommend(ask, profile_of(bought("tea-1", "tool-1", "tea-6")), NOW)
    assert answer.results
    assert not {"tea-1", "tool-1"} & set(ids(answer))


def test_pages_begin_alike(recommender: Recommender) -> None:
    whole = ids(recommender.recommend(Ask(limit=38), Profile(), NOW))
    for limit in (1, 2, 7, 20):
        assert ids(recommender.recommend(Ask(limit=limit), Profile(), NOW)) == whole[:limit]
    assert len(set(whole)) == 38


def test_a_decision_taken_back_is_gone_at_once(recommender: Recommender) -> None:
    recommender.recommend(Ask(), Profile(), NOW)
    recommender.use_curations(Curations())
    answer = recommender.recommend(Ask(), Profile(), NOW)
    assert ids(answer)[0] == "tea-1"
    assert not any("pinned" in ranked.sources for ranked in answer.results)


@pytest.fixture
def index() -> SearchIndex:
    made = SearchIndex()
    for each in two_kinds():
        made.put(each)
    return made


def test_search_shows_pins_first_among_the_matches_only(index: SearchIndex) -> None:
    found = index.search(SearchAsk("hammer", curations=Curations(pinned=("tool-17", "tea-3", "tool-11"))))
    names = [hit[0].product_id for hit in found.hits]
    assert names[:2] == ["tool-17", "tool-11"]
    assert (len(set(names)), found.total, found.pinned) == (20, 20, {"tool-17", "tool-11"})
    scores = [score for _, score in found.hits]
    assert scores == sorted(scores, reverse=True)


def test_search_never_shows_or_counts_what_is_hidden(index: SearchIndex) -> None:
    hidden = Curations(hidden=frozenset({"tool-4", "tea-0"}))
    found = index.search(SearchAsk("hammer", size=100, curations=hidden))
    assert found.total == 19
    assert "tool-4" not in [hit[0].product_id for hit in found.hits]
    named = index.search(SearchAsk("tool-4", size=100, curations=hidden))
    assert "tool-4" not in [hit[0].product_id for hit in named.hits]
    everything = index.search(SearchAsk(filter=Filter(categories=("tool", "tea")), curations=hidden, size=100))
    counted = next(facet for facet in everything.facets if facet.name == "brand")
    assert {value.value: value.count for value in counted.values} == {"tea": 19, "tool": 19}


def test_a_shopper_who_asks_for_the_cheapest_sees_the_cheapest(index: SearchIndex) -> None:
    index.put(product("tool-0", "tool", price=1.0))
    pins = Curations(pinned=("tool-17",))
    found = index.search(SearchAsk("hammer", order="price-ascending", curations=pins))
    assert (found.hits[0][0].product_id, found.pinned) == ("tool-0", frozenset())
    filtered = index.search(SearchAsk("hammer", filter=Filter(max_price=5.0), curations=pins))
    assert [hit[0].product_id for hit in filtered.hits] == ["tool-0"]
