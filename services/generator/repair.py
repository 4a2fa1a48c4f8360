"""Mends a text: sentences that say what they must not go, facts that are missing get a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.generator.checks import Checker
from services.generator.controls import Controls, bounds
from services.generator.facts import Fact, Source, mentioned
from services.generator.template import Template
from services.generator.text import sentences


@dataclass(frozen=True)
class Repaired:
    text: str
    changed: bool


class Repairer:
    def __init__(self, checker: Checker, template: Template) -> None:
        self._checker, self._template = checker, template

    def repair(self, text: str, source: Source, controls: Controls, required: Sequence[Fact]) -> Repaired:
        """The text without the sentences that have a finding, then with one for each required fact that is missing, as
        far as the channel has room. A title is one sentence and keeps its facts: it is taken or left whole."""
        kept = self._clean(text, source, controls)
        if controls.channel == "title":
            return Repaired(kept, kept != text)
        whole = kept
        for fact in required:
            if not mentioned(fact, whole):
                longer = appended(whole, self._template.detail(fact, controls.language), controls.language)
                whole = longer if len(longer) <= bounds(controls)[1] else whole
        return Repaired(whole, whole != text)

    def _clean(self, text: str, source: Source, controls: Controls) -> str:
        whole = [text[start:end] for start, end in sentences(text)]
        good = [part for part in whole if not self._checker.statements(part, source, controls.language)]
        return text if len(good) == len(whole) else "".join(good).strip()


def appended(text: str, sentence: str, language: str) -> str:
    if not text or text.endswith("\n"):
        return text + sentence
    return text.rstrip() + ("" if language == "zh" else " ") + sentence
