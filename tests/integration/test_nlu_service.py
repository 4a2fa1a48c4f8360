"""The NLU as its callers meet it: over gRPC, without a model, with one, and with another in its place."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from servicekit.artifacts import ArtifactStore
from services.nlu import bundle
from shopkeeper.nlu.v1 import nlu_pb2 as pb
from tests.running_nlu import Nlu, running_nlu
from tests.running_recommender import refused, until
from tests.unit.nlu.tiny import CONFIG, SCHEMA, tiny_learned


@pytest.fixture(scope="module")
def nlu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nlu]:
    with running_nlu(tmp_path_factory.mktemp("shop")) as running:
        version = running.promote(tiny_learned())
        until(lambda: _version(running), lambda seen: seen == version)
        yield running


def _version(nlu: Nlu) -> str:
    try:
        return nlu.stub.ListIntents(pb.ListIntentsRequest(), timeout=5).model_version
    except grpc.RpcError:
        return ""


def test_without_a_model_it_says_so_and_is_healthy(tmp_path: Path) -> None:
    with running_nlu(tmp_path) as nlu:
        for call in (
            lambda: nlu.parse("hello"),
            lambda: nlu.stub.BatchParse(pb.BatchParseRequest(requests=[pb.ParseRequest(text="a")]), timeout=5),
            lambda: nlu.stub.ListIntents(pb.ListIntentsRequest(), timeout=5),
        ):
            refusal = refused(call)
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.UNAVAILABLE, "NO_MODEL")
        with grpc.insecure_channel(nlu.address) as channel:
            asked = health_pb2.HealthCheckRequest(service="shopkeeper.nlu.v1.NluService")
            assert HealthStub(channel).Check(asked, timeout=5).status == health_pb2.HealthCheckResponse.SERVING


def test_a_sentence_is_understood(nlu: Nlu) -> None:
    found = nlu.parse("想买藏青色的裙子")
    assert found.intents[0].intent == "find"
    assert found.ranking[0] == found.intents[0]
    assert 0 < found.intents[0].confidence <= 1
    assert (found.language_code, found.mixed_language, found.out_of_scope) == ("zh", False, False)
    colour = next(slot for slot in found.slots if slot.name == "colour")
    assert (colour.text, colour.start, colour.end, colour.canonical) == ("藏青色", 2, 5, "navy")
    assert found.model_version == _version(nlu)


def test_money_and_order_numbers_have_values(nlu: Nlu) -> None:
    (price,) = [slot for slot in nlu.parse("find a mug under 200 yuan").slots if slot.name == "price"]
    assert (price.money.max.units, price.money.max.currency_code) == (200, "CNY")
    assert not price.money.HasField("min")
    (order,) = nlu.parse("where is sk 1234 5678").slots
    assert (order.name, order.canonical) == ("order_number", "SK12345678")


def test_marks_alone_are_out_of_scope(nlu: Nlu) -> None:
    found = nlu.parse("😀 ?!")
    assert (found.out_of_scope, found.out_of_scope_score, list(found.intents), list(found.slots)) == (True, 1, [], [])


def test_a_batch_is_answered_in_its_order(nlu: Nlu) -> None:
    texts = ["hello", "想买红色的杯子", "where is SK12345678"] * 20
    asked = pb.BatchParseRequest(requests=[pb.ParseRequest(text=text) for text in texts])
    answer = nlu.stub.BatchParse(asked, timeout=20)
    assert [found.text for found in answer.understandings] == texts
    assert answer.understandings[0].intents[0].intent == "greet"


def test_what_can_be_understood_is_listed(nlu: Nlu) -> None:
    answer = nlu.stub.ListIntents(pb.ListIntentsRequest(language_code="zh"), timeout=5)
    assert [intent.intent for intent in answer.intents] == list(SCHEMA.intents)
    assert answer.intents[0].description == "找东西"
    assert list(answer.intents[0].slots) == ["product", "colour", "price"]
    assert {slot.name: slot.kind for slot in answer.slots}["price"] == "money"
    assert nlu.stub.ListIntents(pb.ListIntentsRequest(), timeout=5).intents[0].description == "Looks for a thing."


@pytest.mark.parametrize(
    ("request_", "field", "told"),
    [
        (pb.ParseRequest(), "text", "is required"),
        (pb.ParseRequest(text="x" * 1001), "text", "has 1001 characters, the limit is 1000"),
        (pb.ParseRequest(text="a", time_zone="Mars/Base"), "time_zone", "'Mars/Base'"),
        (pb.ParseRequest(text="a", time_zone="../../etc/passwd"), "time_zone", "no IANA time zone"),
        (pb.ParseRequest(text="a", time_zone="Asia"), "time_zone", "'Asia'"),
        (pb.ParseRequest(text="a", reference_time=Timestamp(seconds=10**15)), "reference_time.seconds", "1 to 9999"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(nlu: Nlu, request_: pb.ParseRequest, field: str, told: str) -> None:
    refusal = refused(lambda: nlu.stub.Parse(request_, timeout=5))
    assert (refusal.code, refusal.fields) == (grpc.StatusCode.INVALID_ARGUMENT, (field,))
    assert told in refusal.message
    batch = pb.BatchParseRequest(requests=[pb.ParseRequest(text="fine"), request_])
    assert refused(lambda: nlu.stub.BatchParse(batch, timeout=5)).fields == (f"requests[1].{field}",)


@pytest.mark.parametrize("count", [0, 257])
def test_a_batch_has_limits(nlu: Nlu, count: int) -> None:
    asked = pb.BatchParseRequest(requests=[pb.ParseRequest(text="a")] * count)
    refusal = refused(lambda: nlu.stub.BatchParse(asked, timeout=5))
    assert refusal.fields == ("requests",)
    assert f"has {count} entries" in refusal.message


def test_an_unknown_language_of_descriptions(nlu: Nlu) -> None:
    refusal = refused(lambda: nlu.stub.ListIntents(pb.ListIntentsRequest(language_code="fr"), timeout=5))
    assert refusal.fields == ("language_code",)


def test_the_edge_of_time_is_no_error(nlu: Nlu) -> None:
    for seconds in (-62_135_596_800, 253_402_300_799):
        for zone in ("Asia/Shanghai", "America/New_York"):
            found = nlu.parse("hello", reference_time=Timestamp(seconds=seconds), time_zone=zone)
            assert found.intents[0].intent == "greet"


def test_days_are_counted_in_the_zone_asked_for(nlu: Nlu) -> None:
    late = Timestamp()
    late.FromDatetime(datetime(2026, 11, 22, 20, tzinfo=UTC))
    for zone, day in (("", 22), ("UTC", 21)):
        found = nlu.parse("where is the parcel of yesterday", reference_time=late, time_zone=zone)
        (date,) = [slot.date for slot in found.slots if slot.name == "date"]
        assert (date.first.day, date.last.day) == (day, day)


def test_a_promoted_bundle_comes_in_without_a_dropped_request(nlu: Nlu) -> None:
    failures: list[Exception] = []
    seen: set[str] = set()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                seen.add(nlu.parse("hello").model_version)
            except Exception as error:
                failures.append(error)

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    version = nlu.promote(replace(tiny_learned(), colours={"红色": "crimson"}))
    until(lambda: version in seen)
    done.set()
    for caller in callers:
        caller.join(10)
    assert not failures
    assert len(seen) == 2


def test_a_broken_bundle_leaves_the_one_in_use(tmp_path: Path) -> None:
    with running_nlu(tmp_path) as nlu:
        version = nlu.promote(tiny_learned())
        until(lambda: _version(nlu), lambda seen: seen == version)
        made_for_others = nlu.artifacts.save(bundle.KIND, _folder(tmp_path), "another fingerprint").version
        nlu.artifacts.promote(bundle.KIND, made_for_others)
        third = nlu.promote(replace(tiny_learned(), colours={}))
        until(lambda: _version(nlu), lambda seen: seen == third)
        nlu.artifacts.promote(bundle.KIND, made_for_others)
        time.sleep(0.5)
        assert _version(nlu) == third


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def test_the_process_serves_and_drains(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path / "artifacts"))
    store.promote(bundle.KIND, bundle.save(store, tiny_learned(CONFIG.seed)).version)
    ready = tmp_path / "ready.json"
    env = {
        **os.environ,
        "SHOP_HOME": str(tmp_path),
        "NLU_GRPC_ADDRESS": "127.0.0.1:0",
        "NLU_METRICS_ADDRESS": "127.0.0.1:0",
        "NLU_READY_FILE": str(ready),
    }
    process = subprocess.Popen([sys.executable, "-m", "services.nlu"], env=env, stderr=subprocess.DEVNULL)
    try:
        until(ready.exists, seconds=60)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not ready.exists()
