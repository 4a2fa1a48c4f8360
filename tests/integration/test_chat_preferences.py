"""What a shopper says in chat, as the shopper meets it: the home shelf of the sample shop follows at once."""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from sample_shop import products as sample_products
from servicekit.artifacts import ArtifactStore
from services.recommender import bundle
from services.recommender.assortment import assemble
from services.recommender.catalogue import Catalogue
from services.recommender.codec import to_product, to_shopper_event
from services.recommender.features import NAMES
from services.recommender.fit import FitConfig, Start, fit
from services.recommender.history import History
from services.recommender.learned import Models
from services.recommender.models.wide_deep import Ranker, WideDeep, WideDeepConfig
from services.recommender.text import TextModel, document
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.events.v1.events_pb2 import UserEvent
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from tests.clickstream import event, publish
from tests.running_recommender import Recommender, running_recommender, until

FIRST = 12
"""Products that a home page shows before anyone scrolls."""


@pytest.fixture(scope="module")
def catalogue() -> list[Product]:
    return sample_products.products(datetime.now(UTC))


@pytest.fixture(scope="module")
def history(catalogue: list[Product]) -> list[UserEvent]:
    """What sold before: the same few products to many."""
    chance, now_ms = random.Random(7), time.time_ns() // 1_000_000
    names = [product.product_id for product in catalogue]
    return [
        event(f"old-{n % 60}", "purchase-complete", *chance.choices(names[::5], k=3), at_ms=now_ms - n * 600_000)
        for n in reversed(range(900))
    ]


def models_of(catalogue: Sequence[Product], history: Sequence[UserEvent]) -> Models:
    """Learned from the history, but for the ranker: whatever it thinks of the products, wishes come before it."""
    known = Catalogue(map(to_product, catalogue))
    text = TextModel.fit([document(one) for one in known])
    assortment = assemble(known, text, sorted(one.product_id for one in known))
    happened = [to_shopper_event(each) for each in history]
    now_ms = happened[-1].time_ms + 1
    past = History(happened, assortment)
    past.advance(now_ms)
    return replace(fit(past, assortment, now_ms, FitConfig(), Start()), ranker=opinionated())


def opinionated() -> Ranker:
    torch.manual_seed(7)
    network = WideDeep(WideDeepConfig(features=len(NAMES), crosses=((0, 1),), hidden=(16,)))
    network.scale_to(np.random.default_rng(7).normal(size=(200, len(NAMES))).astype(np.float32))
    return Ranker([network])


@pytest.fixture(scope="module", params=["no bundle", "trained bundle"])
def shop(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    catalogue: list[Product],
    history: list[UserEvent],
) -> Iterator[Recommender]:
    with running_recommender(tmp_path_factory.mktemp("shop")) as recommender:
        recommender.put(catalogue)
        publish(recommender.to.log, "test", history)
        if request.param == "trained bundle":
            store = ArtifactStore(recommender.to.shop.artifacts_url)
            store.promote(bundle.KIND, bundle.save(store, models_of(catalogue, history)).version)
            until(lambda: list(recommender.recommend().degradations), lambda missing: not missing, seconds=30)
        until(lambda: recommender.recommend(placement=pb.PLACEMENT_POPULAR).results[0].score > 0)
        yield recommender


Property = Callable[[Product], bool]


def of(name: str, word: str) -> Property:
    """By the catalogue's own English words, in the title or in the attribute of that name."""

    def has(product: Product) -> bool:
        values = [value for attribute in product.attributes if attribute.name == name for value in attribute.values]
        return any(word in text for text in (product.title, *values))

    return has


COTTON, WOOL, LINEN = of("material", "Cotton"), of("material", "Wool"), of("material", "Linen")
GREENS = ("Green", "Olive", "Mint")


def green(product: Product) -> bool:
    return any(of("colour", shade)(product) for shade in GREENS)


class Shopper:
    """A visitor nobody has seen before, and what their home page shows."""

    def __init__(self, shop: Recommender, user_id: str = "") -> None:
        self._shop, self.visitor_id, self._user = shop, f"v-{uuid.uuid4().hex[:8]}", user_id

    def says(self, name: str, value: str, weight: float = 1.0) -> None:
        told = event(self.visitor_id, "chat-preference")
        told.user_id = self._user
        said = told.preferences.add(name=name, value=value)
        said.weight.value = weight
        self._tell(told)

    def does(self, event_type: str, *product_ids: str) -> None:
        told = event(self.visitor_id, event_type, *product_ids)
        told.user_id = self._user
        self._tell(told)

    def _tell(self, told: UserEvent) -> None:
        count = self.profile.event_count
        publish(self._shop.to.log, "test", [told])
        until(lambda: self.profile.event_count, lambda now: now > count)

    @property
    def profile(self) -> pb.Profile:
        return self._shop.profile(self.visitor_id)

    def home(self, size: int = FIRST, **asked: object) -> list[pb.RecommendedProduct]:
        answer = self._shop.recommend(self.visitor_id, page_size=size, user_id=self._user, **asked)
        return list(answer.results)

    def sees(self, wanted: Property) -> int:
        """How many of the first products are so."""
        return sum(wanted(result.product) for result in self.home())


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("material", "Cotton", COTTON),
        ("material", "cotton", COTTON),
        ("material", "纯棉", COTTON),
        ("material", "亚麻的", LINEN),
        ("colour", "green", green),
        ("colour", "绿色", green),
        ("colour", "Navy", of("colour", "Navy")),
        ("colour", "藏青色", of("colour", "Navy")),
        ("brand", "Plainfield", lambda product: product.brand == "Plainfield"),
        ("brand", "素野", lambda product: product.brand == "Plainfield"),
        ("category", "running shoes", lambda product: product.categories == ["Shoes > Sports Shoes > Running"]),
        ("category", "跑鞋", lambda product: product.categories == ["Shoes > Sports Shoes > Running"]),
        ("words", "picture book", lambda product: product.categories == ["Books > Children > Picture Books"]),
    ],
)
def test_a_newcomer_says_what_they_like_and_sees_it(shop: Recommender, name: str, value: str, wanted: Property) -> None:
    ann = Shopper(shop)
    before = ann.sees(wanted)
    ann.says(name, value)
    shelf = ann.home()
    assert sum(wanted(result.product) for result in shelf) >= max(FIRST / 2, before + 4)
    assert len({result.product_id for result in shelf}) == FIRST
    assert not all(wanted(result.product) for result in shelf)  # other things are still to be discovered
    assert wanted(shelf[0].product)
    assert all(result.reason.code == "taste" for result in shelf if wanted(result.product))


@pytest.mark.parametrize("value", ["wool", "Merino Wool", "羊毛"])
def test_whoever_wants_no_wool_is_shown_none(shop: Recommender, catalogue: list[Product], value: str) -> None:
    ben = Shopper(shop)
    merino = [product.product_id for product in catalogue if of("material", "Merino Wool")(product)]
    ben.does("detail-page-view", *merino[:6])
    assert ben.sees(of("material", "Merino Wool")) >= 3
    ben.says("material", value, -1.0)
    assert ben.sees(of("material", "Merino Wool")) == 0
    assert not any(of("material", "Merino Wool")(result.product) for result in ben.home(100))


def test_a_mind_may_change(shop: Recommender) -> None:
    cleo = Shopper(shop)
    cleo.says("colour", "green", -1.0)
    assert cleo.sees(green) == 0
    cleo.says("colour", "Green", 1.0)
    assert cleo.sees(green) >= 7
    assert [(each.value, round(each.weight, 2)) for each in cleo.profile.preferences] == [("Green", 1.0)]
    cleo.says("colour", "绿色", -1.0)
    assert cleo.sees(green) == 0


def test_a_budget_holds_for_what_is_new_and_not_for_what_they_buy(shop: Recommender, catalogue: list[Product]) -> None:
    dan = Shopper(shop)
    dear = next(product for product in catalogue if product.price.units > 200 and product.stock.value)
    dan.does("purchase-complete", dear.product_id)
    dan.says("max_price", "100")
    shelf = dan.home(100)
    assert all(result.product.price.units <= 100 for result in shelf if result.product_id != dear.product_id)
    of_its_kind = dan.home(filter=pb.ProductFilter(categories=dear.categories))  # all of them dearer than that
    assert [result.reason.code for result in of_its_kind] == ["buy-again"] + ["top-up"] * (len(of_its_kind) - 1)
    assert of_its_kind[0].product_id == dear.product_id
    dan.says("max_price", "50")
    assert sum(result.product.price.units > 50 for result in dan.home()) <= 1


def test_several_wishes_together(shop: Recommender) -> None:
    eve = Shopper(shop)
    for name, value, weight in (("material", "cotton", 1), ("colour", "green", 1), ("material", "linen", -1)):
        eve.says(name, value, weight)
    shelf = [result.product for result in eve.home()]
    assert green(shelf[0])
    assert COTTON(shelf[0])
    assert sum(green(product) or COTTON(product) for product in shelf) >= 7
    assert not any(map(LINEN, shelf))
    told = [(each.name, each.value, round(each.weight, 2)) for each in eve.profile.preferences]
    assert told == [("material", "linen", -1.0), ("colour", "green", 1.0), ("material", "cotton", 1.0)]
    assert all(each.HasField("event_time") for each in eve.profile.preferences)


def test_even_a_shelf_of_nothing_else_is_filled(shop: Recommender) -> None:
    flo = Shopper(shop)
    flo.says("category", "Laptops", -1.0)
    flo.says("max_price", "10")
    laptops = pb.ProductFilter(categories=["Phones & Electronics > Computers > Laptops"])
    assert len(flo.home(filter=laptops)) >= 6


def test_what_was_said_on_one_device_holds_on_another_and_is_forgotten_with_the_shopper(shop: Recommender) -> None:
    user_id = f"u-{uuid.uuid4().hex[:8]}"
    phone, laptop = Shopper(shop, user_id), Shopper(shop, user_id)
    laptop.does("home-page-view")
    phone.says("colour", "green")
    assert laptop.sees(green) >= 7
    shop.stub.DeleteProfile(pb.DeleteProfileRequest(visitor_id=phone.visitor_id, user_id=user_id), timeout=10)
    assert laptop.sees(green) < 7
    assert not phone.profile.preferences
