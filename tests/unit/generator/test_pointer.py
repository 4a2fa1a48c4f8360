"""The network on a small task whose answers are known: say the fact that is asked for, in the manner that is asked for.

Values are nonsense that training never saw: they can only be right by being pointed at.
"""

import random

import numpy as np
import pytest
import torch

from services.generator.chains import Chains
from services.generator.contexts import Contexts
from services.generator.controls import Controls
from services.generator.decoding import Decoder, Sampling, Writing
from services.generator.examples import Example, batches, collate, example
from services.generator.facts import Fact
from services.generator.features import codes, for_copy
from services.generator.fit import FitConfig, fit, loss_of
from services.generator.models.pointer import Pointer, PointerConfig, counts_of
from services.generator.vocabulary import Vocabulary

WORDS = {"plain": ("it is ", " in "), "lively": ("look, ", " and ")}
LIKELIEST = Sampling(temperature=0.01)


def nonsense(dice: random.Random) -> str:
    return "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aeiou") for _ in range(2))


def task(dice: random.Random, style: str) -> tuple[Controls, list[Fact], list[Fact], list[str | int]]:
    """Of three facts in any order, the title first, then the colour; the brand only if it is to be said."""
    names = ["brand", "colour", "title"][dice.randrange(2) :]
    facts = [Fact(name, nonsense(dice)) for name in dice.sample(names, len(names))]
    place = {fact.name: at for at, fact in enumerate(facts)}
    with_brand = "brand" in place and dice.random() < 0.6
    first, then = WORDS[style]
    target: list[str | int] = [first, place["title"], then, place["colour"]]
    target += [", by ", place["brand"], "."] if with_brand else ["."]
    say = [fact for fact in facts if fact.name != "brand" or with_brand]
    return Controls(style=style), facts, say, target


def examples(vocabulary: Vocabulary, seed: int, count: int) -> list[Example]:
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        controls, facts, say, target = task(dice, dice.choice(list(WORDS)))
        made.append(example(vocabulary, for_copy(vocabulary, controls, facts, say), target))
    return made


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    texts = [word for pair in WORDS.values() for word in pair] * 2 + [", by ", "."] * 2
    dice = random.Random(0)
    return Vocabulary.learn(texts + [nonsense(dice) for _ in range(200)], codes(), 400)


@pytest.fixture(scope="module")
def model(vocabulary: Vocabulary) -> Pointer:
    config = PointerConfig(vocabulary.size, vocabulary.pad, 32, 1, 2, 64, 64, dropout=0.0)
    return fit(config, examples(vocabulary, 1, 400), FitConfig(passes=14, pieces=300, rate=1e-2, threads=1))


def written(model: Pointer, vocabulary: Vocabulary, controls: Controls, facts: list[Fact], say: list[Fact]) -> str:
    decoder = Decoder(model, vocabulary, Contexts(), Chains.anything(vocabulary.size))
    writing: Writing = decoder.begin(for_copy(vocabulary, controls, facts, say), "en")
    state, dice = writing.state, np.random.default_rng(0)
    for _ in range(20):
        number = writing.draw(state, LIKELIEST, dice)
        if writing.ended(number):
            break
        state = writing.take(state, number)
    return state.text


def test_facts_never_seen_are_said_letter_by_letter(model: Pointer, vocabulary: Vocabulary) -> None:
    dice = random.Random(99)
    for style in [*WORDS] * 10:
        controls, facts, say, target = task(dice, style)
        wanted = "".join(part if isinstance(part, str) else facts[part].value for part in target)
        assert written(model, vocabulary, controls, facts, say) == wanted


def test_another_style_says_the_same_facts_in_other_words(model: Pointer, vocabulary: Vocabulary) -> None:
    facts = [Fact("title", "Zubiko"), Fact("colour", "pamu")]
    assert written(model, vocabulary, Controls(style="plain"), facts, facts) == "it is Zubiko in pamu."
    assert written(model, vocabulary, Controls(style="lively"), facts, facts) == "look, Zubiko and pamu."


def test_the_loss_on_unseen_texts_is_near_nothing(model: Pointer, vocabulary: Vocabulary) -> None:
    assert loss_of(model, examples(vocabulary, 2, 64), vocabulary.pad) < 0.05


def test_training_and_writing_give_the_same_probabilities(model: Pointer, vocabulary: Vocabulary) -> None:
    """Teacher forcing sees all steps at once, writing one after the other."""
    one = examples(vocabulary, 3, 1)[0]
    batch = collate([one], vocabulary.pad)
    memory, carry = model.read(batch.pieces_BS, batch.codes_B, batch.fact_at_BF, batch.say_BF)
    said = counts_of(batch.written_BL, vocabulary.size, len(one.read.facts))
    at_once, _ = model.write(memory, carry, batch.written_BL, said)
    for place in range(batch.written_BL.shape[1]):
        step, carry = model.write(memory, carry, batch.written_BL[:, place : place + 1], said[:, place : place + 1])
        torch.testing.assert_close(step[:, 0], at_once[:, place], atol=1e-4, rtol=1e-4)


def test_the_same_seed_trains_the_same_model(vocabulary: Vocabulary) -> None:
    config = PointerConfig(vocabulary.size, vocabulary.pad, 16, 1, 2, 16, 16)
    some, short = examples(vocabulary, 4, 40), FitConfig(passes=1, pieces=200, threads=1)
    one, other = fit(config, some, short), fit(config, some, short)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_batches_hold_every_example_once(vocabulary: Vocabulary) -> None:
    some = examples(vocabulary, 5, 50)
    made = list(batches(some, 100, vocabulary.pad, random.Random(1)))
    assert sum(len(batch.written_BL) for batch in made) == 50
    assert all(batch.written_BL.numel() <= 100 for batch in made)


def test_a_text_can_be_put_together_again(vocabulary: Vocabulary) -> None:
    text = "look, it is in and, by it."
    assert "".join(vocabulary.text(piece) for piece in vocabulary.encode(text)) == text
