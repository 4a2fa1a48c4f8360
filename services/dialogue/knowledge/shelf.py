"""The articles of one language, and what speaks for each as the answer to a question.

An article is a text as a whole, and passages: its title, first paragraph, sections, and the questions that people ask.
Both are scored by words, by pieces of words, which survive typing errors, and by what the words mean
(`synonyms.toml`); passages also by nearness in a dense space. The scores are summed with fixed weights: measured
against fusion of ranks (`python -m bench.knowledge`), the sum keeps how sure each score is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.dialogue.knowledge.article import Article
from services.dialogue.knowledge.field import Field, Floats
from services.dialogue.knowledge.meaning import Meaning, Terms
from services.dialogue.knowledge.spelling import Spelling
from services.dialogue.knowledge.synonyms import Synonyms
from services.dialogue.knowledge.terms import Unit, pieces, units, words

WEIGHTS: Mapping[str, float] = {
    "words": 1.0,
    "words in passages": 1.0,
    "pieces": 0.5,
    "pieces in passages": 0.5,
    "concepts": 2.0,
    "concepts in passages": 2.0,
    "meaning": 0.5,
    "accounted": 1.0,
}
CONCEPTS = ("concepts", "concepts in passages")
FOREIGN = 0.8
"""How far concepts alone are trusted, for an article in another language than the question."""

VOTERS = 3
VOTE = 0.3
"""What the next best passages add to an article's best one."""
CHARACTER_ALONE = 0.5
"""A Chinese character found without its neighbour accounts for half of itself."""
CLEARLY = 1.5
"""How much better than the first paragraph a section must answer to be quoted."""
COMMONEST = 0.5
"""Least weight of a word that counts only by its concept."""


class Passage(NamedTuple):
    article: int
    trust: float
    text: str
    main: bool = False
    """The title or the first paragraph."""
    quote: str = ""
    """Of a section: what is said if it answers best."""


@dataclass(frozen=True)
class Evidence:
    """By article of the shelf."""

    parts: Mapping[str, Floats]
    accounted: Floats
    """How much of the question the article's words and their meanings account for; 0 to 1."""

    def score(self) -> Floats:
        """The weighted mean of the parts."""
        total = sum(WEIGHTS.values())
        return np.asarray(sum(WEIGHTS[name] * part for name, part in self.parts.items()) / total)

    def foreign_score(self) -> Floats:
        """For a question in another language: no word of it can stand in the article, but its concepts can."""
        return np.asarray(FOREIGN * sum(self.parts[name] for name in CONCEPTS) / len(CONCEPTS))


class Shelf:
    """Immutable."""

    def __init__(self, articles: Sequence[Article], synonyms: Synonyms) -> None:
        self.articles = tuple(articles)
        self._synonyms = synonyms
        self._passages = [passage for at, article in enumerate(articles) for passage in _passages(at, article)]
        self._trust = np.array([passage.trust for passage in self._passages])
        self._table = _table([passage.article for passage in self._passages], len(articles))
        self._kinds: Mapping[str, Callable[[str], list[str]]] = {
            "words": words,
            "pieces": pieces,
            "concepts": synonyms.concepts,
        }
        owners = [passage.article for passage in self._passages]
        of_parts = {kind: [terms(one.text) for one in self._passages] for kind, terms in self._kinds.items()}
        of_wholes = {kind: _joined(terms, owners, len(articles)) for kind, terms in of_parts.items()}
        self._whole = {kind: Field(terms, range(len(articles)), synonyms.goods) for kind, terms in of_wholes.items()}
        self._parts = {kind: Field(terms, owners, synonyms.goods) for kind, terms in of_parts.items()}
        self._meaning = Meaning(_terms(of_wholes), _terms(of_parts))
        self._spelling = Spelling([*(passage.text for passage in self._passages), *synonyms.wordings])

    def evidence(self, question: str) -> Evidence:
        question = self._spelling.corrected(question)
        asked = {kind: terms(question) for kind, terms in self._kinds.items()}
        parts: dict[str, Floats] = {}
        for kind, terms in asked.items():
            parts[kind] = self._whole[kind].scores(terms)
            parts[f"{kind} in passages"] = self._by_article(self._parts[kind].scores(terms))
        parts["meaning"] = self._by_article(self._meaning.scores(Terms(asked["words"], asked["pieces"])))
        parts["accounted"] = self._accounted(question)
        return Evidence(parts, parts["accounted"])

    def quote(self, article: int, question: str) -> str:
        """The section that answers a question best, if it clearly does so better than the title and first paragraph."""
        question = self._spelling.corrected(question)
        scores = self._parts["words"].scores(words(question))
        scores += self._parts["concepts"].scores(self._synonyms.concepts(question))
        rows: list[int] = [row for row in self._table[article].tolist() if row >= 0]
        sections = [row for row in rows if self._passages[row].quote]
        main = [row for row in rows if self._passages[row].main]
        best = max(sections, key=lambda row: float(scores[row]), default=None)
        if best is None or scores[best] < CLEARLY * max(float(scores[row]) for row in main):
            return self.articles[article].lead
        return self._passages[best].quote

    def _by_article(self, scores: Floats) -> Floats:
        """Each article's best passage, with the votes of the next."""
        padded = np.append(scores * self._trust, 0.0)
        ordered = -np.sort(-padded[self._table], axis=1)
        return np.asarray(ordered[:, 0] + VOTE * ordered[:, 1 : 1 + VOTERS].sum(axis=1) / VOTERS)

    def _accounted(self, question: str) -> Floats:
        said = units(question)
        concepts: list[frozenset[str]] = [frozenset()] * len(said)
        for span in self._synonyms.spans(said):
            concepts[span.start : span.end] = [span.concepts] * (span.end - span.start)
        found, wanted = np.zeros(len(self.articles)), 0.0
        for unit, meant in zip(said, concepts, strict=True):
            weight, match = self._unit_match(unit, meant)
            found += weight * match
            wanted += weight
        return found / wanted if wanted else found

    def _unit_match(self, unit: Unit, meant: frozenset[str]) -> tuple[float, Floats]:
        """How telling a unit of the question is, and how far each article has it, by word or by meaning."""
        texts, ideas = self._whole["words"], self._whole["concepts"]
        match = CHARACTER_ALONE * texts.has(unit.text)
        for word in unit.telling:
            match = np.maximum(match, texts.has(word))
        known = [texts.rarity[word] for word in {*unit.words, *unit.telling} if word in texts.rarity]
        weight = max(known, default=texts.rarest)
        for concept in meant & ideas.rarity.keys():
            if not known:
                weight = min(weight, max(ideas.rarity[concept], COMMONEST))
            match = np.maximum(match, np.sqrt(ideas.strength(concept)))
        return weight, match


def _joined(terms: Sequence[list[str]], owners: Sequence[int], articles: int) -> list[list[str]]:
    """The terms of all passages of each article."""
    whole: list[list[str]] = [[] for _ in range(articles)]
    for own, owner in zip(terms, owners, strict=True):
        whole[owner].extend(own)
    return whole


def _terms(by_kind: Mapping[str, Sequence[list[str]]]) -> list[Terms]:
    return [Terms(*both) for both in zip(by_kind["words"], by_kind["pieces"], strict=True)]


def _passages(at: int, article: Article) -> list[Passage]:
    return [
        Passage(at, 1.0, article.title, main=True),
        Passage(at, 0.9, article.lead, main=True),
        *(Passage(at, 1.0, question) for question in article.questions),
        *(Passage(at, 0.8, f"{heading}\n{text}", quote=text) for heading, text in article.sections),
    ]


def _table(owners: Sequence[int], articles: int) -> npt.NDArray[np.intp]:
    """Rows of each article's passages [article, place], filled up with -1, and at least as wide as there are votes."""
    rows: list[list[int]] = [[] for _ in range(articles)]
    for row, owner in enumerate(owners):
        rows[owner].append(row)
    width = max([VOTERS + 1, *map(len, rows)])
    return np.array([[*own, *[-1] * (width - len(own))] for own in rows], dtype=np.intp).reshape(articles, width)
