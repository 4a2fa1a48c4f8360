"""The domain with writers that are made up: who gets to speak, and who stands in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.generator import forbidden, lexicon
from services.generator.controls import Controls
from services.generator.generator import Generator, Order, Say
from services.generator.lexicon import Lexicon
from services.generator.situations import Ask
from tests.unit.generator.shelf import source

FACTS = source("en", title="Boxy Shirt", brand="Linden", colour="sage green", material="linen")
ORDER = Order(FACTS, Controls(length="long"))


@dataclass
class Scripted:
    """Says its sentences, without those that are not found good."""

    sentences: Sequence[str]
    version: str = "v1"
    lexicon: Lexicon = field(default_factory=Lexicon)

    def write(self, _order: Order, good: Callable[[str], bool], say: Say, in_time: Callable[[], bool]) -> str:
        said = [sentence for sentence in self.sentences if good(sentence)] if in_time() else []
        for sentence in said:
            say(sentence)
        return "".join(said).strip()

    def reply(self, _ask: Ask, good: Callable[[str], bool], in_time: Callable[[], bool]) -> str:
        return next((text for text in self.sentences if in_time() and good(text)), "")


class Broken(Scripted):
    def write(self, *_: object) -> str:
        raise RuntimeError("a tensor is missing")

    def reply(self, *_: object) -> str:
        raise RuntimeError("a tensor is missing")


def generator(writer: Scripted | None) -> Generator:
    made = Generator(lexicon.builtin(), forbidden.load())
    made.use(writer)
    return made


GOOD = ("Meet the Boxy Shirt by Linden. ", "It comes in sage green linen.")


def test_what_the_model_says_well_is_its_own() -> None:
    said: list[str] = []
    copy = generator(Scripted(GOOD)).write(ORDER, said.append)
    assert (copy.text, copy.origin, copy.model_version) == ("".join(GOOD), "model", "v1")
    assert copy.checks.coverage == 1.0
    assert said == list(GOOD)


def test_a_lie_is_not_said_and_what_then_lacks_is_added() -> None:
    said: list[str] = []
    copy = generator(Scripted([GOOD[0], "Made of pure cotton. ", "In sage green."])).write(ORDER, said.append)
    assert copy.text == "Meet the Boxy Shirt by Linden. In sage green. Material: linen."
    assert copy.origin == "repaired"
    assert "cotton" not in "".join(said)


def test_where_nothing_good_comes_the_template_stands_in() -> None:
    said: list[str] = []
    copy = generator(Scripted(["All cotton."])).write(ORDER, said.append)
    assert (copy.origin, copy.degradations) == ("template", ())
    assert said == [copy.text]
    assert copy.checks.passed


def test_a_model_that_fails_or_is_late_is_told_of() -> None:
    assert generator(Broken(())).write(ORDER).degradations == ("model-failed",)
    late = generator(Scripted(GOOD)).write(ORDER, in_time=lambda: False)
    assert (late.origin, late.degradations) == ("template", ("out-of-time",))
    assert generator(None).write(ORDER).degradations == ("no-model",)


def test_the_template_can_be_asked_for() -> None:
    copy = generator(Scripted(GOOD)).write(Order(FACTS, Controls(), use_template=True))
    assert (copy.origin, copy.degradations) == ("template", ())


def test_a_fact_that_is_left_out_is_not_required() -> None:
    order = Order(FACTS, Controls(length="long"), omit=("material",))
    assert [fact.name for fact in order.required] == ["title", "brand", "colour"]
    assert "linen" not in generator(None).write(order).text


def test_a_reply_states_only_its_facts() -> None:
    ask = Ask("answer-price", FACTS.facts[:1], "en")
    assert generator(Scripted(["It costs 5."])).reply(ask).origin == "template"
    told = generator(Scripted(["The Boxy Shirt it is."])).reply(ask)
    assert (told.text, told.origin) == ("The Boxy Shirt it is.", "model")
    assert generator(Broken(())).reply(ask).degradations == ("model-failed",)
    assert generator(None).reply(ask).degradations == ("no-model",)


def test_another_model_is_used_from_the_next_answer_on() -> None:
    made = generator(Scripted(GOOD))
    made.use(Scripted(GOOD, version="v2"))
    assert made.write(ORDER).model_version == made.version == "v2"
