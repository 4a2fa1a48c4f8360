"""RecommenderService: protobuf to plain values and back, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

import grpc

from servicekit import context
from servicekit.errors import InvalidInput, Violation
from services.recommender import requests, tokens
from services.recommender.answers import curation_of, facets_of, import_response, recommended, search_results
from services.recommender.curating import Curator
from services.recommender.portrait import portrait
from services.recommender.records import ImportRecords
from services.recommender.replica_catalogue import ReplicaCatalogue
from services.recommender.serving import Serving
from services.recommender.store import ProfileStore
from services.recommender.writing import CatalogueWriter, Forgetter, ImportResult
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceServicer

T = TypeVar("T")
Context = grpc.aio.ServicerContext[Any, Any]
_FORGET_SECONDS = 4.0
_LARGEST_BATCH = 1000


class RecommenderServicer(RecommenderServiceServicer):
    """What blocks runs on `executor`, never on the event loop."""

    def __init__(
        self,
        serving: Serving,
        catalogue: ReplicaCatalogue,
        store: ProfileStore,
        writer: CatalogueWriter,
        forgetter: Forgetter,
        imports: ImportRecords,
        curator: Curator,
        executor: Executor,
    ) -> None:
        self._serving, self._catalogue, self._store = serving, catalogue, store
        self._writer, self._forgetter, self._imports = writer, forgetter, imports
        self._curator, self._executor = curator, executor

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    async def Recommend(self, request: pb.RecommendRequest, _context: Context) -> pb.RecommendResponse:  # noqa: N802
        wanted = requests.recommend(request)
        page = wanted.page
        served = await self._in_thread(
            self._serving.recommend, wanted.ask, wanted.visitor_id, wanted.user_id, page.as_of_ms
        )
        results = served.answer.results
        return pb.RecommendResponse(
            results=recommended(results[page.offset : page.end], self._catalogue, wanted.ask.language_code),
            attribution_token=served.attribution_token,
            next_page_token=page.next_token(len(results), served.now_ms),
            degradations=served.answer.degradations,
        )

    async def Search(self, request: pb.SearchRequest, _context: Context) -> pb.SearchResponse:  # noqa: N802
        wanted = requests.search(request)
        served = await self._in_thread(self._serving.search, wanted.ask, wanted.visitor_id, wanted.user_id)
        answer = served.answer
        return pb.SearchResponse(
            results=search_results(answer.hits, answer.pinned, self._catalogue, wanted.ask.language_code),
            attribution_token=served.attribution_token,
            next_page_token=wanted.page.next_token(answer.total),
            total_size=answer.total,
            facets=facets_of(answer.facets),
            degradations=served.degradations,
        )

    async def GetProduct(self, request: pb.GetProductRequest, _context: Context) -> pb.GetProductResponse:  # noqa: N802
        product_id = requests.product_id("product_id", request.product_id)
        return pb.GetProductResponse(product=self._catalogue.message(product_id, request.language_code))

    async def ListProducts(  # noqa: N802
        self, request: pb.ListProductsRequest, _context: Context
    ) -> pb.ListProductsResponse:
        requests.raise_if_any(requests.page_violations(request.page_size, 1000))
        size = request.page_size or 50
        page = self._catalogue.page(tokens.decode_after(request.page_token), size + 1)
        return pb.ListProductsResponse(
            products=page[:size],
            next_page_token=tokens.encode_after(page[size - 1].product_id) if len(page) > size else "",
            total_size=len(self._catalogue.products),
        )

    async def ImportProducts(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.ImportProductsRequest], _context: Context
    ) -> pb.ImportProductsResponse:
        first = await anext(request_iterator, pb.ImportProductsRequest())
        request_id = requests.request_id(first.request_id)
        if request_id and (answered := await self._in_thread(self._imports.begin, request_id)) is not None:
            return pb.ImportProductsResponse.FromString(answered)
        try:
            response = import_response(await self._import(first, request_iterator))
            if request_id:
                await self._in_thread(self._imports.finish, request_id, response.SerializeToString())
        except BaseException:
            if request_id:
                await self._in_thread(self._imports.abandon, request_id)
            raise
        return response

    async def _import(
        self, first: pb.ImportProductsRequest, rest: AsyncIterator[pb.ImportProductsRequest]
    ) -> ImportResult:
        result = ImportResult()
        last = await self._put(first.products, result)
        async for message in rest:
            last = max(last, await self._put(message.products, result))
        await self._writer.seen(last)
        return result

    async def _put(self, products: Sequence[Any], result: ImportResult) -> int:
        if len(products) > _LARGEST_BATCH:
            message = f"has {len(products)} entries, the limit is {_LARGEST_BATCH} a message"
            raise InvalidInput.of(Violation("products", message))
        return await self._writer.put(products, result)

    async def DeleteProduct(  # noqa: N802
        self, request: pb.DeleteProductRequest, _context: Context
    ) -> pb.DeleteProductResponse:
        product_id = requests.product_id("product_id", request.product_id)
        await self._writer.seen(await self._writer.remove(product_id))
        return pb.DeleteProductResponse()

    async def GetProfile(self, request: pb.GetProfileRequest, _context: Context) -> pb.GetProfileResponse:  # noqa: N802
        requests.visitor(request.visitor_id, request.user_id)
        return pb.GetProfileResponse(profile=await self._in_thread(self._portrait, request))

    def _portrait(self, request: pb.GetProfileRequest) -> pb.Profile:
        profile = self._store.read(request.visitor_id, request.user_id)
        return portrait(profile, self._catalogue.products, self._serving.now_ms(), request.language_code)

    async def DeleteProfile(  # noqa: N802
        self, request: pb.DeleteProfileRequest, _context: Context
    ) -> pb.DeleteProfileResponse:
        requests.visitor(request.visitor_id, request.user_id)
        seconds = min(_FORGET_SECONDS, (context.remaining_seconds() or _FORGET_SECONDS) * 0.9)
        forgotten = await self._forgetter.forget(request.visitor_id, request.user_id, seconds)
        return pb.DeleteProfileResponse(visitor_ids=forgotten)

    async def ListCurations(  # noqa: N802
        self, request: pb.ListCurationsRequest, _context: Context
    ) -> pb.ListCurationsResponse:
        made = await self._in_thread(self._curator.all)
        return pb.ListCurationsResponse(curations=[curation_of(each) for each in made])

    async def SetCuration(self, request: pb.SetCurationRequest, _context: Context) -> pb.SetCurationResponse:  # noqa: N802
        wanted = requests.curation(request, context.caller())
        return pb.SetCurationResponse(curation=curation_of(await self._in_thread(self._curator.decide, wanted)))
