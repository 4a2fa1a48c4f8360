"""What the checks find, and what they let pass."""

from pathlib import Path

import pytest

import sample_shop.copy
import services.generator
from sample_shop.copy.pair import Ref
from sample_shop.copy.pairs import pairs
from sample_shop.products import products
from services.generator import forbidden, lexicon
from services.generator.checks import Checker
from services.generator.controls import Controls
from services.generator.facts import Fact, Source
from tests.unit.generator.shelf import source

SHOP = lexicon.Lexicon(
    {lexicon.BRAND: frozenset({"Kestrel", "红隼"}), lexicon.VALUE: frozenset({"sea salt", "海盐味"})}
)
CHECKER = Checker(lexicon.builtin().joined(SHOP), forbidden.load())
ENGLISH = source(
    "en",
    title="Boxy Shirt in Linen",
    brand="Linden",
    colour="sage green",
    material="linen",
    size="S, M and L",
    weight="1.5 kg",
)
CHINESE = source(
    "zh", title="宽松衬衫", brand="林间", colour="鼠尾草绿", material="亚麻", weight="1.5公斤", size="S、M、L"
)


def found(text: str, known: Source) -> list[tuple[str, str]]:
    return [(finding.kind, finding.text) for finding in CHECKER.statements(text, known, known.language)]


@pytest.mark.parametrize(
    "text",
    [
        "The Boxy Shirt in Linen by Linden comes in sage green.",
        "Sage green linen, in S, M and L: one for slow days.",
        "It weighs 1.5 kg and is made of linen.",
        "SAGE GREEN, as we said.",
    ],
)
def test_true_english_passes(text: str) -> None:
    assert found(text, ENGLISH) == []


@pytest.mark.parametrize(
    "text", ["林间宽松衬衫，亚麻材质，鼠尾草绿。", "重1.5公斤，S、M、L都有。", "最近天热，第一次穿也舒服。"]
)
def test_true_chinese_passes(text: str) -> None:
    assert found(text, CHINESE) == []


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("A shirt of pure cotton.", "unsupported-material", "cotton"),
        ("Also in navy.", "unsupported-colour", "navy"),
        ("By Kestrel, of course.", "unsupported-brand", "Kestrel"),
        ("It weighs 2 kg.", "unsupported-number", "2"),
        ("Lasts for three years.", "unsupported-number", "three"),
        ("It is waterproof.", "unsupported-value", "waterproof"),
        ("With sea salt.", "unsupported-value", "sea salt"),
        ("The best shirt there is.", "forbidden-word", "best"),
        ("Size 48 fits.", "unsupported-number", "48"),
    ],
)
def test_false_english_is_found(text: str, kind: str, words: str) -> None:
    assert found(text, ENGLISH) == [(kind, words)]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("纯棉面料，亲肤。", "unsupported-material", "纯棉"),
        ("另有酒红色。", "unsupported-colour", "酒红"),
        ("红隼出品。", "unsupported-brand", "红隼"),
        ("重2公斤。", "unsupported-number", "2"),
        ("质保三年。", "unsupported-number", "三"),
        ("防水好打理。", "unsupported-value", "防水"),
        ("这是最佳选择。", "forbidden-word", "最佳选择"),
        ("国家级品质。", "forbidden-word", "国家级"),
    ],
)
def test_false_chinese_is_found(text: str, kind: str, words: str) -> None:
    assert found(text, CHINESE) == [(kind, words)]


@pytest.mark.parametrize("text", ["最近到货。", "第一次用也顺手。"])
def test_harmless_words_are_let_pass(text: str) -> None:
    assert found(text, CHINESE) == []
    assert found("Best before May.", ENGLISH) == []


def test_a_product_may_keep_a_forbidden_word_in_its_name() -> None:
    named = source("en", title="The Best of Bach", brand="Third Shelf")
    assert found("The Best of Bach, by Third Shelf.", named) == []
    assert found("The Best of Bach is the best.", named) == [("forbidden-word", "best")]


def test_what_the_merchant_s_description_says_may_be_said() -> None:
    said = Source("p", "en", (Fact("title", "Mug"),), "Fired at 1,280 degrees; never cotton.")
    assert found("Fired at 1280 degrees.", said) == []
    assert found("Fired at 1300 degrees.", said) == [("unsupported-number", "1300")]


def test_places_count_characters_of_the_text() -> None:
    text = "亚麻衬衫，另有酒红色。"
    finding = CHECKER.statements(text, CHINESE, "zh")[0]
    assert text[finding.start : finding.end] == finding.text == "酒红"
    assert "酒红" in finding.message
    assert finding.blocking


def test_length_is_bounded_by_channel() -> None:
    title = Controls(channel="title", language="en")
    checks = CHECKER.check("x" * 201, ENGLISH, title)
    assert "too-long" in [finding.kind for finding in checks.findings]
    assert not checks.passed
    short = CHECKER.check("Hi.", ENGLISH, Controls(language="en"))
    assert "too-short" in [finding.kind for finding in short.findings]


def test_a_missing_fact_is_told_and_forbids_nothing() -> None:
    checks = CHECKER.check("The Boxy Shirt in Linen by Linden, in three words.", ENGLISH, Controls(language="en"))
    assert checks.passed
    assert [finding.text for finding in checks.findings] == ["sage green", "S, M and L", "1.5 kg"]
    assert checks.coverage == pytest.approx(0.5)


def test_training_texts_are_true_by_the_checks() -> None:
    """Grammar and checks were written apart; where they disagree one of them is wrong."""
    for pair in list(pairs(1, products()[::25])):
        known = Source(pair.product_id, pair.language, tuple(Fact(fact.name, fact.value) for fact in pair.facts))
        assert CHECKER.statements(pair.text, known, pair.language) == [], pair.text


def test_the_shop_s_own_words_hold_nothing_forbidden() -> None:
    words = forbidden.load()
    for pair in list(pairs(2, products()[::25])):
        text = "".join("·" if isinstance(piece, Ref) else piece.value for piece in pair.target)
        assert list(words.find(text)) == [], text


def test_the_service_ships_the_sample_shop_s_list_of_forbidden_words() -> None:
    """A shop without a model is checked as well, so the service has a copy: edit both."""
    ours, shop = (
        Path(services.generator.__file__).parent / "forbidden",
        Path(sample_shop.copy.__file__).parent / "forbidden",
    )
    names = [file.name for file in sorted(shop.iterdir())]
    assert [file.name for file in sorted(ours.iterdir())] == names
    for name in names:
        assert (ours / name).read_text(encoding="utf-8") == (shop / name).read_text(encoding="utf-8")
