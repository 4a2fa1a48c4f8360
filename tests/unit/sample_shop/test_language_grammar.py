"""The grammar: seeded, without repetition, and read as it was meant."""

import random

import pytest

from sample_shop.language import LANGUAGES, expand, expand_pairs, folded, intents
from sample_shop.language.grammar import _alternatives, _Draw, _tidy, grammar
from sample_shop.language.lexicon import plural, shop_words


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_seed_gives_the_same_again(language: str) -> None:
    assert expand(language, "return-item", 20, seed=5) == expand(language, "return-item", 20, seed=5)
    assert expand(language, "return-item", 20, seed=5) != expand(language, "return-item", 20, seed=6)
    assert expand_pairs(language, 20, seed=5) == expand_pairs(language, 20, seed=5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_drawn_twice(language: str) -> None:
    for intent in intents():
        said = [folded(utterance.text) for utterance in expand(language, intent, 60, seed=2)]
        assert len(set(said)) == len(said) == 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_and_phrase_can_be_drawn(language: str) -> None:
    rules = grammar(language)
    dice = random.Random(1)
    for rule in [
        *(r for many in rules.intents.values() for r in many),
        *(r for m in rules.phrases.values() for r in m),
    ]:
        for _ in range(20):
            assert _Draw(language, dice).rule(rule)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_grammar_has_all_intents_and_uses_all_it_has(language: str) -> None:
    rules = grammar(language)
    assert rules.intents.keys() == intents().keys()
    text = "\n".join(r for many in [*rules.intents.values(), *rules.phrases.values()] for r in many)
    assert [name for name in rules.phrases if f"<{name}>" not in text] == []
    assert [name for name in rules.words if f"{{{name}}}" not in text and f":{name}}}" not in text] == []


def test_two_intents_keep_their_order() -> None:
    for utterance in expand_pairs("en", 30, seed=3):
        assert len(utterance.intents) == 2
        assert utterance.intents in {tuple(pair) for pair in grammar("en").pairs}


def test_choices_options_and_brackets_within_brackets() -> None:
    dice = random.Random(0)
    drawn = {_Draw("en", dice).rule("(a|b[c|d(e|f)])") for _ in range(300)}
    assert drawn == {"a", "b", "bc", "bde", "bdf"}


@pytest.mark.parametrize("rule", ["(a|b", "a)", "[a)", "{Product}", "<a b>"])
def test_a_rule_that_cannot_be_read(rule: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|no such rule"):
        _alternatives(rule)


def test_articles_and_spaces() -> None:
    dice = random.Random(0)
    lines = {_tidy("is a~ [ivory](colour)  hat ?", "en", dice).lower() for _ in range(20)}
    assert lines == {"is an [ivory](colour) hat?"}


def test_words_of_the_shop() -> None:
    assert "midi dresses" in shop_words("@many:Clothing", "en")
    assert "jeans" not in shop_words("@one:Clothing", "en")
    assert "牛仔裤" in shop_words("@kinds", "zh")
    assert "Windmark" in shop_words("@brands:Shoes", "en")
    assert shop_words("@colours", "zh")[0].endswith("色")
    with pytest.raises(ValueError, match="unknown source"):
        shop_words("@prices", "en")
    with pytest.raises(ValueError, match="no kinds"):
        shop_words("@kinds:Boats", "en")


@pytest.mark.parametrize(("one", "many"), [("lamp", "lamps"), ("dress", "dresses"), ("chef's knife", "chef's knives")])
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many
