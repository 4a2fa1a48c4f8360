"""The last resort cannot lie, and repair takes out what must not stand and puts in what is missing."""

import pytest

from sample_shop.copy.pairs import held_out
from sample_shop.products import products
from services.generator import codec, forbidden, lexicon
from services.generator.checks import Checker
from services.generator.controls import CHANNELS, LANGUAGES, LENGTHS, Controls, important
from services.generator.repair import Repairer
from services.generator.template import Template
from services.generator.text import sentences
from tests.unit.generator.shelf import SHIRT, source

TEMPLATE, CHECKER = Template.load(), Checker(lexicon.builtin(), forbidden.load())
REPAIRER = Repairer(CHECKER, TEMPLATE)
FACTS = source("en", title="Boxy Shirt", brand="Linden", colour="sage green", material="linen")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_the_template_passes_every_check_and_says_what_is_important(channel: str, language: str) -> None:
    for product in [one for one in products() if held_out(one.product_id)][::5]:
        known = codec.source(product, language)
        for length in LENGTHS:
            controls = Controls(channel, "lively", length, language)
            text = TEMPLATE.write(known.facts, controls)
            checks = CHECKER.check(text, known, controls)
            assert checks.passed, (text, checks.findings)
            assert channel == "title" or checks.coverage == 1.0, (text, checks.findings)


def test_the_template_reads_as_plain_words() -> None:
    english = TEMPLATE.write(codec.source(SHIRT, "en").facts, Controls(language="en"))
    assert english == "Boxy Shirt in Linen, by Linden. Colour: sage green. Material: linen. Size: S, M and L."
    chinese = TEMPLATE.write(codec.source(SHIRT, "zh").facts, Controls(language="zh", length="short"))
    assert chinese == "宽松亚麻衬衫，林间出品。颜色：鼠尾草绿。"


def test_a_fact_that_is_asked_for_is_said() -> None:
    text = TEMPLATE.write(FACTS.facts, Controls(length="short"), mention=("colour",))
    assert "Colour: sage green." in text


def test_a_sentence_that_lies_goes_and_a_missing_fact_comes() -> None:
    text = "Meet the Boxy Shirt by Linden. It is made of cotton! In sage green, for slow days."
    controls = Controls()
    mended = REPAIRER.repair(text, FACTS, controls, important(FACTS.facts, controls))
    assert mended.text == "Meet the Boxy Shirt by Linden. In sage green, for slow days. Material: linen."
    assert mended.changed


def test_a_text_that_is_right_stays_as_it_is() -> None:
    text = "Boxy Shirt by Linden, in sage green linen."
    mended = REPAIRER.repair(text, FACTS, Controls(), FACTS.facts)
    assert (mended.text, mended.changed) == (text, False)


def test_chinese_is_mended_without_spaces() -> None:
    known = source("zh", title="宽松衬衫", brand="林间", colour="鼠尾草绿")
    mended = REPAIRER.repair("林间宽松衬衫来了。另有酒红色！", known, Controls(language="zh"), known.facts)
    assert mended.text == "林间宽松衬衫来了。颜色：鼠尾草绿。"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One. ", "Two! ", "Three?"]),
        ("A subject\nThe text of 1.5 kg. End", ["A subject\n", "The text of 1.5 kg. ", "End"]),
        ("你好！今天好。再见", ["你好！", "今天好。", "再见"]),
    ],
)
def test_sentences_are_the_whole_text(text: str, parts: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == parts
