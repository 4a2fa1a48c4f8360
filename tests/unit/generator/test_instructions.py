"""Instructions in words, both languages."""

import pytest

from servicekit.errors import InvalidInput
from services.generator.controls import Controls
from services.generator.instructions import Instructions, Revision

KNOWN = ["brand", "colour", "material", "size", "price"]
INSTRUCTIONS = Instructions.load()


@pytest.mark.parametrize(
    ("instruction", "understood"),
    [
        ("shorter", Revision(length="short")),
        ("Make it shorter and warmer, please", Revision(length="short", style="warm")),
        ("a bit longer", Revision(length="long")),
        ("livelier, for social media", Revision(style="lively", channel="social")),
        ("mention the material", Revision(mention=("material",))),
        ("leave out the price", Revision(omit=("price",))),
        ("mention the colour and the size; without the price", Revision(mention=("colour", "size"), omit=("price",))),
        ("give me another version", Revision(again=True)),
        ("more premium", Revision(style="premium")),
        ("更活泼一点", Revision(style="lively")),
        ("短一点，别提价格", Revision(length="short", omit=("price",))),
        ("写长一些，提到材质和尺码", Revision(length="long", mention=("material", "size"))),
        ("换一版", Revision(again=True)),
        ("改成直播口播", Revision(channel="live")),
        ("高级感，做成邮件", Revision(style="premium", channel="email")),
    ],
)
def test_what_is_understood(instruction: str, understood: Revision) -> None:
    assert INSTRUCTIONS.understand(instruction, KNOWN, Controls()) == understood


def test_a_little_shorter_than_long_is_medium() -> None:
    assert INSTRUCTIONS.understand("shorter", KNOWN, Controls(length="long")).length == "medium"
    assert INSTRUCTIONS.understand("长一点", KNOWN, Controls(length="short")).length == "medium"


def test_controls_that_are_not_spoken_of_stay() -> None:
    before = Controls("email", "warm", "long", "zh")
    assert Revision(length="short").applied(before) == Controls("email", "warm", "short", "zh")


@pytest.mark.parametrize("instruction", ["do something", "嗯嗯", "42"])
def test_what_is_not_understood_is_refused_with_what_can_be_asked(instruction: str) -> None:
    with pytest.raises(InvalidInput, match="shorter, longer") as error:
        INSTRUCTIONS.understand(instruction, KNOWN, Controls())
    assert [violation.field for violation in error.value.violations] == ["instruction"]


def test_an_attribute_that_the_product_lacks_is_named() -> None:
    with pytest.raises(InvalidInput, match="has no scent; it has brand, colour"):
        INSTRUCTIONS.understand("mention the scent", KNOWN, Controls())


def test_what_was_understood_can_be_told() -> None:
    told = Revision(length="short", mention=("material",), omit=("price",), again=True).told()
    assert told == "length=short; mention material; leave out price; another version"
