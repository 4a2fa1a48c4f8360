"""What a shopper said, in arrays over the products: what counts, for how long, and which word decides."""

import numpy as np
import pytest

from services.recommender.assortment import Assortment, assemble
from services.recommender.catalogue import Catalogue, Product, Wording
from services.recommender.events import PREFERENCE, Preference, ShopperEvent
from services.recommender.meaning import taste_of
from services.recommender.preferences import Wishes, left_of, wishes_at
from services.recommender.profile import Profile, fold, merge
from services.recommender.purchases import DAY_MS
from services.recommender.recommender import Ask, Recommender
from services.recommender.search import SearchAsk, SearchIndex
from services.recommender.text import TextModel, document
from tests.unit.recommender.shops import NOW

COLOURS = {"red": "红色", "green": "绿色", "blue": "蓝色"}
MATERIALS = {"cotton": "纯棉", "wool": "羊毛"}


def shirt(colour: str, material: str, number: int) -> Product:
    """10 to 60, dearer by number."""
    sizes = ("S", "M") if number % 2 else ("M", "L")
    wordings = {
        "en": Wording(
            f"{colour} {material} shirt {number}",
            attributes={"colour": (colour,), "material": (material,), "size": sizes},
        ),
        "zh": Wording(
            f"{COLOURS[colour]}{MATERIALS[material]}衬衫 {number}",
            attributes={"colour": (COLOURS[colour],), "material": (MATERIALS[material],), "size": sizes},
        ),
    }
    return Product(f"{colour}-{material}-{number}", wordings, price=10.0 * (number + 1), stock=5)


CATALOGUE = Catalogue(shirt(c, m, n) for c in COLOURS for m in MATERIALS for n in range(6))
NAMES = [each.product_id for each in CATALOGUE]


@pytest.fixture(scope="module")
def assortment() -> Assortment:
    return assemble(CATALOGUE, TextModel.fit([document(each) for each in CATALOGUE]))


def said(*words: tuple[str, str, float], days_ago: float = 0.0) -> list[tuple[int, str, str, float]]:
    return [(NOW - int(days_ago * DAY_MS) + place, *word) for place, word in enumerate(words)]


def profile(*words: tuple[str, str, float], days_ago: float = 0.0) -> Profile:
    return Profile(visitor_id="ann", event_count=1, preferences=said(*words, days_ago=days_ago))


def wishes(assortment: Assortment, *words: tuple[str, str, float]) -> Wishes:
    return found(profile(*words), assortment)


def found(profile: Profile, assortment: Assortment) -> Wishes:
    made = wishes_at(profile, assortment, NOW)
    assert made is not None
    return made


def names(mask: np.ndarray) -> set[str]:
    return {NAMES[row] for row in np.flatnonzero(mask)}


def test_a_word_fades_within_weeks() -> None:
    assert left_of(said(("colour", "red", 1.0))[0], NOW) == 1.0
    assert left_of(said(("colour", "red", -1.0), days_ago=21)[0], NOW) == -0.5
    assert left_of(said(("colour", "red", 1.0), days_ago=60)[0], NOW) == 0.0
    assert left_of(said(("colour", "red", 1.0), days_ago=-1)[0], NOW) == 1.0  # a clock that runs ahead


def test_who_said_nothing_that_counts_has_no_wishes(assortment: Assortment) -> None:
    assert wishes_at(Profile(), assortment, NOW) is None
    assert wishes_at(profile(("colour", "red", 1.0), days_ago=90), assortment, NOW) is None
    assert wishes_at(profile(("colour", "red", 0.0)), assortment, NOW) is None


def test_wishes_add_up_and_what_is_unwanted_is_apart(assortment: Assortment) -> None:
    made = wishes(assortment, ("colour", "green", 1.0), ("material", "cotton", 1.0), ("colour", "red", -1.0))
    assert made.wanted[NAMES.index("green-cotton-0")] == pytest.approx(2)
    assert made.wanted[NAMES.index("green-wool-0")] == pytest.approx(1)
    assert names(made.unwanted) == {name for name in NAMES if name.startswith("red")}
    assert not made.too_dear.any()


def test_the_later_word_on_a_property_decides(assortment: Assortment) -> None:
    turned = wishes(assortment, ("colour", "绿色", -1.0), ("colour", "green", 1.0), ("material", "wool", -1.0))
    assert names(turned.unwanted) == {name for name in NAMES if "wool" in name}  # green wool as well
    back = wishes(assortment, ("colour", "green", 1.0), ("colour", "绿色", -1.0))
    assert names(back.unwanted) == {name for name in NAMES if name.startswith("green")}
    assert not back.wanted.any()


def test_a_highest_price_is_for_what_is_new_to_the_shopper(assortment: Assortment) -> None:
    made = wishes(assortment, ("max_price", "30 CNY", 1.0))
    assert names(made.too_dear) == {name for name in NAMES if name[-1] in "345"}
    bought = assortment.rows_of(["red-wool-5"])
    assert "red-wool-5" not in names(made.unfit(bought))
    assert not wishes(assortment, ("max_price", "30", 1.0), ("max_price", "0", -1.0)).too_dear.any()
    assert not wishes(assortment, ("max_price", "cheap", 1.0)).too_dear.any()


def test_a_price_said_of_a_kind_of_product_holds_for_that_kind(assortment: Assortment) -> None:
    """Whoever looks for red ones under 30 may pay more for others."""
    looking = Profile(visitor_id="ann")
    words = (Preference("words", "red shirt"), Preference("max_price", "30"))
    fold(looking, ShopperEvent("1", PREFERENCE, NOW - 3, "ann", preferences=words))
    dear_red = {name for name in NAMES if name.startswith("red") and name[-1] in "345"}
    assert names(found(looking, assortment).too_dear) == dear_red
    fold(looking, ShopperEvent("2", PREFERENCE, NOW - 2, "ann", preferences=(Preference("words", "red shirt"),)))
    assert names(found(looking, assortment).too_dear) == dear_red
    elsewhere = Profile(visitor_id="phone")
    fold(elsewhere, ShopperEvent("3", PREFERENCE, NOW - 4, "phone", preferences=(Preference("max_price", "50"),)))
    assert names(found(merge([elsewhere, looking]), assortment).too_dear) == dear_red
    fold(elsewhere, ShopperEvent("4", PREFERENCE, NOW - 1, "phone", preferences=(Preference("max_price", "50"),)))
    for both in (merge([elsewhere, looking]), merge([looking, elsewhere])):
        assert names(found(both, assortment).too_dear) == {name for name in NAMES if name[-1] == "5"}


def test_a_size_only_puts_aside_what_cannot_be_worn(assortment: Assortment) -> None:
    made = wishes(assortment, ("size", "L", 1.0))
    assert names(made.unwanted) == {name for name in NAMES if int(name[-1]) % 2}
    assert not made.wanted.any()
    corrected = wishes(assortment, ("size", "L", 1.0), ("size", "S", 1.0))
    assert names(corrected.unwanted) == {name for name in NAMES if not int(name[-1]) % 2}


def shelf(profile: Profile, limit: int = 12, **asked: object) -> list[str]:
    answer = Recommender(CATALOGUE).recommend(Ask(limit=limit, **asked), profile, NOW)  # type: ignore[arg-type]
    return [ranked.product.product_id for ranked in answer.results]


def test_as_words_fade_the_shelf_returns_to_what_it_was() -> None:
    def blue(days_ago: float) -> int:
        return sum(name.startswith("blue") for name in shelf(profile(("colour", "blue", 1.0), days_ago=days_ago)))

    assert blue(0) >= 7 > blue(21)
    assert shelf(profile(("colour", "blue", 1.0), days_ago=90)) == shelf(Profile())


def test_what_is_unwanted_comes_last_but_is_still_in_the_shop() -> None:
    whole = shelf(profile(("material", "wool", -1.0)), limit=100)
    assert len(set(whole)) == len(NAMES)
    assert all("cotton" in name for name in whole[:18])
    assert all("wool" in name for name in whole[18:])


def test_pages_begin_alike_for_a_shopper_with_wishes() -> None:
    whole = shelf(profile(("colour", "blue", 1.0), ("material", "wool", -1.0), ("max_price", "50", 1.0)), limit=36)
    assert sorted(whole) == sorted(NAMES)
    for limit in (1, 5, 12, 20):
        assert whole[:limit] == shelf(
            profile(("colour", "blue", 1.0), ("material", "wool", -1.0), ("max_price", "50", 1.0)), limit=limit
        )


def test_what_matches_says_so() -> None:
    answer = Recommender(CATALOGUE).recommend(Ask(limit=3), profile(("colour", "blue", 1.0)), NOW)
    first = answer.results[0]
    assert first.product.product_id.startswith("blue")
    assert (first.reason.code, first.reason.text) == ("taste", "Matches what you like")
    assert "preference" in first.sources


def test_the_shelf_of_best_sellers_is_the_same_for_all() -> None:
    asked = {"placement": "popular", "limit": 36}
    assert shelf(profile(("colour", "blue", 1.0), ("material", "wool", -1.0)), **asked) == shelf(Profile(), **asked)


def test_search_puts_what_was_said_first_among_equals() -> None:
    index, recommender = SearchIndex(), Recommender(CATALOGUE)
    for each in CATALOGUE:
        index.put(each)
    taste = taste_of(recommender.retriever(NOW), profile(("colour", "blue", 1.0), ("colour", "red", -1.0)), NOW)
    found = [hit[0].product_id for hit in index.search(SearchAsk("shirt", size=100, taste=taste)).hits]
    assert len(found) == 36
    assert all(name.startswith("blue") for name in found[:12])
    assert all(name.startswith("red") for name in found[24:])
