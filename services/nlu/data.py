"""What training reads of the shop: labelled sentences, running text for pre-training, colours.

The only module of the NLU that knows the sample shop, and only training imports it.
"""

import hashlib
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sample_shop import kinds as shop
from sample_shop import language as spoken
from sample_shop.language.lexicon import shop_words
from sample_shop.products import products
from services.nlu.examples import About, Example, Schema, Span, folded, is_held_out
from services.nlu.normalise.colours import table

LANGUAGE = Path(spoken.__file__).parent
KNOWLEDGE = Path(shop.__file__).parent / "knowledge"
GENERAL_COLOURS = Path(__file__).parent / "normalise" / "colours.toml"
LISTED = frozenset({"product", "brand", "material", "colour", "recipient", "occasion", "attribute"})
"""Slots whose words are worth a list: the others are told by their form, or are whole clauses."""
ABOUT_OWN_ORDERS = frozenset({"track-parcel", "refund-time", "change-address", "cancel-order-rules"})
"""Articles whose questions are as often about one's own order: their topic is no safe label."""


@dataclass(frozen=True)
class Lessons:
    """No line of `judged` is in what is taught or read."""

    schema: Schema
    taught: Sequence[Example]
    judged: Sequence[Example]
    texts: Sequence[str]
    """Running text in both languages."""
    colours: dict[str, str]
    slot_words: dict[str, list[str]]
    """What slots are filled with, by slot: the shop's own words, and those of what is taught."""

    def hash(self) -> str:
        told = [*(repr(one) for one in (*self.taught, *self.judged)), *self.texts, repr(self.colours)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class DataConfig:
    grammar_per_intent: int = 40
    """Of each language."""
    grammar_pairs: int = 300
    """Sentences of two intents from the grammar, of each language."""
    texts_per_intent: int = 100
    """Sentences of the grammar that pre-training reads beside them."""


def lessons(config: DataConfig, seed: int) -> Lessons:
    """The sample shop's. The same for the same seed."""
    everything = [one for language in spoken.LANGUAGES for one in _spoken(language, config, seed)]
    judged = [one for one in everything if is_held_out(one)]
    secret = {folded(one.text) for one in judged}
    taught = [one for one in everything if folded(one.text) not in secret]
    taught += [one for one in (*_phrasings(), *_questions()) if folded(one.text) not in secret]
    read = [one.text for one in taught] + _grammar_texts(config, seed + 1) + _product_texts() + _articles()
    texts = [text for text in dict.fromkeys(read) if folded(text) not in secret]
    random.Random(seed).shuffle(texts)
    return Lessons(schema(), taught, judged, texts, colours(), _slot_words(taught))


def judged_lines() -> list[Example]:
    """The lines that candidates are compared on."""
    read = (spoken.read_written(language) for language in spoken.LANGUAGES)
    return [made for lines in read for one in lines if is_held_out(made := _example(one))]


def schema() -> Schema:
    intents = {name: About(*one.about, slots=one.slots) for name, one in spoken.intents().items()}
    return Schema(intents, {name: About(*one.about, kind=one.kind) for name, one in spoken.slots().items()})


def colours() -> dict[str, str]:
    """Words and English names: the shop's own, and those that any shop may hear."""
    own = {value.words for kind in shop.kinds() for value in kind.axes.get("colour", ())}
    general = tomllib.loads(GENERAL_COLOURS.read_text(encoding="utf-8"))
    said = [(word, words.en) for words in sorted(own) for word in words]
    return table(said + [(word, name) for name, words in general.items() for word in words])


def _slot_words(taught: Sequence[Example]) -> dict[str, list[str]]:
    sources = {
        "product": ("@kinds", "@many"),
        "brand": ("@brands",),
        "material": ("@materials",),
        "colour": ("@colours",),
    }
    found: dict[str, dict[str, None]] = {}
    for slot, names in sources.items():
        words = (word for name in names for language in spoken.LANGUAGES for word in shop_words(name, language))
        found[slot] = dict.fromkeys(words)
    for example in taught:
        for span in example.spans:
            if span.name in LISTED:
                found.setdefault(span.name, {})[example.text[span.start : span.end]] = None
    return {slot: list(words) for slot, words in found.items()}


def _spoken(language: str, config: DataConfig, seed: int) -> list[Example]:
    said = spoken.training(language, seed, config.grammar_per_intent, config.grammar_pairs)
    return [_example(one) for one in said]


def _example(one: spoken.Utterance) -> Example:
    spans = tuple(Span(*span) for span in one.slots)
    return Example(one.text, one.language, one.intents, spans, one.origin == "written")


def _phrasings() -> Iterator[Example]:
    """More ways to say each intent, written without marking slots: `== intent`, then phrasings apart by ` | `."""
    for language in spoken.LANGUAGES:
        intent = ""
        for line in (LANGUAGE / "training" / language / "phrasings.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("== "):
                intent = line.removeprefix("== ").strip()
            elif line.strip():
                wanted = () if intent == spoken.OUT_OF_SCOPE else (intent,)
                yield from (_unmarked(words, language, wanted) for words in line.split(" | "))


def _unmarked(text: str, language: str, intents: tuple[str, ...]) -> Example:
    return Example(text.strip(), language, intents, written=False, marked=False)


def _questions() -> Iterator[Example]:
    """The ways in which articles say they are asked. Their slots are not marked, so they teach none."""
    for path in sorted(KNOWLEDGE.glob("*/*.md")):
        head = path.read_text(encoding="utf-8").partition("\n---\n")[0]
        topic = re.search(r"^topic: (\S+)", head, re.MULTILINE)
        if topic and topic[1] in spoken.intents() and path.stem not in ABOUT_OWN_ORDERS:
            for question in re.findall(r"^\s+- (.+)$", head, re.MULTILINE):
                yield _unmarked(question.strip("\"' "), path.parent.name, (topic[1],))


def _grammar_texts(config: DataConfig, seed: int) -> list[str]:
    return [
        one.text
        for language in spoken.LANGUAGES
        for intent in spoken.intents()
        for one in spoken.expand(language, intent, config.texts_per_intent, seed)
    ]


def _product_texts() -> list[str]:
    """Titles and descriptions in both languages, sentence by sentence."""
    said = [(product.title, product.description) for product in products()]
    said += [(told.title, told.description) for product in products() for told in product.localizations]
    return [text for title, description in said for text in (title, *_sentences(description))]


def _articles() -> list[str]:
    texts = (path.read_text(encoding="utf-8") for path in sorted(KNOWLEDGE.glob("*/*.md")))
    lines = (line.strip("#- ") for text in texts for line in text.splitlines() if not re.match(r"---|topic:", line))
    return [sentence for line in lines for sentence in _sentences(line)]


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[。！？])|(?<=[.!?])\s", text) if part.strip()]
