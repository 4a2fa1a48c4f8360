"""Plain replies: for every act there are words, whatever the facts."""

import pytest

from services.generator.facts import Fact
from services.generator.reply_template import ReplyTemplate
from services.generator.situations import ACTS, Ask, Turn
from services.generator.template import Template

TEMPLATE = ReplyTemplate.load(Template.load())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("act", ACTS)
def test_every_act_has_words_without_any_fact(act: str, language: str) -> None:
    text = TEMPLATE.write(Ask(act, language=language))
    assert text
    assert "{" not in text


def test_products_are_listed_with_price_and_reason() -> None:
    facts = (
        Fact("title_1", "Mug"),
        Fact("price_1", "¥29"),
        Fact("reason_1", "New in the shop"),
        Fact("title_2", "Kettle"),
    )
    text = TEMPLATE.write(Ask("recommend-products", facts))
    assert text == "I would suggest: Mug, ¥29 (New in the shop); Kettle."
    loose = (Fact("title", "Mug"), Fact("price", "¥29"), Fact("title", "Kettle"))
    assert TEMPLATE.write(Ask("recommend-products", loose)) == "I would suggest: Mug, ¥29; Kettle."


def test_an_attribute_under_any_name_is_told() -> None:
    facts = (Fact("title", "亚麻衬衫"), Fact("material", "亚麻"))
    assert TEMPLATE.write(Ask("answer-attribute", facts, "zh")) == "亚麻衬衫。材质：亚麻。"


def test_who_is_upset_hears_sorry_first() -> None:
    facts = (Fact("title", "Mug"), Fact("price", "¥29"))
    ask = Ask("answer-price", facts, history=(Turn(True, "this is ridiculous"),))
    assert TEMPLATE.write(ask) == "Sorry about that. Mug costs ¥29."
