"""How shoppers talk: utterances labelled with what is wanted and in which words, to train and to judge by."""

from sample_shop.language.grammar import expand, expand_pairs
from sample_shop.language.reading import (
    LANGUAGES,
    OUT_OF_SCOPE,
    Intent,
    Slot,
    SlotSpan,
    Utterance,
    folded,
    intents,
    parse_labelled,
    parse_line,
    read_test,
    read_written,
    slots,
)

__all__ = [
    "LANGUAGES",
    "OUT_OF_SCOPE",
    "Intent",
    "Slot",
    "SlotSpan",
    "Utterance",
    "expand",
    "expand_pairs",
    "folded",
    "intents",
    "parse_labelled",
    "parse_line",
    "read_test",
    "read_written",
    "slots",
    "training",
]


def training(language: str, seed: int, grammar_per_intent: int, pairs: int = 0) -> list[Utterance]:
    """All to train on: what was written, then from the grammar so many of each intent and so many of two intents.

    No two say the same, and where the grammar says what was written, the written one stays. What the test set says is
    left out, whichever seed drew it.
    """
    tested = {folded(utterance.text) for utterance in read_test(language)}
    drawn = [utterance for intent in intents() for utterance in expand(language, intent, grammar_per_intent, seed)]
    drawn += expand_pairs(language, pairs, seed)
    found: dict[str, Utterance] = {}
    for utterance in read_written(language) + drawn:
        found.setdefault(folded(utterance.text) or utterance.text, utterance)
    return [utterance for said, utterance in found.items() if said not in tested]
