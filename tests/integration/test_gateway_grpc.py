"""The gRPC door: the storefront, the recommender passed through, health and reflection."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import jwt
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from gateway import passing
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.gateway.v1 import gateway_pb2 as gateway_pb
from shopkeeper.gateway.v1.gateway_pb2_grpc import StorefrontServiceStub
from shopkeeper.recommender.v1 import recommender_pb2 as pb
from shopkeeper.recommender.v1.recommender_pb2_grpc import RecommenderServiceStub
from tests.running_gateway import running_gateway

KEYS = "search-team:a-key-of-search"
TEAM = (("x-api-key", "a-key-of-search"),)
SECRET = "the secret that signs shoppers' tokens"


def shopper(user_id: str) -> tuple[tuple[str, str], ...]:
    token = jwt.encode({"sub": user_id, "exp": time.time() + 60}, SECRET, "HS256")
    return (("authorization", f"Bearer {token}"),)


def reason(error: grpc.RpcError) -> str:
    info = ErrorInfo()
    status = rpc_status.from_call(error)
    assert status.details[0].Unpack(info)
    return info.reason


async def test_a_shopper_of_a_team_browses_over_grpc(tmp_path: Path):
    async with running_gateway(tmp_path, api_keys=KEYS) as gateway, grpc.aio.insecure_channel(gateway.grpc) as channel:
        storefront = StorefrontServiceStub(channel)
        home = await storefront.GetHomePage(gateway_pb.GetHomePageRequest(visitor_id="v-1"), metadata=TEAM)
        assert home.shelves[0].shelf_id == "for-you"
        viewed = {"event_type": "view_item", "visitor_id": "v-1", "product_details": [{"product_id": "book-1"}]}
        answer = await storefront.PublishEvents(gateway_pb.PublishEventsRequest(events=[viewed]), metadata=TEAM)
        assert answer.results[0].accepted
        changed = await storefront.GetHomePage(gateway_pb.GetHomePageRequest(visitor_id="v-1"), metadata=TEAM)
        assert changed.shelves[0].results[0].product_id == "book-1"
        known = await storefront.GetVisitorProfile(gateway_pb.GetVisitorProfileRequest(visitor_id="v-1"), metadata=TEAM)
        assert known.profile.recent_events[0].product_id == "book-1"
        gone = await storefront.DeleteVisitorProfile(
            gateway_pb.DeleteVisitorProfileRequest(visitor_id="v-1"), metadata=TEAM
        )
        assert list(gone.visitor_ids) == ["v-1"]


async def test_a_shoppers_token_opens_only_their_own(tmp_path: Path):
    async with (
        running_gateway(tmp_path, api_keys=KEYS, jwt_key=SECRET) as gateway,
        grpc.aio.insecure_channel(gateway.grpc) as channel,
    ):
        storefront = StorefrontServiceStub(channel)
        own = await storefront.GetVisitorProfile(gateway_pb.GetVisitorProfileRequest(), metadata=shopper("user-7"))
        assert own.profile.user_id == "user-7"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await storefront.GetVisitorProfile(
                gateway_pb.GetVisitorProfileRequest(visitor_id="v-1"), metadata=shopper("user-7")
            )
        assert (caught.value.code(), reason(caught.value)) == (grpc.StatusCode.PERMISSION_DENIED, "OTHER_VISITOR")
        direct = RecommenderServiceStub(channel).GetProfile(
            pb.GetProfileRequest(visitor_id="v-1"), metadata=shopper("user-7")
        )
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await direct
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_without_a_key_nobody_gets_in_where_keys_are_set(tmp_path: Path):
    async with running_gateway(tmp_path, api_keys=KEYS) as gateway, grpc.aio.insecure_channel(gateway.grpc) as channel:
        for metadata in ((), (("x-api-key", "wrong-key"),)):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await StorefrontServiceStub(channel).GetHomePage(
                    gateway_pb.GetHomePageRequest(visitor_id="v-1"), metadata=metadata
                )
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_teams_reach_the_recommender_itself_streams_and_errors_included(tmp_path: Path):
    async def imports() -> AsyncIterator[pb.ImportProductsRequest]:
        for number in range(3):
            yield pb.ImportProductsRequest(products=[Product(product_id=f"new-{number}", title="New")])

    async with running_gateway(tmp_path) as gateway, grpc.aio.insecure_channel(gateway.grpc) as channel:
        recommender = RecommenderServiceStub(channel)
        assert (await recommender.ImportProducts(imports())).imported_count == 3
        assert (await recommender.GetProduct(pb.GetProductRequest(product_id="new-1"))).product.title == "New"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await recommender.GetProduct(pb.GetProductRequest(product_id="nope"))
        assert (caught.value.code(), reason(caught.value)) == (grpc.StatusCode.NOT_FOUND, "PRODUCT_NOT_FOUND")


async def test_a_team_has_its_own_limit(tmp_path: Path):
    async with (
        running_gateway(tmp_path, team_requests_per_minute=2) as gateway,
        grpc.aio.insecure_channel(gateway.grpc) as channel,
    ):
        recommender = RecommenderServiceStub(channel)
        for _ in range(2):
            await recommender.ListProducts(pb.ListProductsRequest())
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await recommender.ListProducts(pb.ListProductsRequest())
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_health_and_reflection_know_every_service(tmp_path: Path):
    names = {"shopkeeper.gateway.v1.StorefrontService", *(each.service.full_name for each in passing.PASSED)}
    assert len(names) == 8
    async with running_gateway(tmp_path) as gateway, grpc.aio.insecure_channel(gateway.grpc) as channel:
        for name in names:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        async for answer in stub.ServerReflectionInfo(iter([request])):
            assert names <= {service.name for service in answer.list_services_response.service}
            break
