"""More ways to say the same: other values in the slots, typos, marks left out, two sentences in one breath."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.nlu.examples import Example, Span

NO_SWAP = frozenset({"reason", "attribute"})
"""Slots whose words hang on the sentence around them more often than not."""
_JOINERS = {
    "en": (", ", " and ", ". ", "? ", ", and ", " also ", ", also ", "; ", " then ", " - ", ", but ", " plus ", "! "),
    "zh": ("，", "。", "，顺便", "，另外", "，还有", "？", " ", "，然后", "！", "，再", "，对了", "、"),
}
_TAILS = {
    "en": ("", "", ".", "?", "!", "...", " pls", " please", "??", " thx"),
    "zh": ("", "", "。", "？", "！", "~", "啊", "呢", "吗", "哈"),
}


@dataclass(frozen=True)
class AugmentConfig:
    swap: float = 0.45
    """Chance that a slot's words are changed for other words of that slot, and `foreign` that those are of the other
    language."""
    foreign: float = 0.12
    typo: float = 0.2
    """Chance that a sentence has one; of a second one, half of it."""
    tail: float = 0.35
    """Chance that the marks at the end are others."""
    join: float = 0.12
    """Sentences of two intents made of two sentences, beside each sentence."""


class Augmenter:
    """Draws variations. The same for the same seed."""

    def __init__(self, examples: Sequence[Example], config: AugmentConfig, seed: int) -> None:
        self._config, self._dice = config, random.Random(seed)
        self._pools = _pools(examples)
        self._singles = {
            language: [
                one for one in examples if len(one.intents) == 1 and one.language == language and len(one.text) < 60
            ]
            for language in _JOINERS
        }

    def vary(self, example: Example) -> Example:
        """One variation of it, maybe itself."""
        made = self._tail(self._swap(example))
        while self._dice.random() < self._config.typo:
            made = self._typo(made)
            if self._dice.random() < 0.5:
                break
        return made

    def pairs(self, count: int) -> list[Example]:
        """Sentences of two intents."""
        return [self._pair() for _ in range(count)]

    def _swap(self, example: Example) -> Example:
        chosen = [s for s in example.spans if s.name not in NO_SWAP and self._dice.random() < self._config.swap]
        return edited(example, [(span, self._value(span.name, example)) for span in chosen])

    def _value(self, name: str, example: Example) -> str:
        language = example.language
        if self._dice.random() < self._config.foreign and name in ("product", "colour", "material", "brand"):
            language = "en" if language == "zh" else "zh"
        if name == "order_number":
            return self._order()
        pool = self._pools.get((language, name))
        return self._dice.choice(pool) if pool else ""

    def _order(self) -> str:
        digits = "".join(self._dice.choices("0123456789", k=8))
        return self._dice.choice((f"SK{digits}", f"SK{digits}", f"sk{digits}", f"SK {digits[:4]} {digits[4:]}"))

    def _tail(self, example: Example) -> Example:
        if self._dice.random() >= self._config.tail:
            return example
        bare = example.text.rstrip(" .?!。？！~…")
        if not bare or any(span.end > len(bare) for span in example.spans):
            return example
        return replace(example, text=bare + self._dice.choice(_TAILS[example.language]))

    def _typo(self, example: Example) -> Example:
        places = [at for at, character in enumerate(example.text) if character.isalpha() and not _inside(at, example)]
        if len(places) < 4:
            return example
        at = self._dice.choice(places)
        old = example.text[at]
        following = example.text[at + 1 : at + 2]
        if ord(old) > 0x2E7F:
            return edited(example, [(Span("", at, at + 1), "")])
        if following.isalpha() and not _inside(at + 1, example) and self._dice.random() < 0.4:
            return edited(example, [(Span("", at, at + 2), following + old)])
        return edited(example, [(Span("", at, at + 1), self._dice.choice(("", "", old + old, self._near(old))))])

    def _near(self, letter: str) -> str:
        """A key beside it."""
        for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm"):
            if (at := row.find(letter.lower())) >= 0:
                return self._dice.choice(row[max(at - 1, 0) : at + 2])
        return letter

    def _pair(self) -> Example:
        language = self._dice.choice(tuple(_JOINERS))
        first = self.vary(self._dice.choice(self._singles[language]))
        second = first
        while second.intents == first.intents:
            second = self.vary(self._dice.choice(self._singles[language]))
        return joined(first, second, self._dice.choice(_JOINERS[language]))


def joined(first: Example, second: Example, between: str) -> Example:
    """Both in one, without the first one's closing marks."""
    cut = len(first.text.rstrip(" .?!。？！~"))
    cut = max([cut, *(span.end for span in first.spans)])
    shift = cut + len(between)
    moved = tuple(Span(span.name, span.start + shift, span.end + shift) for span in second.spans)
    text = first.text[:cut] + between + second.text
    return Example(text, first.language, (*first.intents, *second.intents), (*first.spans, *moved), written=False)


def edited(example: Example, edits: Sequence[tuple[Span, str]]) -> Example:
    """With other words in some places; the spans move along. An edit of a slot's span becomes its new words."""
    text, spans = example.text, list(example.spans)
    for span, words in sorted(edits, key=lambda edit: -edit[0].start):
        if not words and span in spans:
            continue
        shift = len(words) - (span.end - span.start)
        text = text[: span.start] + words + text[span.end :]
        spans = [_moved(one, span, shift) for one in spans]
    return replace(example, text=text, spans=tuple(spans))


def _moved(one: Span, edit: Span, shift: int) -> Span:
    if one.start >= edit.end:
        return Span(one.name, one.start + shift, one.end + shift)
    return Span(one.name, one.start, one.end + shift) if one.end >= edit.end > one.start else one


def _inside(at: int, example: Example) -> bool:
    return any(span.start <= at < span.end for span in example.spans)


def _pools(examples: Sequence[Example]) -> Mapping[tuple[str, str], list[str]]:
    """Words of each slot, by language."""
    pools: dict[tuple[str, str], dict[str, None]] = {}
    for example in examples:
        for span in example.spans:
            pools.setdefault((example.language, span.name), {})[example.text[span.start : span.end]] = None
    return {key: list(words) for key, words in pools.items()}


def tidy(text: str) -> str:
    """One space where there were several."""
    return re.sub(r"\s+", " ", text).strip()
