"""Whether a text may be published: it states nothing that the facts don't, uses no forbidden word, has the length.

What the facts say is blanked out first, so a colour within a title is no colour of its own; in the rest every number
and every known brand, material, colour and value has to be found in the facts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from services.generator import lexicon as words
from services.generator import numbers
from services.generator.controls import Controls, bounds, important
from services.generator.facts import Fact, Source, coverage, folded, mentioned, parts
from services.generator.forbidden import ForbiddenWords
from services.generator.lexicon import Lexicon

NUMBER, VALUE, FORBIDDEN = "unsupported-number", "unsupported-value", "forbidden-word"
TOO_LONG, TOO_SHORT, MISSING = "too-long", "too-short", "missing-fact"
_MESSAGES = MappingProxyType(
    {
        NUMBER: ("The facts have no number {0}.", "事实里没有数字“{0}”。"),
        "unsupported-brand": ("The facts name no brand {0}.", "事实里没有品牌“{0}”。"),
        "unsupported-material": ("The facts name no material {0}.", "事实里没有材质“{0}”。"),
        "unsupported-colour": ("The facts name no colour {0}.", "事实里没有颜色“{0}”。"),
        VALUE: ("The facts do not say “{0}”.", "事实里没有“{0}”这一说法。"),
        FORBIDDEN: ("Advertising law forbids “{0}”.", "“{0}”是广告法禁用或不宜使用的词。"),
        TOO_LONG: ("{0} characters; at most {1} for this channel.", "共{0}个字符，该渠道最多{1}个。"),
        TOO_SHORT: ("{0} characters; at least {1} for this channel.", "共{0}个字符，该渠道至少{1}个。"),
        MISSING: ("Does not mention: {0}.", "没有提到：{0}。"),
    }
)


@dataclass(frozen=True)
class Finding:
    """Places count code points of the text; `end` is exclusive."""

    kind: str
    text: str
    start: int
    end: int
    message: str
    blocking: bool = True


@dataclass(frozen=True)
class Checks:
    coverage: float
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        return not any(finding.blocking for finding in self.findings)


class Checker:
    """Holds the words that are looked for."""

    def __init__(self, lexicon: Lexicon, forbidden: ForbiddenWords) -> None:
        self._lexicon, self._forbidden = lexicon, forbidden

    def check(self, text: str, source: Source, controls: Controls) -> Checks:
        wanted = important(source.facts, controls)
        findings = [*self.statements(text, source, controls.language), *_length(text, controls)]
        findings += [_missing(fact, text, controls.language) for fact in wanted if not mentioned(fact, text)]
        return Checks(coverage(wanted, text), tuple(sorted(findings, key=lambda found: (found.start, found.end))))

    def statements(self, text: str, source: Source, language: str) -> list[Finding]:
        """What the text says and must not; for a part of a text as well."""
        rest = blanked(text, source.facts)
        said = folded("\n".join([*(fact.value for fact in source.facts), source.evidence]))
        found = [*_numbers(rest, numbers.values(said)), *self._terms(rest, said)]
        found += [(FORBIDDEN, start, end) for start, end in self._forbidden.find(_without_titles(text, source.facts))]
        return [_finding(kind, text, start, end, language) for kind, start, end in found]

    def _terms(self, rest: str, said: str) -> Iterator[tuple[str, int, int]]:
        taken: set[int] = set()
        for kind in words.KINDS:
            for found in self._lexicon.patterns[kind].finditer(rest):
                span = range(*found.span())
                if folded(found.group()) not in said and not taken.intersection(span):
                    taken.update(span)
                    yield f"unsupported-{kind}", found.start(), found.end()


def blanked(text: str, facts: Sequence[Fact]) -> str:
    """The text with the facts' values as dots: nothing else moves."""
    values = {fact.value for fact in facts} | {part for fact in facts for part in parts(fact.value)}
    return _blank(text, values)


def _without_titles(text: str, facts: Sequence[Fact]) -> str:
    """A product or a brand keeps its name, whatever words it has."""
    return _blank(text, {fact.value for fact in facts if fact.name in ("title", "brand")})


def _blank(text: str, values: set[str]) -> str:
    for value in sorted((value for value in values if value), key=lambda value: (-len(value), value)):
        text = re.sub(_bounded(value), lambda found: "·" * len(found.group()), text, flags=re.IGNORECASE)
    return text


def _bounded(value: str) -> str:
    """A value of Latin letters or digits is not part of a longer word: size 4 says nothing of 48."""
    escaped = re.escape(value).replace(r"\ ", r"\s+")
    left = r"(?<![A-Za-z0-9])" if value[0].isascii() and value[0].isalnum() else ""
    right = r"(?![A-Za-z0-9]|[.,]\d)" if value[-1].isascii() and value[-1].isalnum() else ""
    return left + escaped + right


def _numbers(rest: str, supported: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    for start, end, number in numbers.in_text(rest):
        if number not in supported:
            yield NUMBER, start, end


def _finding(kind: str, text: str, start: int, end: int, language: str) -> Finding:
    return Finding(kind, text[start:end], start, end, _message(kind, language, text[start:end]))


def _length(text: str, controls: Controls) -> Iterator[Finding]:
    least, most = bounds(controls)
    size = len(text.strip())
    if size > most:
        message = _message(TOO_LONG, controls.language, size, most)
        yield Finding(TOO_LONG, text[most:], most, len(text), message)
    elif size < least:
        yield Finding(TOO_SHORT, text, 0, len(text), _message(TOO_SHORT, controls.language, size, least))


def _missing(fact: Fact, text: str, language: str) -> Finding:
    message = _message(MISSING, language, fact.value)
    return Finding(MISSING, fact.value, len(text), len(text), message, blocking=False)


def _message(kind: str, language: str, *values: object) -> str:
    return _MESSAGES[kind][1 if language == "zh" else 0].format(*values)
