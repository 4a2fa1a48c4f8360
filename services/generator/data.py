"""What the generator learns from: the sample shop's copy and replies, and the words of the catalogue."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sample_shop.copy.pair import CopyPair, Ref
from sample_shop.copy.pairs import held_out
from sample_shop.copy.pairs import pairs as copy_pairs
from sample_shop.products import products
from sample_shop.replies.pairs import EACH, ReplyPair
from sample_shop.replies.pairs import pairs as reply_pairs
from services.generator import codec, lexicon
from services.generator.contexts import Contexts
from services.generator.controls import LANGUAGES, Controls
from services.generator.examples import Example, example
from services.generator.facts import Fact, parts
from services.generator.features import OTHER, READ, Encoded, for_copy, for_reply
from services.generator.lexicon import Lexicon
from services.generator.situations import Ask, Turn
from services.generator.vocabulary import Vocabulary

DEV_EVERY = 8
"""Of the texts about held-out products, so many are looked at for the loss."""
_SHORTEST_VALUE = 4
_KINDS = {"brand": lexicon.BRAND, "material": lexicon.MATERIAL, "fill": lexicon.MATERIAL, "colour": lexicon.COLOUR}
_SAID_ANYWAY = frozenset(
    {"title", "category", "price", "detail", "audience", "season", "size", "waist", "sport", "age"}
)
"""Their values are everyday words: `women`, `summer`."""


@dataclass(frozen=True)
class Texts:
    copy: Sequence[CopyPair]
    replies: Sequence[ReplyPair]
    held_out: Sequence[CopyPair]


def read(seed: int, share: float = 1.0) -> Texts:
    """The training texts, without those of held-out products, which come apart. `share`: of all, for a quick try."""
    every = max(1, round(1 / share))
    copy = list(copy_pairs(seed, products()[::every]))
    replies = list(reply_pairs(seed, max(1, EACH // every)))
    return Texts(
        [pair for pair in copy if not held_out(pair.product_id)],
        replies,
        [pair for pair in copy if held_out(pair.product_id)],
    )


def data_hash(texts: Texts) -> str:
    """The same texts give the same hash."""
    digest = hashlib.sha256()
    every: list[CopyPair | ReplyPair] = [*texts.copy, *texts.replies]
    for pair in every:
        digest.update(pair.text.encode())
        digest.update(b"\n")
    return digest.hexdigest()[:16]


def words(texts: Texts) -> Iterable[str]:
    """What the vocabulary is learned from: everything but the facts' values, and some of these to tell them apart."""
    every: list[CopyPair | ReplyPair] = [*texts.copy, *texts.replies]
    for pair in every:
        yield from (piece.value for piece in pair.target if not isinstance(piece, Ref))
    for pair in texts.copy[::15]:
        yield from (fact.value for fact in pair.facts)
    for reply in texts.replies[::15]:
        yield from (turn.text for turn in reply.history if turn.text)


def examples(vocabulary: Vocabulary, texts: Texts) -> list[Example]:
    """Copy and replies, to train on."""
    return [
        *(copy_example(vocabulary, pair) for pair in texts.copy),
        *(reply_example(vocabulary, pair) for pair in texts.replies),
    ]


def copy_example(vocabulary: Vocabulary, pair: CopyPair) -> Example:
    """What the text says is marked to be said."""
    facts = [Fact(fact.name, fact.value) for fact in pair.facts]
    say = [facts[piece.fact] for piece in pair.target if isinstance(piece, Ref)]
    controls = Controls(pair.channel, pair.style, pair.length, pair.language)
    return _example(vocabulary, for_copy(vocabulary, controls, facts, say), pair, facts)


def reply_example(vocabulary: Vocabulary, pair: ReplyPair) -> Example:
    facts = [Fact(fact.name, fact.value) for fact in pair.facts]
    history = tuple(Turn(turn.from_shopper, turn.text, turn.act) for turn in pair.history)
    ask = Ask(pair.act, tuple(facts), pair.language, pair.flow, history=history)
    return _example(vocabulary, for_reply(vocabulary, ask, facts), pair, facts)


def _example(vocabulary: Vocabulary, read: Encoded, pair: CopyPair | ReplyPair, facts: Sequence[Fact]) -> Example:
    target = [read.facts.index(facts[piece.fact]) if isinstance(piece, Ref) else piece.value for piece in pair.target]
    return example(vocabulary, read, target)


def contexts(texts: Texts) -> Contexts:
    """Of all training texts. A fact under a name that the model does not know counts as such."""
    every: list[CopyPair | ReplyPair] = [*texts.copy, *texts.replies]
    names = {fact.name: fact.name if fact.name in READ else OTHER for pair in every for fact in pair.facts}
    return Contexts.learn(
        [(names[pair.facts[piece.fact].name],) if isinstance(piece, Ref) else piece.value for piece in pair.target]
        for pair in every
    )


def gathered_lexicon() -> Lexicon:
    """Brands, materials, colours and telling values of the whole catalogue: held-out products too, for the checks must
    know them."""
    terms: dict[str, set[str]] = {kind: set() for kind in lexicon.KINDS}
    for product in products():
        for language in LANGUAGES:
            for fact in codec.source(product, language).facts:
                _gather(fact, terms)
    return Lexicon({kind: frozenset(found) for kind, found in terms.items()})


def _gather(fact: Fact, terms: dict[str, set[str]]) -> None:
    if fact.name in _SAID_ANYWAY:
        return
    kind = _KINDS.get(fact.name, lexicon.VALUE)
    for value in parts(fact.value):
        chinese = not value.isascii()
        if len(value) >= (2 if chinese else _SHORTEST_VALUE) or kind == lexicon.BRAND:
            terms[kind].add(value)
