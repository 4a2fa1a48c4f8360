"""What the model reads: codes for how the text is to be, then each fact with its name and the beginning of its value.

The same function for training and for serving. A fact is pointed at, never spelled, so the model needs no more of a
value than what tells how to speak of it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.generator.controls import CHANNELS, LANGUAGES, LENGTHS, ORDER, STYLES, Controls
from services.generator.facts import Fact, mentioned, named, parts
from services.generator.reply_facts import NAMES
from services.generator.situations import ACTS, Ask, situation
from services.generator.vocabulary import Vocabulary

SEVERAL, REPLY, FLOW, SHOPPER = "<several>", "<reply>", "<flow>", "<shopper>"
OTHER = "?"
_NAMES = ("title", "category", "brand", "price", "detail", "colour", "material", *ORDER, *NAMES)
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


def codes() -> tuple[str, ...]:
    """All that stand beside the pieces of text."""
    told = [f"<channel={name}>" for name in CHANNELS] + [f"<style={name}>" for name in STYLES]
    told += [f"<length={name}>" for name in LENGTHS] + [f"<language={name}>" for name in LANGUAGES]
    told += [f"<act={name}>" for name in ACTS] + [f"<{name}>" for name in _SITUATIONS]
    told += [name_code(name, say) for name in (*dict.fromkeys(_NAMES), OTHER) for say in (True, False)]
    return (*told, SEVERAL, REPLY, FLOW, SHOPPER)


def fingerprint() -> str:
    """Of everything here that a trained model depends on."""
    limits = (_VALUE_PIECES, _TITLE_PIECES, _TURN_PIECES, _MOST_FACTS)
    return hashlib.sha256(repr((_VERSION, codes(), limits)).encode()).hexdigest()[:16]


def for_copy(vocabulary: Vocabulary, controls: Controls, facts: Sequence[Fact], say: Sequence[Fact]) -> Encoded:
    """`say` has to be mentioned; what the title says anyway need not be said again."""
    title = named(facts, "title")
    must = [fact for fact in say if fact.name == "title" or not mentioned(fact, title)]
    told = (
        f"<channel={controls.channel}>",
        f"<style={controls.style}>",
        f"<length={controls.length}>",
        f"<language={controls.language}>",
    )
    return _encoded(vocabulary, told, told[0], facts, must, ())


def for_reply(vocabulary: Vocabulary, ask: Ask, facts: Sequence[Fact]) -> Encoded:
    """`facts` in the names of `reply_facts`; all of them are to be said."""
    told = (REPLY, f"<act={ask.act}>", f"<language={ask.language}>")
    told = (*told, *(f"<{code}>" for code in situation(ask).codes), *((FLOW,) if ask.flow else ()))
    last = next((turn.text for turn in reversed(ask.history) if turn.from_shopper), "")
    heard = vocabulary.encode(last[:200])[:_TURN_PIECES]
    return _encoded(vocabulary, told, told[1], facts, facts, heard)


def _encoded(
    vocabulary: Vocabulary,
    told: Sequence[str],
    start: str,
    facts: Sequence[Fact],
    say: Sequence[Fact],
    heard: Sequence[int],
) -> Encoded:
    pieces = [vocabulary.code(code) for code in told]
    known = _readable(facts, say)
    places = []
    for fact in known:
        places.append(len(pieces))
        pieces += _fact(vocabulary, fact, fact in say)
    pieces += [vocabulary.code(SHOPPER), *heard] if heard else []
    told_facts = tuple(fact in say for fact in known)
    return Encoded(tuple(pieces), tuple(places), told_facts, tuple(known), (vocabulary.code(start),), len(told))


def _readable(facts: Sequence[Fact], say: Sequence[Fact]) -> list[Fact]:
    """As many as are read; those to be said before others."""
    if len(facts) <= _MOST_FACTS:
        return list(facts)
    first = sorted(facts, key=lambda fact: fact not in say)[:_MOST_FACTS]
    return [fact for fact in facts if fact in first]


def _fact(vocabulary: Vocabulary, fact: Fact, say: bool) -> list[int]:
    code = name_code(fact.name, say)
    pieces = [vocabulary.code(code if vocabulary.known(code) else name_code(OTHER, say))]
    pieces += [vocabulary.code(SEVERAL)] if len(parts(fact.value)) > 1 else []
    return pieces + vocabulary.encode(fact.value)[: _TITLE_PIECES if fact.name.startswith("title") else _VALUE_PIECES]


def name_code(name: str, say: bool) -> str:
    """One code for both, so that they stand in one place: where the fact is pointed at."""
    return f"<say {name}>" if say else f"<fact {name}>"
