"""`python -m bench.knowledge`: does the shop's staff find the right article, and say so when there is none.

The sample shop's questions were written before its articles. Odd lines are for tuning (--tune), even lines are
reported. Besides them, what others wrote without knowing the retrieval: the turns of the test conversations that name
the articles to cite, and the test utterances whose intent is a topic of articles (right if the first article is of the
topic). The floor, in the same run: plain BM25 over the words of whole articles. Peers: the parts of the score alone,
and their ranks fused (reciprocal rank fusion; Cormack et al., 2009).
"""

import argparse
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

from bench.result import write_result
from services.dialogue.knowledge import KnowledgeBase
from services.dialogue.knowledge.article import Article
from services.dialogue.knowledge.base import THRESHOLD
from services.dialogue.knowledge.field import Field
from services.dialogue.knowledge.index import Index
from services.dialogue.knowledge.library import read_library
from services.dialogue.knowledge.shelf import Evidence, Shelf
from services.dialogue.knowledge.synonyms import general_synonyms
from services.dialogue.knowledge.terms import words

SHOP = Path(__file__).parents[1] / "sample_shop"
LANGUAGES = ("en", "zh")
NO_ARTICLE = "-"
RANK_OFFSET = 60
"""Of reciprocal rank fusion, as its authors have it."""
BATCHES = 5
"""In which articles are taken out of one language, to be found in the other."""

Floats = npt.NDArray[np.float64]
Ranker = Callable[[str], Sequence[tuple[str, float]]]
"""A question to (slug, sureness), best first."""
PEERS: Mapping[str, Callable[[Evidence], Floats]] = {
    "words": lambda evidence: evidence.parts["words"],
    "words_in_passages": lambda evidence: evidence.parts["words in passages"],
    "synonyms": lambda evidence: evidence.parts["concepts"],
    "dense": lambda evidence: evidence.parts["meaning"],
    "rank_fusion": lambda evidence: fused_ranks(evidence),
}


class Question(NamedTuple):
    slugs: frozenset[str]
    """Any of these is right; none: nobody knows."""
    text: str


def questions(language: str, *, odd: bool) -> list[Question]:
    lines = (SHOP / "knowledge" / "questions" / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    parted = [line.split(" ", 1) for at, line in enumerate(lines, 1) if at % 2 == odd]
    return [Question(frozenset() if slug == NO_ARTICLE else frozenset({slug}), text) for slug, text in parted]


def figures(asked: Sequence[Question], ranker: Ranker) -> dict[str, float]:
    answers = [ranker(question.text) for question in asked]
    known = [(question, answer) for question, answer in zip(asked, answers, strict=True) if question.slugs]
    tops = [answer[0][1] for answer in answers]
    return {
        "recall_at_1": _mean([answer[0][0] in question.slugs for question, answer in known]),
        "recall_at_3": _mean([any(slug in question.slugs for slug, _ in answer[:3]) for question, answer in known]),
        "auroc": auroc([bool(question.slugs) for question in asked], tops),
    }


def decisions(asked: Sequence[Question], ranker: Ranker) -> dict[str, float]:
    """`unknown`: said that nobody knows. `right` and `wrong`: shares of the answerable questions."""
    first = [(question, *ranker(question.text)[0]) for question in asked]
    silent = [not question.slugs for question, _, sureness in first if sureness < THRESHOLD]
    known = [(slug in question.slugs, sureness >= THRESHOLD) for question, slug, sureness in first if question.slugs]
    return {
        "unknown_precision": _mean(silent),
        "unknown_recall": sum(silent) / sum(not question.slugs for question in asked),
        "answered_right": _mean([right and said for right, said in known]),
        "answered_wrong": _mean([not right and said for right, said in known]),
    }


def auroc(positive: Sequence[bool], scores: Sequence[float]) -> float:
    """How often one that should be answered is surer than one that should not."""
    pairs = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high, yes in zip(scores, positive, strict=True)
        for low, other in zip(scores, positive, strict=True)
        if yes and not other
    ]
    return _mean(pairs)


def fused_ranks(evidence: Evidence) -> Floats:
    ranks = [np.argsort(np.argsort(-part)) for part in evidence.parts.values()]
    return np.asarray(sum(1 / (RANK_OFFSET + 1 + rank) for rank in ranks), dtype=np.float64)


def of_index(index: Index, language: str, topic: str = "") -> Ranker:
    return lambda text: [(one.article.slug, one.confidence) for one in index.matches(text, language, topic)]


def of_peer(shelf: Shelf, judge: Callable[[Evidence], Floats]) -> Ranker:
    def ranked(text: str) -> list[tuple[str, float]]:
        scores = judge(shelf.evidence(text))
        return [(shelf.articles[at].slug, float(scores[at])) for at in np.argsort(-scores)]

    return ranked


def plain_bm25(articles: Sequence[Article]) -> Ranker:
    """The floor: no synonyms, no spelling, no passages."""
    field = Field([words(whole(article)) for article in articles], range(len(articles)))

    def ranked(text: str) -> list[tuple[str, float]]:
        scores = field.scores(words(text))
        return [(articles[at].slug, float(scores[at])) for at in np.argsort(-scores)]

    return ranked


def whole(article: Article) -> str:
    sections = (f"{section.heading}\n{section.text}" for section in article.sections)
    return "\n".join([article.title, *article.questions, article.lead, *sections])


def mistyped(text: str) -> str:
    """Two letters of the longest word swapped, as fingers do."""
    word = max(re.findall(r"[A-Za-z]+", text), key=len, default="")
    at = len(word) // 2
    return text.replace(word, word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :], 1) if len(word) > 3 else text


def in_other_language(articles: Sequence[Article], language: str, asked: Sequence[Question]) -> float:
    """Recall@1 of articles that the shop has in the other language only, a fifth of them at a time."""
    slugs = sorted({article.slug for article in articles})
    right = []
    for batch in range(BATCHES):
        gone = set(slugs[batch::BATCHES])
        left = [article for article in articles if article.language != language or article.slug not in gone]
        ranker = of_index(Index(left, general_synonyms()), language)
        right += [ranker(one.text)[0][0] in one.slugs for one in asked if one.slugs & gone]
    return _mean(right)


def conversation_turns(language: str) -> list[Question]:
    path = SHOP / "conversations" / f"{language}.yaml"
    turns = [turn for told in yaml.safe_load(path.read_text(encoding="utf-8")) for turn in told["turns"]]
    cited = [(turn["say"], turn.get("expect", {}).get("cites")) for turn in turns if "say" in turn]
    return [Question(frozenset(slugs), text) for text, slugs in cited if slugs]


def topics_found(index: Index, language: str, topics: frozenset[str]) -> float:
    """Of test utterances with one intent that is a topic: the share whose first article is of it, without a hint."""
    lines = (SHOP / "language" / "test" / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    parted = [line.split(" ", 1) for line in lines if line.split(" ", 1)[0] in topics]
    plain = [(topic, re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)) for topic, text in parted]
    return _mean([index.matches(text, language, "")[0].article.topic == topic for topic, text in plain])


def measured(index: Index, articles: Sequence[Article], language: str, *, odd: bool) -> dict[str, float]:
    asked, ranker = questions(language, odd=odd), of_index(index, language)
    turns = conversation_turns(language)
    topics = frozenset(article.topic for article in articles if article.topic.startswith("ask-"))
    told = figures(asked, ranker) | decisions(asked, ranker)
    told["recall_at_1_mistyped"] = figures([Question(one.slugs, mistyped(one.text)) for one in asked], ranker)[
        "recall_at_1"
    ]
    told["recall_at_1_other_language"] = in_other_language(articles, language, asked)
    told["conversations_recall_at_1"] = _mean([ranker(turn.text)[0][0] in turn.slugs for turn in turns])
    told["utterances_topic_accuracy"] = topics_found(index, language, topics)
    return _rounded(told)


def speed() -> dict[str, float]:
    """Milliseconds to load both languages (the first time, with imports), and to answer one question."""
    began = time.perf_counter()
    base = KnowledgeBase(str(SHOP / "knowledge"))
    loaded = time.perf_counter() - began
    texts = [(one.text, language) for language in LANGUAGES for one in questions(language, odd=False)]
    taken = []
    for text, language in texts:
        began = time.perf_counter()
        base.find(text, language)
        taken.append(time.perf_counter() - began)
    return {"load_ms": round(loaded * 1000), "answer_p50_ms": round(float(np.median(taken)) * 1000, 2)}


def _mean(values: Sequence[bool] | Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _rounded(told: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in told.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tune", action="store_true", help="the odd lines, which may be tuned on")
    odd = parser.parse_args().tune
    taken = speed()
    articles = read_library(str(SHOP / "knowledge")).articles
    index = Index(articles, general_synonyms())
    metrics: dict[str, object] = {name: measured(index, articles, name, odd=odd) for name in LANGUAGES}
    peers: dict[str, dict[str, object]] = {name: {} for name in ("bm25", *PEERS)}
    for language in LANGUAGES:
        own, asked = [one for one in articles if one.language == language], questions(language, odd=odd)
        peers["bm25"][language] = _rounded(figures(asked, plain_bm25(own)))
        shelf = Shelf(own, general_synonyms())
        for name, judge in PEERS.items():
            peers[name][language] = _rounded(figures(asked, of_peer(shelf, judge)))
    protocol = (
        f"{'odd' if odd else 'even'} lines of the sample shop's questions, no topic hint, {len(articles)} articles"
    )
    write_result("knowledge", "sample_shop_tuning" if odd else "sample_shop", protocol, metrics | taken, peers)


if __name__ == "__main__":
    main()
