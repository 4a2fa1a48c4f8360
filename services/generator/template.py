"""Plain copy by rules. It puts facts side by side and adds nothing, so it cannot lie: the last resort."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

from services.generator.controls import Controls, bounds, important
from services.generator.facts import BRAND, DETAIL, TITLE, Fact, folded, mentioned, named


class Template:
    """Sentences from `wording.toml`."""

    def __init__(self, wording: Mapping[str, Any]) -> None:
        self._names: Mapping[str, str] = wording["names"]["zh"]
        self._copy: Mapping[str, Mapping[str, Any]] = wording["copy"]

    @classmethod
    def load(cls) -> "Template":
        text = resources.files(__package__).joinpath("wording.toml").read_text(encoding="utf-8")
        return cls(tomllib.loads(text))

    def write(self, facts: Sequence[Fact], controls: Controls, mention: Sequence[str] = ()) -> str:
        """Copy that mentions what is important, and what is named in `mention`. Cut after a whole sentence where the
        channel has no room for more."""
        if controls.channel == "title":
            return self._title(facts, controls)
        wanted = [fact for fact in facts if fact in important(tuple(facts), controls) or fact.name in mention]
        words = self._copy[controls.language]
        sentences = [self._first(facts, controls.language)]
        sentences += [self.detail(fact, controls.language) for fact in wanted if fact.name not in (TITLE, BRAND)]
        sentences += [words["closing"][controls.style]] if controls.style in words["closing"] else []
        body = joined(_fitting(sentences, bounds(controls)[1], controls.language), controls.language)
        if controls.channel == "email":
            return f"{words['subject'].format(title=named(facts, TITLE))}\n{body}"
        return body

    def detail(self, fact: Fact, language: str) -> str:
        """A sentence that states this fact."""
        words = self._copy[language]
        if fact.name == TITLE:
            return str(words["first"].format(title=fact.value))
        if fact.name == DETAIL:
            return str(words["loose"].format(value=fact.value[:1].upper() + fact.value[1:]))
        if language == "en":
            return str(words["detail"].format(name=readable_name(fact.name), value=fact.value))
        name = self.name(fact.name)
        return str(words["detail" if name else "loose"].format(name=name, value=fact.value))

    def name(self, attribute: str) -> str:
        """What the attribute is called in Chinese; "" if nobody told."""
        return self._names.get(attribute, "")

    def _first(self, facts: Sequence[Fact], language: str) -> str:
        title, brand = named(facts, TITLE), named(facts, BRAND)
        words = self._copy[language]
        if brand and folded(brand) not in folded(title):
            return str(words["branded"].format(title=title, brand=brand))
        return str(words["first"].format(title=title))

    def _title(self, facts: Sequence[Fact], controls: Controls) -> str:
        title, brand = named(facts, TITLE), named(facts, BRAND)
        most = bounds(controls)[1]
        both = self._copy[controls.language]["title"].format(title=title, brand=brand).strip()
        with_brand = brand and not mentioned(Fact(BRAND, brand), title)
        return str(both if with_brand and len(both) <= most else title[:most])


def readable_name(attribute: str) -> str:
    """`skin_type` as `Skin type`."""
    words = attribute.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def joined(sentences: Iterable[str], language: str) -> str:
    return ("" if language == "zh" else " ").join(sentences)


def _fitting(sentences: Sequence[str], most: int, language: str) -> list[str]:
    kept = list(sentences[:1])
    for sentence in sentences[1:]:
        if len(joined([*kept, sentence], language)) <= most:
            kept.append(sentence)
    return kept
