"""All articles of a shop, by language: which of them answer a question, and how sure that is."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from services.dialogue.knowledge.article import Article
from services.dialogue.knowledge.shelf import Shelf
from services.dialogue.knowledge.synonyms import Synonyms

TOPIC_BONUS = 0.1
"""What an article's score gains if the question is known to be of its topic."""


class Certainty(NamedTuple):
    """Logistic regression of `is the right article`; fitted on the odd lines of the sample shop's questions."""

    constant: float = -4.5
    lead: float = 6.2
    """Of the score's distance to the best other article; negative for all but the best."""
    accounted: float = 6.4
    """Of the share of the question that the article accounts for."""

    def of(self, lead: float, accounted: float) -> float:
        return 1 / (1 + math.exp(-(self.constant + self.lead * lead + self.accounted * accounted)))


CERTAINTY = Certainty()


class Match(NamedTuple):
    """An article as an answer."""

    article: Article
    confidence: float
    shelf: Shelf
    at: int

    def quote(self, question: str) -> str:
        return self.shelf.quote(self.at, question)


class _Candidate(NamedTuple):
    shelf: Shelf
    at: int
    own: bool
    """In the question's language."""
    score: float
    accounted: float

    @property
    def article(self) -> Article:
        return self.shelf.articles[self.at]

    @property
    def precedence(self) -> tuple[bool, float]:
        return self.own, self.score


class Index:
    """Immutable."""

    def __init__(self, articles: Sequence[Article], synonyms: Synonyms, certainty: Certainty = CERTAINTY) -> None:
        languages = sorted({article.language for article in articles})
        self._shelves = {name: Shelf([one for one in articles if one.language == name], synonyms) for name in languages}
        self._certainty = certainty

    def matches(self, question: str, language: str, topic: str) -> list[Match]:
        """One for each slug, the best and surest first."""
        ranked = sorted(self._candidates(question, language, topic), key=lambda candidate: -candidate.score)
        best, second = (ranked[place].score if place < len(ranked) else 0.0 for place in (0, 1))
        found, surest = list[Match](), 1.0
        for place, one in enumerate(ranked):
            surest = min(surest, self._certainty.of(one.score - (best if place else second), one.accounted))
            found.append(Match(one.article, surest, one.shelf, one.at))
        return found

    def _candidates(self, question: str, language: str, topic: str) -> list[_Candidate]:
        """Of each slug the article in the question's language; if there is none, the best in another."""
        found: dict[str, _Candidate] = {}
        for name, shelf in self._shelves.items():
            for candidate in _judged(shelf, question, _same(name, language), topic):
                slug = candidate.article.slug
                if slug not in found or candidate.precedence > found[slug].precedence:
                    found[slug] = candidate
        return list(found.values())


def _judged(shelf: Shelf, question: str, own: bool, topic: str) -> list[_Candidate]:
    evidence = shelf.evidence(question)
    scores = evidence.score() if own else evidence.foreign_score()
    hints = [TOPIC_BONUS if topic and article.topic == topic else 0.0 for article in shelf.articles]
    return [
        _Candidate(shelf, at, own, float(scores[at]) + hint, float(evidence.accounted[at]))
        for at, hint in enumerate(hints)
    ]


def _same(language: str, other: str) -> bool:
    """`zh` and `zh-CN` are one language here."""
    return language.partition("-")[0].casefold() == other.partition("-")[0].casefold()
