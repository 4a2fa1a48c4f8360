"""Utterances from the hand-written grammar, drawn with a seed.

The files `training/LANGUAGE/grammar/*.toml` hold `[intents]` (an intent's rules), `[phrases]` (alternatives by name),
`[words]` (lists for slots) and `[pairs]` (which intents are said in one breath, and how they are joined). In a rule:

    (a|b)          one of them
    [a] [a|b]      one of them or nothing
    <phrase>       one of the phrase's alternatives, which are rules themselves
    {slot}         a word of the list named like the slot, marked as the slot
    {slot:list}    a word of another list, marked as the slot
    a~             "a" or "an", by what follows

A list's word `@kinds`, `@one:Clothing` and so on stands for words of the shop (`lexicon.py`). `#` is any digit and `%`
one from 1 to 9. Draws in which one slot says the same twice (the second or the second) are left out.
"""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sample_shop.language.lexicon import shop_words
from sample_shop.language.reading import TRAINING, Utterance, folded, parse_line

TRIES = 40
_ARTICLE = re.compile(r"\b([Aa])~ (\[?)(\w)")
_ENDS = " ,;:.?!，。？！~"
_TOKEN = re.compile(r"[()\[\]|]|<[a-z0-9-]+>|\{[a-z_]+(?::[a-z_]+)?\}|[^()\[\]|<{]+")


@dataclass(frozen=True)
class Grammar:
    """Everything that one language's files say."""

    intents: Mapping[str, Sequence[str]]
    phrases: Mapping[str, Sequence[str]]
    words: Mapping[str, Sequence[str]]
    pairs: Sequence[tuple[str, str]]
    joiners: Sequence[str]


@cache
def grammar(language: str) -> Grammar:
    intents: dict[str, list[str]] = {}
    phrases: dict[str, list[str]] = {}
    words: dict[str, list[str]] = {}
    pairs: list[tuple[str, str]] = []
    joiners: list[str] = []
    for path in sorted((TRAINING / language / "grammar").glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        for table, said in ((intents, "intents"), (phrases, "phrases"), (words, "words")):
            for name, entries in raw.get(said, {}).items():
                if name in table:
                    raise ValueError(f"{path.name}: {name!r} stands in two files")
                table[name] = entries
        pairs += [(first, second) for first, second in raw.get("pairs", {}).get("intents", [])]
        joiners += raw.get("pairs", {}).get("joiners", [])
    return Grammar(
        intents, phrases, {name: _spelt(entries, language) for name, entries in words.items()}, pairs, joiners
    )


def _spelt(entries: Sequence[str], language: str) -> list[str]:
    found = [word for entry in entries for word in (shop_words(entry, language) if entry[0] == "@" else [entry])]
    return list(dict.fromkeys(found))


def expand(language: str, intent: str, count: int, seed: int) -> list[Utterance]:
    """Up to `count` different utterances of an intent, its rules taken in turn; fewer where the grammar has no more."""
    dice = random.Random(f"{language} {intent} {seed}")
    rules = list(grammar(language).intents[intent])
    found: dict[str, Utterance] = {}
    for attempt in range(TRIES * count):
        if len(found) == count:
            break
        if attempt % len(rules) == 0:
            dice.shuffle(rules)
        line = _tidy(_Draw(language, dice).rule(rules[attempt % len(rules)]), language, dice)
        _keep(found, line, language, [intent])
    return list(found.values())


def expand_pairs(language: str, count: int, seed: int) -> list[Utterance]:
    """Up to `count` different utterances of two intents each, joined from those of one."""
    dice = random.Random(f"{language} pairs {seed}")
    rules = grammar(language)
    found: dict[str, Utterance] = {}
    for _ in range(TRIES * count):
        if len(found) == count:
            break
        pair = dice.choice(rules.pairs)
        halves = [_Draw(language, dice).rule(dice.choice(rules.intents[intent])).strip(_ENDS) for intent in pair]
        _keep(found, _tidy(dice.choice(rules.joiners).join(halves), language, dice), language, pair)
    return list(found.values())


def _keep(found: dict[str, Utterance], line: str, language: str, labels: Sequence[str]) -> None:
    """Adds a draw, unless it was there or says one thing twice."""
    place = f"{language} grammar, {'+'.join(labels)}: {line!r}"
    utterance = parse_line(line, language, labels, "grammar", place=place)
    said = [(name, folded(words)) for name, words in utterance.values()]
    if len(set(said)) == len(said):
        found.setdefault(folded(utterance.text), utterance)


def _tidy(line: str, language: str, dice: random.Random) -> str:
    """Articles, spaces and letters as people type them: English sometimes with a capital, sometimes without any."""
    line = _ARTICLE.sub(lambda found: f"{found[1]}{'n' if found[3] in 'aeiouAEIOU' else ''} {found[2]}{found[3]}", line)
    line = re.sub(r"\s+", " ", line).strip()
    line = re.sub(r"\s+([,.?!])", r"\1", line)
    if language != "en":
        return line
    chance = dice.random()
    if chance < 0.35 and line[0].isalpha():
        return line[0].upper() + line[1:]
    return line.lower() if chance > 0.75 else line


class _Draw:
    """One way through the grammar."""

    def __init__(self, language: str, dice: random.Random) -> None:
        self._grammar = grammar(language)
        self._dice = dice

    def rule(self, rule: str) -> str:
        return self._choose(_alternatives(rule))

    def _choose(self, alternatives: Sequence[Sequence["Part"]]) -> str:
        return "".join(self._part(part) for part in self._dice.choice(alternatives))

    def _part(self, part: "Part") -> str:
        if isinstance(part, Group):
            if part.optional and self._dice.random() < 0.5:
                return ""
            return self._choose(part.alternatives)
        if part[0] == "<":
            return self.rule(self._dice.choice(self._grammar.phrases[part[1:-1]]))
        return self._slot(part[1:-1]) if part[0] == "{" else self._numbered(part)

    def _slot(self, name: str) -> str:
        slot, _, other = name.partition(":")
        return f"[{self._numbered(self._dice.choice(self._grammar.words[other or slot]))}]({slot})"

    def _numbered(self, words: str) -> str:
        return re.sub("[#%]", self._digit, words)

    def _digit(self, place: re.Match[str]) -> str:
        return str(self._dice.randint(1 if place[0] == "%" else 0, 9))


@dataclass(frozen=True)
class Group:
    """Alternatives in brackets."""

    alternatives: tuple[tuple["Part", ...], ...]
    optional: bool


Part = str | Group


@cache
def _alternatives(rule: str) -> tuple[tuple[Part, ...], ...]:
    tokens = _TOKEN.findall(rule)
    if "".join(tokens) != rule:
        raise ValueError(f"no such rule can be read: {rule!r}")
    found, rest = _read(tokens, 0)
    if rest < len(tokens):
        raise ValueError(f"a bracket too many: {rule!r}")
    return found


def _read(tokens: Sequence[str], at: int) -> tuple[tuple[tuple[Part, ...], ...], int]:
    """Alternatives from a place on, up to the bracket that closes them or the end."""
    found: list[list[Part]] = [[]]
    while at < len(tokens) and tokens[at] not in ")]":
        token = tokens[at]
        if token == "|":
            found.append([])
        elif token in "([":
            inner, close = _read(tokens, at + 1)
            if close == len(tokens) or tokens[close] != {"(": ")", "[": "]"}[token]:
                raise ValueError(f"a bracket is not closed: {''.join(tokens)!r}")
            found[-1].append(Group(inner, optional=token == "["))
            at = close
        else:
            found[-1].append(token)
        at += 1
    return tuple(tuple(parts) for parts in found), at
