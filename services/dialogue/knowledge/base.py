"""The knowledge base: a question to the articles that answer it, or to none.

What it stands on is one immutable index, made anew when the articles change and swapped whole: a search ends on the
index that it began with.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from services.dialogue.knowledge.article import ArticleError
from services.dialogue.knowledge.index import Index, Match
from services.dialogue.knowledge.library import Library, read_library
from services.dialogue.knowledge.synonyms import general_synonyms

log = logging.getLogger(__name__)

THRESHOLD = 0.5
"""Confidence below which nobody knows; chosen on the odd lines of the sample shop's questions."""
LONGEST_QUESTION = 400
"""Characters; what a shopper writes beyond them is not looked at."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An article that answers a question."""

    slug: str
    title: str
    text: str
    """The passage to quote, Markdown: the article's first paragraph, or the section that answers better."""
    language: str
    """Of the article: another than asked for where the shop has it in that one only."""
    confidence: float
    """How sure it is that this is the right article; 0 to 1."""
    uri: str
    """Where the article lies below the knowledge base's folder."""


@dataclass(frozen=True, slots=True)
class _Standing:
    library: Library
    index: Index


class KnowledgeBase:
    """The articles below a URL. May be asked from several threads; `reload` is for one at a time."""

    def __init__(self, url: str, threshold: float = THRESHOLD) -> None:
        """Reads them. Raises OSError if the place can't be read; a faulty article is left out and reported."""
        self._url = url
        self._threshold = threshold
        self._standing = _standing(read_library(url))

    @property
    def faults(self) -> Sequence[ArticleError]:
        """What is wrong with articles, as of the last reading."""
        return self._standing.library.faults

    def __len__(self) -> int:
        """Articles, each language counted."""
        return len(self._standing.library.articles)

    def reload(self) -> bool:
        """Reads the articles again; says whether any had changed. If the place can't be read, OSError: all stays.

        An article that has become faulty stays as it was.
        """
        read, before = read_library(self._url), self._standing.library
        if read.fingerprint == before.fingerprint:
            return False
        self._standing = _standing(read.keeping(before))
        return True

    async def search(self, question: str, language: str, topic: str | None = None, limit: int = 1) -> Sequence[Answer]:
        """As `find`, off the event loop."""
        return await asyncio.to_thread(self.find, question, language, topic, limit)

    def find(self, question: str, language: str, topic: str | None = None, limit: int = 1) -> Sequence[Answer]:
        """The surest answer and up to `limit` - 1 runners-up, which may be unsure; empty: nobody knows.

        `topic` is what the question is understood to be about (an intent), if that is known: a hint, no more.
        """
        asked = question[:LONGEST_QUESTION]
        matches = self._standing.index.matches(asked, language, topic or "")[:limit]
        if not matches or matches[0].confidence < self._threshold:
            return ()
        return [_answer(match, asked) for match in matches]


def _answer(match: Match, question: str) -> Answer:
    article = match.article
    text = match.quote(question)
    return Answer(article.slug, article.title, text, article.language, match.confidence, article.uri)


def _standing(library: Library) -> _Standing:
    for fault in library.faults:
        log.warning("article left out: %s", fault)
    return _Standing(library, Index(library.articles, general_synonyms()))
