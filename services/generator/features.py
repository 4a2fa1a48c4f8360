"""What the model reads: codes for how the text is to be, then each fact with its name and the beginning of its value.

The same function for training and for serving. A fact is pointed at, never spelled, so the model needs no more of a
value than what tells how to speak of it.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.generator.controls import CHANNELS, LANGUAGES, LENGTHS, ORDER, STYLES, Controls
from services.generator.facts import Fact, mentioned, named, parts
from services.generator.reply_facts import NAMES
from services.generator.situations import ACTS, Ask, situation
from services.generator.vocabulary import Vocabulary

SEVERAL, REPLY, FLOW, SHOPPER = "<several>", "<reply>", "<flow>", "<shopper>"
OTHER = "?"
READ = tuple(dict.fromkeys(("title", "category", "brand", "price", "detail", "colour", "material", *ORDER, *NAMES)))
"""Names of facts that have a code of their own."""
_SITUATIONS = ("after=nothing", "after=question", "after=action", "after=talk", "greeted", "again", "upset")
_VALUE_PIECES, _TITLE_PIECES, _TURN_PIECES, _MOST_FACTS = 4, 10, 12, 24
_VERSION = "3"


@dataclass(frozen=True)
class Encoded:
    """`pieces_S` to be read; `fact_at_F` the place of each fact's first piece in it; `start` begins the answer.

    `say_F`: whether the text has to mention the fact. The first `codes` pieces say how the text is to be.
    """

    pieces: tuple[int, ...]
    fact_at: tuple[int, ...]
    say: tuple[bool, ...]
    facts: tuple[Fact, ...]
    start: tuple[int, ...]
    codes: int
    names: tuple[str, ...]
    """Of the facts, as the model knows them."""


def codes() -> tuple[str, ...]:
    """All that stand beside the pieces of text."""
    told = [f"<channel={name}>" for name in CHANNELS] + [f"<style={name}>" for name in STYLES]
    told += [f"<length={name}>" for name in LENGTHS] + [f"<language={name}>" for name in LANGUAGES]
    told += [f"<act={name}>" for name in ACTS] + [f"<{name}>" for name in _SITUATIONS]
    told += [name_code(name, say) for name in (*READ, OTHER) for say in (True, False)]
    return (*told, SEVERAL, REPLY, FLOW, SHOPPER)


def fingerprint() -> str:
    """Of everything here that a trained model depends on."""
    limits = (_VALUE_PIECES, _TITLE_PIECES, _TURN_PIECES, _MOST_FACTS)
    return hashlib.sha256(repr((_VERSION, codes(), limits)).encode()).hexdigest()[:16]


def for_copy(
    vocabulary: Vocabulary,
    controls: Controls,
    facts: Sequence[Fact],
    say: Sequence[Fact],
    known: Collection[str] = READ,
) -> Encoded:
    """`say` has to be mentioned; what the title says anyway need not be said again. `known`: the names that training
    saw; a fact of another name is read as one of no name."""
    title = named(facts, "title")
    must = [fact for fact in say if fact.name == "title" or not mentioned(fact, title)]
    told = (
        f"<channel={controls.channel}>",
        f"<style={controls.style}>",
        f"<length={controls.length}>",
        f"<language={controls.language}>",
    )
    return _encoded(vocabulary, told, told[0], facts, must, (), known)


def for_reply(vocabulary: Vocabulary, ask: Ask, facts: Sequence[Fact], known: Collection[str] = READ) -> Encoded:
    """`facts` in the names of `reply_facts`; all of them are to be said."""
    told = (REPLY, f"<act={ask.act}>", f"<language={ask.language}>")
    told = (*told, *(f"<{code}>" for code in situation(ask).codes), *((FLOW,) if ask.flow else ()))
    last = next((turn.text for turn in reversed(ask.history) if turn.from_shopper), "")
    heard = vocabulary.encode(last[:200])[:_TURN_PIECES]
    return _encoded(vocabulary, told, told[1], facts, facts, heard, known)


def _encoded(
    vocabulary: Vocabulary,
    told: Sequence[str],
    start: str,
    facts: Sequence[Fact],
    say: Sequence[Fact],
    heard: Sequence[int],
    known: Collection[str],
) -> Encoded:
    pieces = [vocabulary.code(code) for code in told]
    read = _readable(facts, say)
    names = tuple(fact.name if fact.name in known else OTHER for fact in read)
    places = []
    for fact, name in zip(read, names, strict=True):
        places.append(len(pieces))
        pieces += _fact(vocabulary, fact, name_code(name, fact in say))
    pieces += [vocabulary.code(SHOPPER), *heard] if heard else []
    must = tuple(fact in say for fact in read)
    begin = (vocabulary.code(start),)
    return Encoded(tuple(pieces), tuple(places), must, tuple(read), begin, len(told), names)


def _readable(facts: Sequence[Fact], say: Sequence[Fact]) -> list[Fact]:
    """As many as are read; those to be said before others."""
    if len(facts) <= _MOST_FACTS:
        return list(facts)
    first = sorted(facts, key=lambda fact: fact not in say)[:_MOST_FACTS]
    return [fact for fact in facts if fact in first]


def _fact(vocabulary: Vocabulary, fact: Fact, code: str) -> list[int]:
    pieces = [vocabulary.code(code)]
    pieces += [vocabulary.code(SEVERAL)] if len(parts(fact.value)) > 1 else []
    return pieces + vocabulary.encode(fact.value)[: _TITLE_PIECES if fact.name.startswith("title") else _VALUE_PIECES]


def name_code(name: str, say: bool) -> str:
    """One code for both, so that they stand in one place: where the fact is pointed at."""
    return f"<say {name}>" if say else f"<fact {name}>"
