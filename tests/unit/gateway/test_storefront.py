"""Pages put together from a recommender's answers, with no transport at all."""

import pytest

from gateway.identity import Caller, Kind
from gateway.storefront import RECOMMENDER_UNAVAILABLE, Storefront
from servicekit.errors import Forbidden, InvalidInput, NotFound, ServiceError, Unavailable
from shopkeeper.gateway.v1 import gateway_pb2 as gateway
from shopkeeper.recommender.v1 import recommender_pb2 as pb

VISITOR = Caller(Kind.BROWSER, visitor_id="visitor-1", languages=("zh",))
SHOPPER = Caller(Kind.SHOPPER, visitor_id="visitor-1", user_id="user-7")
TEAM = Caller(Kind.TEAM, team="team")
SHELVES = {
    pb.PLACEMENT_HOME: "abc",
    pb.PLACEMENT_BUY_AGAIN: "",
    pb.PLACEMENT_POPULAR: "bcdef",
    pb.PLACEMENT_SIMILAR: "xbc",
    pb.PLACEMENT_GOES_WITH: "cd",
}


class Peer:
    """Answers from `SHELVES`, a letter a product; `down` are the placements that fail."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.down: dict[int, ServiceError] = {}

    async def recommend(self, request: pb.RecommendRequest) -> pb.RecommendResponse:
        self.asked.append(request)
        if error := self.down.get(request.placement):
            raise error
        results = [pb.RecommendedProduct(product_id=each) for each in SHELVES[request.placement]]
        token = f"token-{request.placement}"
        return pb.RecommendResponse(results=results[: request.page_size], attribution_token=token)

    async def search(self, request: pb.SearchRequest) -> pb.SearchResponse:
        self.asked.append(request)
        return pb.SearchResponse(total_size=1)

    async def get_product(self, request: pb.GetProductRequest) -> pb.GetProductResponse:
        if request.product_id != "x":
            raise NotFound("no such product")
        return pb.GetProductResponse(product={"product_id": "x"})

    async def get_profile(self, request: pb.GetProfileRequest) -> pb.GetProfileResponse:
        self.asked.append(request)
        return pb.GetProfileResponse(profile={"visitor_id": request.visitor_id})

    async def delete_profile(self, request: pb.DeleteProfileRequest) -> pb.DeleteProfileResponse:
        self.asked.append(request)
        return pb.DeleteProfileResponse(visitor_ids=[request.visitor_id])


class NoIntake:
    async def take(self, caller: Caller, events: object) -> list[gateway.PublishResult]:
        raise AssertionError("no events in these tests")


class Shop:
    def __init__(self) -> None:
        self.peer = Peer()
        self.degraded: list[str] = []
        self.front = Storefront(self.peer, NoIntake(), self.degraded.append)

    def goes_down(self, *placements: int) -> None:
        self.peer.down = {each: Unavailable("gone") for each in placements or SHELVES}


def ids(shelf: gateway.Shelf) -> str:
    return "".join(result.product_id for result in shelf.results)


async def test_the_home_page_shows_each_product_once_and_no_empty_shelf():
    page = await Shop().front.get_home_page(VISITOR, gateway.GetHomePageRequest())
    assert [(shelf.shelf_id, ids(shelf)) for shelf in page.shelves] == [("for-you", "abc"), ("popular", "def")]
    assert page.shelves[0].attribution_token == f"token-{pb.PLACEMENT_HOME}"
    assert page.visitor_id == "visitor-1"
    assert not page.degradations


async def test_titles_follow_what_is_asked_for_else_what_the_browser_reads():
    front = Shop().front
    assert (await front.get_home_page(VISITOR, gateway.GetHomePageRequest())).shelves[0].title == "为你推荐"
    english = gateway.GetHomePageRequest(language_code="en")
    assert (await front.get_home_page(VISITOR, english)).shelves[0].title == "For you"


async def test_a_product_page_never_shows_the_product_again():
    page = await Shop().front.get_product_page(VISITOR, gateway.GetProductPageRequest(product_id="x", page_size=2))
    assert [(shelf.shelf_id, ids(shelf)) for shelf in page.shelves] == [("goes-with", "cd"), ("similar", "b")]


async def test_a_product_that_is_not_there_is_not_found_whatever_its_shelves_say():
    shop = Shop()
    shop.peer.down = {pb.PLACEMENT_SIMILAR: InvalidInput("no such context")}
    with pytest.raises(NotFound):
        await shop.front.get_product_page(VISITOR, gateway.GetProductPageRequest(product_id="nope"))
    with pytest.raises(InvalidInput):
        await shop.front.get_product_page(VISITOR, gateway.GetProductPageRequest(product_id="x"))


async def test_when_the_recommender_is_gone_home_shows_the_last_popular_shelf_and_says_so():
    shop = Shop()
    await shop.front.get_home_page(VISITOR, gateway.GetHomePageRequest())
    shop.goes_down()
    page = await shop.front.get_home_page(TEAM, gateway.GetHomePageRequest(visitor_id="other", language_code="zh"))
    assert [(shelf.shelf_id, ids(shelf)) for shelf in page.shelves] == [("popular", "bcdef")]
    assert page.shelves[0].attribution_token == "", "the token was another shopper's"
    assert list(page.degradations) == shop.degraded == [RECOMMENDER_UNAVAILABLE]


async def test_one_shelf_that_fails_takes_no_other_with_it():
    shop = Shop()
    shop.goes_down(pb.PLACEMENT_HOME)
    page = await shop.front.get_home_page(VISITOR, gateway.GetHomePageRequest())
    assert [shelf.shelf_id for shelf in page.shelves] == ["popular"]
    assert list(page.degradations) == [RECOMMENDER_UNAVAILABLE]


async def test_a_gateway_that_never_saw_a_shelf_has_none_to_show_but_answers():
    shop = Shop()
    shop.goes_down()
    page = await shop.front.get_home_page(VISITOR, gateway.GetHomePageRequest())
    assert (len(page.shelves), list(page.degradations)) == (0, [RECOMMENDER_UNAVAILABLE])


async def test_a_wrong_question_is_no_degradation():
    shop = Shop()
    shop.peer.down = {pb.PLACEMENT_HOME: InvalidInput("wrong")}
    with pytest.raises(InvalidInput):
        await shop.front.get_home_page(VISITOR, gateway.GetHomePageRequest())
    with pytest.raises(InvalidInput, match="page_size: 51"):
        await shop.front.get_home_page(VISITOR, gateway.GetHomePageRequest(page_size=51))


async def test_recommend_falls_back_to_popular_unless_a_filter_forbids_it():
    shop = Shop()
    await shop.front.get_home_page(VISITOR, gateway.GetHomePageRequest())
    shop.goes_down()
    asked = gateway.RecommendRequest(recommend={"placement": pb.PLACEMENT_GOES_WITH, "context_product_ids": ["b"]})
    answer = await shop.front.recommend(VISITOR, asked)
    assert [each.product_id for each in answer.recommend.results] == list("cdef")
    assert list(answer.recommend.degradations) == [RECOMMENDER_UNAVAILABLE]
    filtered = gateway.RecommendRequest()
    filtered.recommend.filter.brands.append("Fenwick")
    filtered.recommend.placement = pb.PLACEMENT_POPULAR
    bought = gateway.RecommendRequest(recommend={"placement": pb.PLACEMENT_BUY_AGAIN})
    for question in (filtered, bought):
        with pytest.raises(Unavailable):
            await shop.front.recommend(VISITOR, question)


async def test_who_asks_is_handed_on_and_nobody_else():
    shop = Shop()
    await shop.front.search(SHOPPER, gateway.SearchRequest(search={"query": "tea"}))
    await shop.front.get_visitor_profile(SHOPPER, gateway.GetVisitorProfileRequest())
    await shop.front.delete_visitor_profile(SHOPPER, gateway.DeleteVisitorProfileRequest())
    assert {(each.visitor_id, each.user_id) for each in shop.peer.asked} == {("visitor-1", "user-7")}
    for naming in (
        shop.front.search(VISITOR, gateway.SearchRequest(search={"query": "tea", "visitor_id": "other"})),
        shop.front.recommend(VISITOR, gateway.RecommendRequest(recommend={"user_id": "user-7"})),
        shop.front.get_visitor_profile(VISITOR, gateway.GetVisitorProfileRequest(visitor_id="other")),
        shop.front.delete_visitor_profile(VISITOR, gateway.DeleteVisitorProfileRequest(visitor_id="other")),
        shop.front.get_home_page(VISITOR, gateway.GetHomePageRequest(visitor_id="other")),
    ):
        with pytest.raises(Forbidden):
            await naming
