"""What the shop's pages are made of: answers of the recommender put together, events taken in.

Knows contracts, but no transport. Where the recommender is missing the answer is the simpler one that can be had, and
says so in `degradations`.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from gateway.identity import Caller
from gateway.shelves import HOME, PRODUCT, ShelfPlan, shelf, without_repeats
from servicekit.errors import DeadlineExceeded, InvalidInput, Overloaded, Unavailable, Violation
from shopkeeper.events.v1.events_pb2 import UserEvent
from shopkeeper.gateway.v1 import gateway_pb2 as gateway
from shopkeeper.recommender.v1 import recommender_pb2 as recommender

RECOMMENDER_UNAVAILABLE = "recommender-unavailable"
ABSENT = (Unavailable, DeadlineExceeded, Overloaded)
"""Errors that mean that the recommender has no answer now, not that the question was wrong."""
MAX_SHELF = 50
DEFAULT_SHELF = 12
DEFAULT_RECOMMENDED = 20
MAX_EVENTS = 1000
MAX_LANGUAGES = 16


class Recommender(Protocol):
    """The recommender as the storefront needs it. Errors are `servicekit.errors`."""

    async def recommend(self, request: recommender.RecommendRequest) -> recommender.RecommendResponse: ...

    async def search(self, request: recommender.SearchRequest) -> recommender.SearchResponse: ...

    async def get_product(self, request: recommender.GetProductRequest) -> recommender.GetProductResponse: ...

    async def get_profile(self, request: recommender.GetProfileRequest) -> recommender.GetProfileResponse: ...

    async def delete_profile(self, request: recommender.DeleteProfileRequest) -> recommender.DeleteProfileResponse: ...


class EventIntake(Protocol):
    """Takes events into the log."""

    async def take(self, caller: Caller, events: Sequence[UserEvent]) -> Sequence[gateway.PublishResult]:
        """One result for each event, once the log has acknowledged it."""


class Storefront:
    """The aggregated calls. `on_degradation` is told the name of each part that could not be had."""

    def __init__(self, peer: Recommender, intake: EventIntake, on_degradation: Callable[[str], None]) -> None:
        self._peer = peer
        self._intake = intake
        self._on_degradation = on_degradation
        self._popular: dict[str, recommender.RecommendResponse] = {}

    async def get_home_page(self, caller: Caller, request: gateway.GetHomePageRequest) -> gateway.GetHomePageResponse:
        visitor_id = caller.visitor(request.visitor_id)
        size, language = _shelf_size(request.page_size), caller.language(request.language_code)
        base = recommender.RecommendRequest(
            visitor_id=visitor_id, user_id=caller.user_id, page_size=size, language_code=language
        )
        shelves, degradations = await self._shelves(HOME, base)
        return gateway.GetHomePageResponse(
            visitor_id=visitor_id, shelves=without_repeats(shelves, size), degradations=degradations
        )

    async def get_product_page(
        self, caller: Caller, request: gateway.GetProductPageRequest
    ) -> gateway.GetProductPageResponse:
        size, language = _shelf_size(request.page_size), caller.language(request.language_code)
        base = recommender.RecommendRequest(
            visitor_id=caller.visitor(request.visitor_id, required=False),
            user_id=caller.user_id,
            page_size=size,
            language_code=language,
            context_product_ids=[request.product_id],
        )
        question = recommender.GetProductRequest(product_id=request.product_id, language_code=language)
        found, shelved = await asyncio.gather(
            self._peer.get_product(question), self._shelves(PRODUCT, base), return_exceptions=True
        )
        # The product's error first: what its shelves say of one that does not exist is beside the point.
        if isinstance(found, BaseException):
            raise found
        if isinstance(shelved, BaseException):
            raise shelved
        shelves, degradations = shelved
        return gateway.GetProductPageResponse(
            product=found.product,
            shelves=without_repeats(shelves, size, seen=[request.product_id]),
            degradations=degradations,
        )

    async def search(self, caller: Caller, request: gateway.SearchRequest) -> gateway.SearchResponse:
        search = recommender.SearchRequest()
        search.CopyFrom(request.search)
        search.visitor_id = caller.visitor(search.visitor_id, "search.visitor_id", required=False)
        search.user_id = caller.user(search.user_id)
        search.language_code = caller.language(search.language_code)
        return gateway.SearchResponse(search=await self._peer.search(search))

    async def recommend(self, caller: Caller, request: gateway.RecommendRequest) -> gateway.RecommendResponse:
        asked = recommender.RecommendRequest()
        asked.CopyFrom(request.recommend)
        asked.visitor_id = caller.visitor(asked.visitor_id, "recommend.visitor_id", required=False)
        asked.user_id = caller.user(asked.user_id)
        asked.language_code = caller.language(asked.language_code)
        try:
            return gateway.RecommendResponse(recommend=await self._peer.recommend(asked))
        except ABSENT:
            if not _popular_would_do(asked) or asked.language_code not in self._popular:
                raise
            return gateway.RecommendResponse(recommend=self._popular_instead(asked))

    async def publish_events(
        self, caller: Caller, request: gateway.PublishEventsRequest
    ) -> gateway.PublishEventsResponse:
        if not 1 <= len(request.events) <= MAX_EVENTS:
            raise InvalidInput.of(Violation("events", f"has {len(request.events)} events, not 1 to {MAX_EVENTS}"))
        return gateway.PublishEventsResponse(results=await self._intake.take(caller, request.events))

    async def get_visitor_profile(
        self, caller: Caller, request: gateway.GetVisitorProfileRequest
    ) -> gateway.GetVisitorProfileResponse:
        asked = recommender.GetProfileRequest(
            visitor_id=caller.visitor(request.visitor_id),
            user_id=caller.user_id,
            language_code=caller.language(request.language_code),
        )
        return gateway.GetVisitorProfileResponse(profile=(await self._peer.get_profile(asked)).profile)

    async def delete_visitor_profile(
        self, caller: Caller, request: gateway.DeleteVisitorProfileRequest
    ) -> gateway.DeleteVisitorProfileResponse:
        asked = recommender.DeleteProfileRequest(visitor_id=caller.visitor(request.visitor_id), user_id=caller.user_id)
        answer = await self._peer.delete_profile(asked)
        return gateway.DeleteVisitorProfileResponse(visitor_ids=answer.visitor_ids)

    async def _shelves(
        self, plans: Sequence[ShelfPlan], base: recommender.RecommendRequest
    ) -> tuple[Sequence[gateway.Shelf], Sequence[str]]:
        """The shelves of a page, fetched side by side; with what could not be had."""
        answers = await asyncio.gather(*(self._ask(plan, base) for plan in plans))
        language = base.language_code
        shelves = [shelf(plan.shelf_id, each, language) for plan, each in zip(plans, answers, strict=True) if each]
        degradations = {name for each in answers if each for name in each.degradations}
        if None in answers:
            degradations.add(RECOMMENDER_UNAVAILABLE)
            if language in self._popular and "popular" not in {each.shelf_id for each in shelves}:
                shelves.append(shelf("popular", self._popular[language], language))
        for name in sorted(degradations):
            self._on_degradation(name)
        return shelves, sorted(degradations)

    async def _ask(self, plan: ShelfPlan, base: recommender.RecommendRequest) -> recommender.RecommendResponse | None:
        """One shelf's answer; None if the recommender has none now."""
        request = recommender.RecommendRequest()
        request.CopyFrom(base)
        request.placement = plan.placement
        request.page_size = base.page_size * 2 if plan.spare else base.page_size
        try:
            answer = await self._peer.recommend(request)
        except ABSENT:
            return None
        if plan.shelf_id == "popular":
            self._keep_popular(base.language_code, answer)
        return answer

    def _popular_instead(self, asked: recommender.RecommendRequest) -> recommender.RecommendResponse:
        self._on_degradation(RECOMMENDER_UNAVAILABLE)
        kept = self._popular[asked.language_code].results
        results = [each for each in kept if each.product_id not in asked.context_product_ids]
        return recommender.RecommendResponse(
            results=results[: asked.page_size or DEFAULT_RECOMMENDED], degradations=[RECOMMENDER_UNAVAILABLE]
        )

    def _keep_popular(self, language: str, answer: recommender.RecommendResponse) -> None:
        """What is shown when the recommender is gone. Its token is dropped: it was another shopper's."""
        if language in self._popular or len(self._popular) < MAX_LANGUAGES:
            self._popular[language] = recommender.RecommendResponse(results=answer.results)


def _popular_would_do(asked: recommender.RecommendRequest) -> bool:
    """Not where a filter or the placement may forbid it, nor as a later page."""
    plain = not asked.HasField("filter") and not asked.exclude_purchased and not asked.page_token
    return plain and asked.placement != recommender.PLACEMENT_BUY_AGAIN


def _shelf_size(page_size: int) -> int:
    if not 0 <= page_size <= MAX_SHELF:
        raise InvalidInput.of(Violation("page_size", f"{page_size} is not between 1 and {MAX_SHELF}"))
    return page_size or DEFAULT_SHELF
