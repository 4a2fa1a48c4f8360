"""Variations keep their labels where the words are."""

from services.nlu.augment import AugmentConfig, Augmenter, edited, joined
from services.nlu.examples import Example, Span, folded, is_held_out
from tests.unit.nlu.tiny import examples, marked


def words(example: Example) -> list[tuple[str, str]]:
    return [(span.name, example.text[span.start : span.end]) for span in example.spans]


def test_edits_move_the_spans() -> None:
    example = marked("a <colour:red> <product:dress> please", "en", "find")
    made = edited(example, [(example.spans[0], "dark blue"), (Span("", 0, 1), "the")])
    assert made.text == "the dark blue dress please"
    assert words(made) == [("colour", "dark blue"), ("product", "dress")]


def test_joining_two() -> None:
    made = joined(marked("hello!", "en", "greet"), marked("a <product:mug>?", "en", "find"), ", ")
    assert made.text == "hello, a mug?"
    assert made.intents == ("greet", "find")
    assert words(made) == [("product", "mug")]


def test_every_variation_is_well_formed_and_drawn_by_the_seed() -> None:
    config = AugmentConfig(swap=0.8, typo=0.8, tail=0.8)
    drawn = [[Augmenter(examples(), config, seed).vary(one) for one in examples()] for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]
    pairs = Augmenter(examples(), config, 5).pairs(30)
    for made in [*drawn[0], *pairs]:
        assert all(0 <= span.start < span.end <= len(made.text) for span in made.spans)
        assert all(word.strip() == word for _, word in words(made))
    assert all(len(set(pair.intents)) == 2 for pair in pairs)


def test_what_is_held_out_hangs_on_the_words_alone() -> None:
    lines = [f"line number {n}" for n in range(400)]
    kept = [line for line in lines if is_held_out(Example(line, "en", ("a",)))]
    assert 20 < len(kept) < 90
    assert all(is_held_out(Example(f"  {line.upper()}!", "en", ("a",))) for line in kept)
    assert not any(is_held_out(Example(line, "en", ("a",), written=False)) for line in kept)
    assert folded("Ｌine, Number  1!") == folded("line number 1")
