"""Products as a merchandiser's console, the generator and the dialogue meet them: read whole, changed, put back."""

import uuid
from collections.abc import Iterator

import pytest

from shopkeeper.catalog.v1.catalog_pb2 import Attribute, Product
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from tests.running_recommender import Recommender, product, running_recommender, small_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    with running_recommender(tmp_path_factory.mktemp("shop")) as recommender:
        recommender.put(small_shop())
        yield recommender


def whole(shop: Recommender, product_id: str) -> Product:
    return shop.stub.GetProduct(pb.GetProductRequest(product_id=product_id), timeout=5).product


def ids(answer: pb.RecommendResponse | pb.SearchResponse) -> list[str]:
    return [result.product_id for result in answer.results]


def test_a_product_read_without_a_language_can_be_changed_and_put_back(shop: Recommender) -> None:
    before = whole(shop, "kettle-green-1")
    assert [words.language_code for words in before.localizations] == ["zh"]
    edited = Product()
    edited.CopyFrom(before)
    edited.description = "Boils a litre in three minutes."
    edited.localizations[0].description = "三分钟烧开一升水。"
    assert shop.put([edited]).imported_count == 1
    assert whole(shop, "kettle-green-1") == edited  # and nothing else has changed
    for language, description in (("en", edited.description), ("zh", "三分钟烧开一升水。")):
        asked = pb.GetProductRequest(product_id="kettle-green-1", language_code=language)
        shown = shop.stub.GetProduct(asked, timeout=5).product
        assert (shown.description, len(shown.localizations)) == (description, 0)
    assert ids(shop.search("三分钟烧开"))[0] == "kettle-green-1"


def test_an_import_is_on_shelves_and_in_search_when_it_is_answered(shop: Recommender) -> None:
    fresh = product("novel", "white", 70)
    fresh.title = "The cartographer's daughter"
    shop.put([fresh])
    assert fresh.product_id in ids(shop.recommend(page_size=100))
    assert fresh.product_id in ids(shop.recommend(placement=pb.PLACEMENT_POPULAR, page_size=100))
    assert ids(shop.search("cartographer"))[0] == fresh.product_id


def test_an_import_repeated_by_its_request_id_undoes_nothing_that_came_after(shop: Recommender) -> None:
    request_id, text = str(uuid.uuid4()), "As it was published."
    published = product("shirt", "green", 3)
    published.description = text
    first = shop.put([published], request_id)
    published.description = "As it was corrected."
    shop.put([published])
    assert shop.put([product("shirt", "green", 3)], request_id) == first
    assert whole(shop, "shirt-green-3").description == "As it was corrected."


@pytest.mark.parametrize("name", ["colour", "Colour", "color", "颜色"])
@pytest.mark.parametrize("value", ["red", "RED", " Red", "红色"])
def test_a_filter_takes_an_attribute_in_either_language(shop: Recommender, name: str, value: str) -> None:
    wanted = pb.ProductFilter(attributes=[Attribute(name=name, values=[value])])
    red = {one.product_id for one in small_shop() if "-red-" in one.product_id}
    assert set(ids(shop.search(filter=wanted, page_size=100))) == red
    assert set(ids(shop.recommend(filter=wanted, page_size=100))) == red
    shirts = shop.search("衬衫", filter=wanted, page_size=100)
    assert set(ids(shirts)) == {name for name in red if name.startswith("shirt")}


def test_a_filter_of_several_values_takes_any_of_them(shop: Recommender) -> None:
    wanted = pb.ProductFilter(attributes=[Attribute(name="colour", values=["红色", "Blue"])])
    found = ids(shop.search("shirt", filter=wanted, page_size=100))
    assert len(found) == 8
    assert {name.split("-")[1] for name in found} == {"red", "blue"}
