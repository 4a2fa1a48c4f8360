"""How well a writer does on held-out products: what the checks find before and after, and how varied its words are."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sample_shop.copy.pairs import held_out
from sample_shop.products import products
from services.generator import codec, forbidden, lexicon
from services.generator.checks import Checker
from services.generator.controls import CHANNELS, LANGUAGES, LENGTHS, STYLES, Controls
from services.generator.facts import coverage
from services.generator.generator import MODEL, REPAIRED, TEMPLATE, Copy, Generator, Order, Writer


@dataclass(frozen=True)
class Judged:
    """Of one language."""

    copies: Sequence[Copy]
    plain: Sequence[Copy]
    """The template's, of the same orders."""
    unfaithful_before: int
    """Texts of the model, as it wrote them first, that state what the facts don't."""


def orders(count: int) -> list[Order]:
    """Held-out products in turn, in every channel, style and length, both languages alike."""
    kept = [product for product in products() if held_out(product.product_id)]
    made = []
    for nth in range(count):
        language = LANGUAGES[nth % 2]
        controls = Controls(
            CHANNELS[nth // 2 % len(CHANNELS)],
            STYLES[nth // 10 % len(STYLES)],
            LENGTHS[nth // 3 % len(LENGTHS)],
            language,
        )
        made.append(Order(codec.source(kept[nth * 7 % len(kept)], language), controls, seed=nth))
    return made


def judge(writer: Writer, count: int) -> dict[str, object]:
    """`coverage`, `unfaithful_before_checks`, shares of origins, `distinct_2` of model and template, by language."""
    generator = Generator(lexicon.builtin(), forbidden.load())
    generator.use(writer)
    checker = Checker(lexicon.builtin().joined(writer.lexicon), forbidden.load())
    wanted = orders(count)
    return {language: _figures(generator, writer, checker, _of(wanted, language)) for language in LANGUAGES}


def _of(wanted: Sequence[Order], language: str) -> list[Order]:
    return [order for order in wanted if order.controls.language == language]


def _figures(generator: Generator, writer: Writer, checker: Checker, wanted: Sequence[Order]) -> dict[str, float]:
    copies = [generator.write(order) for order in wanted]
    plain = [generator.write(replace(order, use_template=True)) for order in wanted]
    first = [writer.write(order, lambda _: True, lambda _: None, lambda: True) for order in wanted]
    bad = sum(
        bool(checker.statements(text, order.source, order.controls.language))
        for text, order in zip(first, wanted, strict=True)
    )
    covered = [coverage(order.required, copy.text) for copy, order in zip(copies, wanted, strict=True)]
    number = max(len(wanted), 1)
    return {
        "copies": len(wanted),
        "coverage": round(sum(covered) / number, 4),
        "unfaithful_before_checks": round(bad / number, 4),
        **{f"{origin}_share": round(_share(copies, origin), 4) for origin in (MODEL, REPAIRED, TEMPLATE)},
        "distinct_2": round(distinct_2([copy.text for copy in copies], wanted[0].controls.language), 4),
        "template_distinct_2": round(distinct_2([copy.text for copy in plain], wanted[0].controls.language), 4),
    }


def _share(copies: Sequence[Copy], origin: str) -> float:
    return sum(copy.origin == origin for copy in copies) / max(len(copies), 1)


def distinct_2(texts: Sequence[str], language: str) -> float:
    """Different pairs of neighbouring words (characters in Chinese) by all of them (Li et al. 2016)."""
    units = [list(text) if language == "zh" else text.lower().split() for text in texts]
    pairs = [pair for unit in units for pair in itertools.pairwise(unit)]
    return len(set(pairs)) / max(len(pairs), 1)
