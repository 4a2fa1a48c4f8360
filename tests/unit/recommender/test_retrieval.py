"""Two groups of shoppers, two groups of products: every channel finds the withheld product among its neighbours."""

from collections.abc import Callable

import numpy as np
import pytest

from services.recommender.assortment import Assortment, assemble
from services.recommender.popularity import Popularity, trends
from services.recommender.retrieval import co_purchase, item2vec, neighbours
from services.recommender.retrieval.channel import Channel, top
from services.recommender.retrieval.simple import BuyAgain, New, Popular, Recent
from services.recommender.retrieval.vectors import Vectors
from services.recommender.shopper import Shopper, shopper_at
from services.recommender.text import TextModel, document, tokens
from tests.unit.recommender.shops import NOW, bought, days_of, product, profile_of, two_kinds, viewed

SIZE = 20
TEAS = np.arange(10)
TOOLS = np.arange(10, 20)
EPOCHS = item2vec.Item2VecConfig(dimensions=8, epochs=40, batch_size=256, learning_rate=0.02)


@pytest.fixture(scope="module")
def assortment() -> Assortment:
    catalogue = two_kinds(10)
    text = TextModel.fit([document(one) for one in catalogue])
    return assemble(catalogue, text, [one.product_id for one in catalogue])


def baskets() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [np.sort(rng.choice(kind, 4, replace=False)) for kind in (TEAS, TOOLS) for _ in range(60)]


def ones(rows: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(row, np.ones(len(row), np.float32)) for row in rows]


CHANNELS: dict[str, Callable[[], Channel]] = {
    "cosine": lambda: co_purchase.CoPurchase(co_purchase.fit_cosine(baskets(), SIZE), SIZE),
    "ease": lambda: co_purchase.Ease(co_purchase.fit_ease(ones(baskets()), SIZE, 5.0), SIZE),
    "next-basket": lambda: co_purchase.NextBasket(
        co_purchase.fit_next_basket(ones(baskets()), baskets(), SIZE, 5.0), SIZE
    ),
    "neighbours": lambda: neighbours.Neighbours(neighbours.fit(ones(baskets())), SIZE),
    "item2vec": lambda: Vectors("item2vec", item2vec.vectors(item2vec.fit(baskets(), SIZE, EPOCHS)[0], baskets())),
}


def of_kind(kind: str, assortment: Assortment) -> Shopper:
    return shopper_at(profile_of(bought(f"{kind}-1", f"{kind}-2", f"{kind}-3")), assortment, NOW)


@pytest.mark.parametrize("name", CHANNELS)
def test_checkerboard(name: str, assortment: Assortment) -> None:
    channel = CHANNELS[name]()
    for kind, own in (("tea", TEAS), ("tool", TOOLS)):
        scores = channel.scores(of_kind(kind, assortment))
        withheld = [row for row in own if row not in (own[1], own[2], own[3])]
        others = [row for row in range(SIZE) if row not in own]
        assert scores[withheld].min() > scores[others].max(), name


@pytest.mark.parametrize("name", CHANNELS)
def test_a_stranger_is_no_trouble(name: str, assortment: Assortment) -> None:
    scores = CHANNELS[name]().scores(shopper_at(profile_of(), assortment, NOW))
    assert scores.shape == (SIZE,)
    assert not scores.any()


def test_text_puts_like_with_like_in_both_languages(assortment: Assortment) -> None:
    text = Vectors("text", assortment.text)
    scores = text.scores(of_kind("tea", assortment))
    assert scores[TEAS].min() > 0.5
    assert scores[TOOLS].max() < 0.1
    model = assortment.text_model
    green, chinese = model.vector("green tea"), model.vector("绿茶")
    assert green @ chinese > 0.5
    assert abs(green @ model.vector("锤子")) < 0.1


def test_tokens_of_mixed_text() -> None:
    assert tokens("Set of 2 MUGS 茶叶罐 glass") == ["set", "of", "2", "mug", "茶", "叶", "罐", "茶叶", "叶罐", "glass"]


def test_a_product_no_one_bought_has_a_vector(assortment: Assortment) -> None:
    vector = assortment.text_model.vector(document(product("tea-new", "tea")))
    assert vector @ assortment.text[0] > 0.9


def test_simple_channels(assortment: Assortment) -> None:
    counters = Popularity([*assortment.rows], days_of([bought("tool-4"), bought("tool-4"), bought("tea-1")]))
    popular = Popular(trends(counters, NOW))
    shopper = shopper_at(profile_of(bought("tea-2"), viewed("tea-5"), viewed("tea-2", days_ago=2)), assortment, NOW)
    assert top(popular.scores(shopper), 5).tolist() == [14, 1]
    assert top(BuyAgain(SIZE).scores(shopper), 5).tolist() == [2]
    assert top(Recent(SIZE).scores(shopper), 5).tolist() == [5]  # tea-2 was bought since it was looked at


def test_new_products_come_by_likeness_and_age() -> None:
    catalogue = two_kinds(3)
    for kind in ("tea", "tool"):
        catalogue.put(product(f"{kind}-new", kind, publish_time_ms=NOW - 1))
    text = TextModel.fit([document(one) for one in catalogue])
    made = assemble(catalogue, text, [f"{kind}-{n}" for kind in ("tea", "tool") for n in range(3)])
    shopper = shopper_at(profile_of(viewed("tool-1")), made, NOW)
    ranked = [made.product(int(row)).product_id for row in top(New(made).scores(shopper), 5)]
    assert ranked == ["tool-new", "tea-new"]


def test_item2vec_is_the_same_from_the_same_seed() -> None:
    first, second = (item2vec.fit(baskets(), SIZE, EPOCHS)[0] for _ in range(2))
    assert np.array_equal(first, second)


def test_nothing_to_learn_from() -> None:
    assert not co_purchase.fit_cosine([], SIZE).weights_PK.any()
    assert not co_purchase.fit_ease([], SIZE, 5.0).weights_PK.any()
    assert not co_purchase.fit_next_basket([], [], SIZE, 5.0).weights_PK.any()
    assert not item2vec.vectors(item2vec.fit([], SIZE, EPOCHS)[0], []).any()
    assert TextModel.fit([]).vector("tea").tolist() == [0.0] * TextModel.fit([]).dimensions
