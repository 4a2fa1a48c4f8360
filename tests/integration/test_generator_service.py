"""The generator as its callers meet it, over gRPC, with and without the model that the repository ships."""

import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from sample_shop.copy.pairs import held_out
from sample_shop.products import products
from servicekit.artifacts import ArtifactStore
from services.generator import bundle
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.generator.v1 import generator_pb2 as pb
from tests.running_generator import Generator, running_generator, ship
from tests.running_recommender import refused, until

KEPT = [product for product in products() if held_out(product.product_id)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    """Without a model, without a recommender."""
    with running_generator(tmp_path_factory.mktemp("plain")) as generator:
        yield generator


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    home = tmp_path_factory.mktemp("trained")
    ship(home)
    with running_generator(home, writing_seconds=20, reply_seconds=10) as generator:
        yield generator


def test_copy_streams_sentence_by_sentence_and_is_done_at_last(trained: Generator) -> None:
    for number, product in enumerate(KEPT[:10]):
        language = ("en", "zh")[number % 2]
        controls = pb.CopyControls(length="long", style="warm", language_code=language)
        said, copy = trained.copy(product=product, controls=controls, seed=number)
        assert copy.checks.passed
        assert copy.checks.coverage == 1.0
        assert copy.controls.language_code == language
        if copy.origin == "model":
            assert "".join(said).strip() == copy.text
            assert len(said) > 1
        assert copy.model_version
        assert not copy.degradations


def test_the_same_seed_gives_the_same_copy_and_another_mostly_another(trained: Generator) -> None:
    texts = [trained.copy(product=KEPT[0], seed=seed)[1].text for seed in (7, 7, 8, 9)]
    assert texts[0] == texts[1]
    assert len(set(texts)) > 1


def test_control_codes_change_what_is_written(trained: Generator) -> None:
    def mean_length(length: str) -> float:
        texts = [trained.copy(product=product, controls=pb.CopyControls(length=length))[1].text for product in KEPT[:6]]
        return sum(map(len, texts)) / len(texts)

    assert mean_length("short") < mean_length("long")
    email = trained.copy(product=KEPT[0], controls=pb.CopyControls(channel="email"))[1].text
    assert "\n" in email
    chinese = trained.copy(product=KEPT[0], controls=pb.CopyControls(language_code="zh"))[1].text
    assert any("一" <= letter <= "鿿" for letter in chinese)


def test_a_product_with_a_title_and_a_price_alone_is_written_about(trained: Generator) -> None:
    shouted = Product(product_id="84029G", title="KNITTED UNION FLAG HOT WATER BOTTLE", language_code="en")
    shouted.price.units, shouted.price.currency_code = 3, "GBP"
    for seed in range(4):
        copy = trained.copy(product=shouted, seed=seed)[1]
        assert copy.checks.passed
        assert "Knitted Union Flag Hot Water Bottle" in copy.text


def test_without_a_model_the_template_writes_and_says_so(plain: Generator) -> None:
    said, copy = plain.copy(product=KEPT[0])
    assert (copy.origin, list(copy.degradations), copy.model_version) == ("template", ["no-model"], "")
    assert said == [copy.text]
    assert plain.reply("greet").degradations == ["no-model"]


def test_the_template_can_be_asked_for(trained: Generator) -> None:
    _, copy = trained.copy(product=KEPT[0], use_template=True)
    assert (copy.origin, list(copy.degradations)) == ("template", [])


def test_somebody_s_copy_is_checked(plain: Generator) -> None:
    wanted = pb.EvaluateCopyRequest(text="The best mug, made of solid oak, for 99 years.", product=KEPT[0])
    checks = plain.stub.EvaluateCopy(wanted, timeout=10).checks
    assert not checks.passed
    kinds = {finding.kind for finding in checks.findings if finding.blocking}
    assert {"forbidden-word", "unsupported-number"} <= kinds
    for finding in checks.findings:
        if finding.blocking:
            assert wanted.text[finding.start : finding.end] == finding.text


def test_the_past_of_the_conversation_changes_the_reply(trained: Generator) -> None:
    """The same act and facts: at first; after an earlier recommendation; to a shopper who is upset."""
    facts = (("title", "Linen Shirt"), ("price", "¥129"), ("reason", "New in the shop"))
    hello = pb.ReplyTurn(from_shopper=True, text="what do you have")
    shown = pb.ReplyTurn(text="Have a look at these: Cap, ¥39.", act="recommend-products")
    more = pb.ReplyTurn(from_shopper=True, text="show me more")
    angry = pb.ReplyTurn(from_shopper=True, text="this is ridiculous, still waiting")
    first = trained.reply("recommend-products", *facts, history=[hello])
    second = trained.reply("recommend-products", *facts, history=[hello, shown, more])
    upset = trained.reply("recommend-products", *facts, history=[angry])
    for reply in (first, second, upset):
        assert reply.origin == "model", reply.text
        assert all(value in reply.text for _, value in facts)
    assert len({first.text, second.text, upset.text}) == 3
    again = ("more", "other", "instead", "second", "next", "these?", "further", "also")
    assert any(word in second.text.lower() for word in again), second.text
    assert any(word in upset.text.lower() for word in ("sorry", "apolog")), upset.text
    assert "sorry" not in first.text.lower()


def test_thanks_after_an_action_and_after_an_answer_differ(trained: Generator) -> None:
    thanks = pb.ReplyTurn(from_shopper=True, text="谢谢")
    done = trained.reply("thank", language="zh", history=[pb.ReplyTurn(act="added-to-cart", text="好了"), thanks])
    told = trained.reply("thank", language="zh", history=[pb.ReplyTurn(act="answer-price", text="129元"), thanks])
    assert done.origin == told.origin == "model"
    assert done.text != told.text


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"controls": pb.CopyControls(channel="radio")}, "controls.channel", "'radio' is not one of product-page"),
        ({"controls": pb.CopyControls(style="odd")}, "controls.style", "not one of plain"),
        ({"controls": pb.CopyControls(length="huge")}, "controls.length", "short, medium, long"),
        ({"controls": pb.CopyControls(language_code="fr")}, "controls.language_code", "en, zh"),
        ({"seed": 2**63 - 1}, "seed", "2^62"),
        ({}, "product_id", "is required"),
        ({"product_id": "no such id"}, "product_id", "letters, digits"),
        ({"product": Product(product_id="a")}, "product.title", "is required"),
        ({"product_id": "b", "product": Product(product_id="a", title="A")}, "product_id", "'b' is not"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(plain: Generator, asked: dict[str, object], field: str, said: str) -> None:
    refusal = refused(lambda: plain.copy(**asked))
    assert refusal.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.fields == (field,)
    assert said in refusal.message


def test_bad_replies_are_told_what_is_wrong(plain: Generator) -> None:
    refusal = refused(lambda: plain.reply("dance", language="fr", state=pb.ReplyState(mood="odd")))
    assert refusal.fields == ("act", "language_code", "state.mood")


def test_a_product_of_the_catalogue_needs_the_catalogue(plain: Generator) -> None:
    refusal = refused(lambda: plain.copy(product_id="mug-1"))
    assert refusal.code == grpc.StatusCode.UNAVAILABLE
    assert "no recommender is configured" in refusal.message


def test_a_promoted_bundle_comes_in_while_it_serves(tmp_path: Path) -> None:
    with running_generator(tmp_path) as generator:
        assert generator.copy(product=KEPT[0])[1].origin == "template"
        version = ship(tmp_path)
        until(lambda: generator.copy(product=KEPT[0])[1].model_version, lambda seen: seen == version)
        store = ArtifactStore(str(tmp_path / "artifacts"))
        weights = tmp_path / "artifacts" / bundle.KIND / "broken" / bundle.WEIGHTS
        weights.parent.mkdir()
        for file in (tmp_path / "artifacts" / bundle.KIND / version).iterdir():
            (weights.parent / file.name).write_bytes(file.read_bytes())
        weights.write_bytes(b"broken by hand")
        pointer = tmp_path / "artifacts" / bundle.KIND / "live.json"
        pointer.write_text('{"version": "broken", "history": ["broken"]}')
        time.sleep(0.5)  # several looks at it
        assert generator.copy(product=KEPT[0])[1].model_version == version
        assert store.live(bundle.KIND) == "broken"
