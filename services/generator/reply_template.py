"""Plain replies by rules, from `replies.toml`: the last resort."""

import string
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from services.generator.facts import Fact
from services.generator.reply_facts import LISTS, numbered
from services.generator.situations import Ask, situation
from services.generator.template import Template, readable_name

MOST_ITEMS = 3
"""That a reply names; the cards show the others."""


class ReplyTemplate:
    def __init__(self, wording: Mapping[str, Any], names: Template) -> None:
        self._wording, self._names = wording, names

    @classmethod
    def load(cls, names: Template) -> "ReplyTemplate":
        text = resources.files(__package__).joinpath("replies.toml").read_text(encoding="utf-8")
        return cls(tomllib.loads(text), names)

    def write(self, ask: Ask) -> str:
        words = self._wording[ask.language]
        told = self._told(ask, words)
        line: str = next(line for line in words[ask.act] if _fields(line) <= told.keys())
        start = words["sorry"] if situation(ask).upset and ask.act not in ("empathise", "goodbye") else ""
        return str(start + line.format(**told)).strip()

    def _told(self, ask: Ask, words: Mapping[str, str]) -> dict[str, str]:
        """What lines may be filled with; each name only where there is something for it."""
        plain = [fact for fact in ask.facts if not numbered(fact.name)[1]]
        if ask.act in LISTS:
            plain = [fact for fact in plain if fact.name not in ("title", "price", "reason")]
        told = {fact.name: fact.value for fact in reversed(plain)}
        stop = "。" if ask.language == "zh" else ". "
        listed = [_item(item, words) for item in items(ask.facts) if "title" in item]
        details = [self._detail(fact, ask.language, words) for fact in plain if fact.name not in ("title", "query")]
        if listed:
            told["items"] = "；".join(listed) if ask.language == "zh" else "; ".join(listed)
        if details:
            told["details"] = (stop.join(details) + stop).strip()
        return told

    def _detail(self, fact: Fact, language: str, words: Mapping[str, str]) -> str:
        name = self._names.name(fact.name) if language == "zh" else readable_name(fact.name)
        return words["detail"].format(name=name, value=fact.value) if name else fact.value


def items(facts: Sequence[Fact]) -> list[dict[str, str]]:
    """`title_1`, `price_1`, `title_2` … as one mapping for each product, at most three; or each begun by its title."""
    found: dict[int, dict[str, str]] = {}
    for fact in facts:
        name, nth = numbered(fact.name)
        if nth or name in ("title", "price", "reason"):
            nth = nth or max(len(found) + (name == "title"), 1)
            found.setdefault(nth, {}).setdefault(name, fact.value)
    return [found[number] for number in sorted(found)[:MOST_ITEMS]]


def _item(item: Mapping[str, str], words: Mapping[str, str]) -> str:
    line = words["priced" if "price" in item else "item"].format(**item)
    return line + (words["reason"].format(**item) if item.get("reason") else "")


def _fields(line: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(line) if name}
