"""Drafts from the first words to the catalogue, with a real recommender beside."""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import grpc
import pytest

from shopkeeper.generator.v1 import generator_pb2 as pb
from shopkeeper.generator.v1.generator_pb2_grpc import DraftServiceStub
from shopkeeper.recommender.v1 import recommender_pb2 as recommender_pb
from tests.running_generator import Generator, running_generator
from tests.running_recommender import Recommender, product, refused, running_recommender, until

ROOT = Path(__file__).parents[2]
SHIRT = "shirt-red-0"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Recommender, Generator]]:
    home = tmp_path_factory.mktemp("shop")
    with running_recommender(home) as recommender:
        recommender.put([product("shirt", colour, n) for colour in ("red", "blue") for n in range(4)])
        with running_generator(home, recommender_address=recommender.address) as generator:
            yield recommender, generator


def create(drafts: DraftServiceStub, product_id: str = SHIRT, **asked: object) -> pb.Draft:
    request = pb.CreateDraftRequest(product_id=product_id, author="ann", **asked)  # type: ignore[arg-type]
    return drafts.CreateDraft(request, timeout=10).draft


def edit(drafts: DraftServiceStub, draft: pb.Draft, text: str) -> pb.Draft:
    asked = pb.EditDraftRequest(draft_id=draft.draft_id, revision=draft.revision, text=text, actor="bo")
    return drafts.EditDraft(asked, timeout=10).draft


def approve(drafts: DraftServiceStub, draft: pb.Draft) -> pb.Draft:
    asked = pb.ApproveDraftRequest(draft_id=draft.draft_id, revision=draft.revision, actor="cy", note="good")
    return drafts.ApproveDraft(asked, timeout=10).draft


def get(drafts: DraftServiceStub, draft: pb.Draft) -> pb.Draft:
    return drafts.GetDraft(pb.GetDraftRequest(draft_id=draft.draft_id), timeout=10).draft


def catalogue(recommender: Recommender, product_id: str = SHIRT) -> str:
    asked = recommender_pb.GetProductRequest(product_id=product_id)
    return recommender.stub.GetProduct(asked, timeout=10).product.description


def actions(draft: pb.Draft) -> list[str]:
    return [entry.action for entry in draft.audit]


def test_a_draft_is_written_edited_revised_approved_and_then_in_the_catalogue(
    shop: tuple[Recommender, Generator],
) -> None:
    recommender, generator = shop
    draft = create(generator.drafts)
    assert (draft.state, draft.revision, draft.author) == (pb.DRAFT_STATE_IN_REVIEW, 1, "ann")
    assert draft.copy.text
    draft = edit(generator.drafts, draft, "A red cotton shirt by Woven, for slow days.")
    assert (draft.revision, draft.copy.origin, draft.copy.checks.passed) == (2, "edited", True)
    asked = pb.ReviseDraftRequest(draft_id=draft.draft_id, revision=2, instruction="短一点，提到价格", actor="bo")
    revised = generator.drafts.ReviseDraft(asked, timeout=10)
    assert revised.controls.length == "short"
    assert "¥10" in revised.draft.copy.text
    assert "length=short; mention price" in revised.draft.audit[-1].note
    draft = edit(generator.drafts, revised.draft, "A red shirt by Woven, for slow days.")
    assert "".join(part.text for part in draft.diff if part.operation != "delete") == draft.copy.text
    approved = approve(generator.drafts, draft)
    assert approved.state == pb.DRAFT_STATE_PUBLISHED
    assert catalogue(recommender) == draft.copy.text
    assert approved.reviewer == "cy"
    assert approved.publish_time.seconds > 0
    assert actions(approved) == ["created", "edited", "revised", "edited", "approved", "published"]
    assert [entry.actor for entry in approved.audit] == ["ann", "bo", "bo", "bo", "cy", "cy"]
    assert approved.audit[0].text != approved.copy.text


def test_a_chinese_title_goes_into_the_chinese_words(shop: tuple[Recommender, Generator]) -> None:
    recommender, generator = shop
    controls = pb.CopyControls(channel="title", language_code="zh")
    draft = approve(generator.drafts, create(generator.drafts, "shirt-red-1", controls=controls))
    assert draft.state == pb.DRAFT_STATE_PUBLISHED
    asked = recommender_pb.GetProductRequest(product_id="shirt-red-1")
    found = recommender.stub.GetProduct(asked, timeout=10).product
    assert found.localizations[0].title == draft.copy.text
    assert found.title == "red cotton shirt 1"
    assert draft.published_text == "红色 棉 衬衫 1"


def test_a_draft_that_lies_is_not_approved(shop: tuple[Recommender, Generator]) -> None:
    recommender, generator = shop
    before = catalogue(recommender, "shirt-blue-0")
    draft = edit(
        generator.drafts, create(generator.drafts, "shirt-blue-0"), "Pure silk, the best there is, for 99 years."
    )
    assert not draft.copy.checks.passed
    refusal = refused(lambda: approve(generator.drafts, draft))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CHECKS_FAILED")
    assert catalogue(recommender, "shirt-blue-0") == before
    assert get(generator.drafts, draft).state == pb.DRAFT_STATE_IN_REVIEW


def test_who_saw_an_older_revision_is_told(shop: tuple[Recommender, Generator]) -> None:
    drafts = shop[1].drafts
    first = create(drafts, "shirt-blue-1")
    edit(drafts, first, "A blue shirt by Woven.")
    for change in (lambda: edit(drafts, first, "Another text."), lambda: approve(drafts, first)):
        refusal = refused(change)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REVISION_CHANGED")
        assert "1 was seen, the draft is at 2" in refusal.message


def test_a_rejected_draft_stays_so(shop: tuple[Recommender, Generator]) -> None:
    drafts = shop[1].drafts
    draft = create(drafts, "shirt-blue-2")
    asked = pb.RejectDraftRequest(draft_id=draft.draft_id, revision=1, actor="cy", note="too plain")
    rejected = drafts.RejectDraft(asked, timeout=10).draft
    assert rejected.state == pb.DRAFT_STATE_REJECTED
    assert rejected.audit[-1].note == "too plain"
    assert refused(lambda: edit(drafts, draft, "Blue.")).reason == "NOT_IN_REVIEW"


def test_a_repeated_request_gives_the_first_draft(shop: tuple[Recommender, Generator]) -> None:
    drafts, request_id = shop[1].drafts, str(uuid.uuid4())
    first = create(drafts, "shirt-blue-3", request_id=request_id)
    assert create(drafts, "shirt-blue-3", request_id=request_id).draft_id == first.draft_id
    refusal = refused(lambda: create(drafts, "shirt-red-3", request_id=request_id))
    assert refusal.reason == "REQUEST_ID_REUSED"
    assert refused(lambda: create(drafts, request_id="not one")).fields == ("request_id",)


def test_drafts_are_listed_newest_first_page_by_page(shop: tuple[Recommender, Generator]) -> None:
    drafts = shop[1].drafts
    made = [create(drafts, "shirt-red-2", seed=seed).draft_id for seed in range(5)]
    seen, token = [], ""
    while True:
        asked = pb.ListDraftsRequest(product_id="shirt-red-2", page_size=2, page_token=token)
        answer = drafts.ListDrafts(asked, timeout=10)
        seen += [draft.draft_id for draft in answer.drafts]
        assert not any(draft.audit for draft in answer.drafts)
        token = answer.next_page_token
        if not token:
            break
    assert seen == made[::-1]
    waiting = pb.ListDraftsRequest(state=pb.DRAFT_STATE_REJECTED, product_id="shirt-red-2")
    assert not drafts.ListDrafts(waiting, timeout=10).drafts


def test_what_is_not_understood_or_not_there_is_told(shop: tuple[Recommender, Generator]) -> None:
    drafts = shop[1].drafts
    draft = create(drafts, "shirt-red-3")
    asked = pb.ReviseDraftRequest(draft_id=draft.draft_id, revision=1, instruction="hmm")
    refusal = refused(lambda: drafts.ReviseDraft(asked, timeout=10))
    assert refusal.fields == ("instruction",)
    assert "shorter, longer" in refusal.message
    assert refused(lambda: get(drafts, pb.Draft(draft_id="nowhere"))).reason == "DRAFT_NOT_FOUND"
    assert refused(lambda: create(drafts, "no-such-shirt")).reason == "PRODUCT_NOT_FOUND"
    no_revision = pb.ApproveDraftRequest(draft_id=draft.draft_id)
    assert refused(lambda: drafts.ApproveDraft(no_revision, timeout=10)).fields == ("revision",)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def at_port(home: Path, port: int) -> AbstractContextManager[Recommender]:
    return running_recommender(home, grpc_address=f"127.0.0.1:{port}")


def test_what_is_approved_while_the_recommender_is_down_is_published_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    address = {"recommender_address": f"127.0.0.1:{port}", "publish_wait_seconds": 0.2}
    with running_generator(tmp_path, **address) as generator:
        with at_port(tmp_path, port) as recommender:
            recommender.put([product("shirt", "red")])
            draft = edit(generator.drafts, create(generator.drafts), "A red shirt for slow days.")
        approved = generator.drafts.GetDraft(pb.GetDraftRequest(draft_id=draft.draft_id), timeout=10).draft
        assert approved.state == pb.DRAFT_STATE_IN_REVIEW
        assert approve(generator.drafts, draft).state == pb.DRAFT_STATE_APPROVED
        failed = until(lambda: actions(get(generator.drafts, draft)), lambda seen: "publish-failed" in seen)
        with at_port(tmp_path, port) as recommender:
            done = until(lambda: get(generator.drafts, draft), lambda seen: seen.state == pb.DRAFT_STATE_PUBLISHED)
            assert catalogue(recommender) == "A red shirt for slow days."
    assert actions(done) == [*failed, "published"]


@contextmanager
def process(home: Path, ready: Path, recommender: str) -> Iterator[tuple["subprocess.Popen[bytes]", DraftServiceStub]]:
    env = {
        **os.environ,
        "SHOP_ID": "test",
        "SHOP_HOME": str(home),
        "GENERATOR_GRPC_ADDRESS": "127.0.0.1:0",
        "GENERATOR_METRICS_ADDRESS": "127.0.0.1:0",
        "GENERATOR_READY_FILE": str(ready),
        "GENERATOR_RECOMMENDER_ADDRESS": recommender,
        "GENERATOR_PUBLISH_WAIT_SECONDS": "0",
        "GENERATOR_PUBLISH_RETRY_SECONDS": "0.1",
    }
    running = subprocess.Popen([sys.executable, "-m", "services.generator"], cwd=ROOT, env=env)
    try:
        told = until(lambda: ready.read_text() if ready.exists() else "", seconds=30)
        with grpc.insecure_channel(_grpc(told)) as channel:
            yield running, DraftServiceStub(channel)
    finally:
        running.kill()
        running.wait()
        ready.unlink(missing_ok=True)


def _grpc(ready: str) -> str:
    return str(json.loads(ready)["grpc"])


def test_a_kill_between_approval_and_publication_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    port, ready = free_port(), tmp_path / "ready.json"
    address, kill = f"127.0.0.1:{port}", signal.SIGKILL
    with process(tmp_path, ready, address) as (running, drafts):
        with at_port(tmp_path, port) as recommender:
            recommender.put([product("shirt", "red")])
            draft = edit(drafts, create(drafts), "A red shirt for slow days.")
        assert approve(drafts, draft).state == pb.DRAFT_STATE_APPROVED
        running.send_signal(kill)
        running.wait()
    with at_port(tmp_path, port) as recommender:
        assert catalogue(recommender) == ""
        with process(tmp_path, ready, address) as (_, drafts):
            done = until(lambda: get(drafts, draft), lambda seen: seen.state == pb.DRAFT_STATE_PUBLISHED)
        assert catalogue(recommender) == "A red shirt for slow days."
    assert actions(done).count("approved") == actions(done).count("published") == 1
    assert done.published_text == ""
