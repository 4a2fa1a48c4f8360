"""Product search: by words (BM25) and by meaning (vectors), with filters, facets, orders and the shopper's taste."""

import math
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from services.recommender.catalogue import Product
from services.recommender.curation import Curations
from services.recommender.facets import Facet, facets
from services.recommender.filters import Filter, predicate
from services.recommender.spelling import SHORTEST
from services.recommender.terms import Asked, asked, is_cjk
from services.recommender.word_index import WordIndex

QUERY_WORDS = 24
"""Of a longer query only so many are looked up."""
FULL_MARK = 0.5
"""A product has a word fully if its BM25 is at least this part of what the best product has for it."""
KEPT = 0.65
"""Products that cover less than this part of what the best one covers are no answer."""
LEAST_COVERED = 0.35
"""If no product has so much of the query, what little is known of it is no answer."""
GUESSED = 0.7
"""What a word counts that was found only as a beginning, by another spelling, or in single characters."""
LEXICAL_WEIGHT, MEANING_WEIGHT = 0.4, 0.3
KIND_WEIGHT, VERY_KIND_WEIGHT, ORDER_WEIGHT = 0.3, 0.1, 0.1
KEPT_OF_KIND = 0.35
"""Instead of KEPT, for products of the kind asked for, while there are FEW others: no red dress, then any dress."""
LIGHT_ENDINGS = "子儿"
FEW = 5
"""With fewer products by words than this, those near in meaning fill up."""
MOST_OF_IT = 0.75
"""If no product covers so much of the query, the kind asked for counts more than the rest of the words."""
NEAREST = 200
NEAR_ENOUGH = 0.65
"""Cosine from which a product that lacks the words is an answer."""
NEAR_TIE = 0.05
TASTED = 200
"""Only the first so many are put in order of taste."""


Order = Literal["relevance", "price-ascending", "price-descending", "newest"]


class Meaning(Protocol):
    """Where products lie near a text in a space of meaning."""

    def nearest(self, query: str, count: int) -> Sequence[tuple[str, float]]:
        """(product_id, cosine), the nearest first; empty if nothing is known of the query."""
        ...


Taste = Callable[[Sequence[Product]], Sequence[float]]
"""How much a shopper likes each product, on any scale."""


class Look(NamedTuple):
    """What was found of one word of a query."""

    word: str
    rows: Mapping[int, float]
    """BM25 of the products that have it; empty if none has."""
    weight: float
    telling: float


@dataclass(frozen=True)
class SearchAsk:
    """A query may be empty: then all that passes the filter is found."""

    query: str = ""
    filter: Filter = field(default_factory=Filter)
    order: Order = "relevance"
    language_code: str = "en"
    """Of the facets."""
    offset: int = 0
    size: int = 20
    taste: Taste | None = None
    curations: Curations = field(default_factory=Curations)


@dataclass(frozen=True)
class SearchAnswer:
    hits: list[tuple[Product, float]]
    """With scores: comparable within one answer."""
    total: int
    facets: list[Facet]
    pinned: frozenset[str] = frozenset()
    """Of the hits, those that stand first because a merchandiser pinned them."""


class SearchIndex:
    """All products of the shop, by word. Safe to use from several threads."""

    def __init__(self, meaning: Meaning | None = None) -> None:
        self._words = WordIndex()
        self._ids: dict[str, str] = {}
        self._lock = threading.Lock()
        self._meaning = meaning

    def put(self, product: Product) -> None:
        """Adds a product or replaces the one of the same id."""
        with self._lock:
            self._words.put(product)
            self._ids[product.product_id.casefold()] = product.product_id

    def remove(self, product_id: str) -> None:
        with self._lock:
            self._words.remove(product_id)
            if self._ids.get(product_id.casefold()) == product_id:
                del self._ids[product_id.casefold()]

    def search(self, ask: SearchAsk) -> SearchAnswer:
        near = self._near(ask.query)
        with self._lock:
            scored = self._scored(ask.query, near)
        passes = predicate(ask.filter)
        hidden = ask.curations.hidden
        found = [hit for hit in scored if passes(hit[0]) and hit[0].product_id not in hidden]
        ordered, pinned = _pinned_first(_ordered(found, ask), ask)
        products = [product for product, _ in ordered]
        page = ordered[ask.offset : ask.offset + ask.size]
        return SearchAnswer(page, len(ordered), facets(products, ask.language_code), pinned)

    def _near(self, query: str) -> Mapping[str, float]:
        if self._meaning is None or not query.strip():
            return {}
        return dict(self._meaning.nearest(query, NEAREST))

    def _scored(self, query: str, near: Mapping[str, float]) -> list[tuple[Product, float]]:
        index = self._words
        if not query.strip():
            return [(index.product(row), 0.0) for row in index.rows()]
        cosines = {row: cosine for row, cosine in ((index.row(one), cosine) for one, cosine in near.items()) if row}
        scores = self._by_words(asked(query, index.lexicon)[:QUERY_WORDS], cosines)
        if len(scores) < FEW:
            near_enough = {row: MEANING_WEIGHT * cosine for row, cosine in cosines.items() if cosine >= NEAR_ENOUGH}
            scores = near_enough | scores
        named = index.row(query.strip()) or index.row(self._ids.get(query.strip().casefold(), ""))
        if named is not None:
            scores[named] = 1.0 + max(scores.values(), default=0.0)
        return [(index.product(row), score) for row, score in scores.items()]

    def _by_words(self, words: Sequence[Asked], cosines: Mapping[int, float]) -> dict[int, float]:
        """Scores of the products that have enough of the words."""
        found = [self._look_up(word) for word in words]
        known = [look for look in found if look.rows]
        covered = _coverage(known, _unknown_weight(found))
        if max(covered.values(), default=0.0) < LEAST_COVERED:
            return {}
        of_kind = {row for look in known for row in self._words.of_kind(look.word)}
        of_very_kind = {row for look in known for row in self._words.of_very_kind(look.word)}
        in_order = self._words.in_order([look.word for look in known]) if _plain(known) else {}
        kept = _kept(covered, of_kind)
        sums = {row: sum(look.rows.get(row, 0.0) for look in known) for row in kept}
        most = max(sums.values())
        return {
            row: covered[row]
            + LEXICAL_WEIGHT * sums[row] / most
            + KIND_WEIGHT * (row in of_kind)
            + VERY_KIND_WEIGHT * (row in of_very_kind)
            + ORDER_WEIGHT * (row in in_order)
            + MEANING_WEIGHT * cosines.get(row, 0.0)
            for row in kept
        }

    def _look_up(self, asked_for: Asked) -> Look:
        word, weight = asked_for
        rows, trust = self._rows_of(word)
        return Look(word, rows, weight * trust, self._telling(rows) if rows else 0.0)

    def _rows_of(self, word: str) -> tuple[Mapping[int, float], float]:
        """Rows of a word with their BM25, and how far to trust it: an unknown word may be a part or a slip."""
        rows: Mapping[int, float] = self._words.having(word)
        if is_cjk(word):
            return (rows, 1.0) if self._words.named(word) else (_either([rows, self._by_characters(word)]), GUESSED)
        if rows:
            return rows, 1.0
        if len(word) >= SHORTEST:
            rows = self._words.beginning_with(word)
        return rows or _either([self._words.having(s) for s in self._words.spelling.suggestions(word)]), GUESSED

    def _by_characters(self, word: str) -> Mapping[int, float]:
        """Rows named by all characters of a Chinese word, in any order; light endings left away: 裙子 means 裙."""
        answers = [self._words.named(character) for character in word.rstrip(LIGHT_ENDINGS) or word]
        return {row: min(answer[row] for answer in answers) for row in set.intersection(*map(set, answers))}

    def _telling(self, rows: Mapping[int, float]) -> float:
        """How much a word tells: Robertson and Spärck Jones' weight, never negative."""
        return math.log(1 + (len(self._words) - len(rows) + 0.5) / (len(rows) + 0.5))


def _plain(known: Sequence[Look]) -> bool:
    return len(known) > 1 and not any(is_cjk(look.word) for look in known)


def _either(answers: Sequence[Mapping[int, float]]) -> dict[int, float]:
    best: dict[int, float] = {}
    for answer in answers:
        for row, score in answer.items():
            best[row] = max(best.get(row, 0.0), score)
    return best


def _unknown_weight(found: Sequence[Look]) -> float:
    """What nobody has counts too, each word as much as one that is known."""
    known = [look.telling for look in found if look.rows]
    usual = sum(known) / len(known) if known else 0.0
    return usual * sum(look.weight for look in found if not look.rows)


def _coverage(known: Sequence[Look], unknown_weight: float) -> dict[int, float]:
    """The part of the query that each row has, 0 to 1: words by their weights, fields by their BM25."""
    whole = unknown_weight + sum(look.weight * look.telling for look in known)
    covered: dict[int, float] = {}
    for look in known:
        share, full = look.weight * look.telling / whole, FULL_MARK * max(look.rows.values())
        for row, score in look.rows.items():
            covered[row] = covered.get(row, 0.0) + share * min(1.0, score / full)
    return covered


def _kept(covered: Mapping[int, float], of_kind: Collection[int]) -> list[int]:
    """Rows that have enough of the query to be an answer."""
    best = max(covered.values())
    kept = [row for row, cover in covered.items() if cover >= KEPT * best]
    akin = [row for row, cover in covered.items() if row in of_kind and cover >= KEPT_OF_KIND * best]
    if akin and best < MOST_OF_IT:
        return akin
    return kept if len(kept) >= FEW else list(dict.fromkeys([*kept, *akin]))


def _ordered(found: list[tuple[Product, float]], ask: SearchAsk) -> list[tuple[Product, float]]:
    keys: Mapping[Order, Callable[[tuple[Product, float]], tuple[float, ...]]] = {
        "relevance": lambda hit: (-hit[1], -hit[0].rating, -hit[0].publish_time_ms),
        "price-ascending": lambda hit: (hit[0].price <= 0, hit[0].price, -hit[1]),
        "price-descending": lambda hit: (-hit[0].price, -hit[1]),
        "newest": lambda hit: (-hit[0].publish_time_ms, -hit[1]),
    }
    ordered = sorted(found, key=lambda hit: (*keys[ask.order](hit), hit[0].product_id))
    if ask.taste is None or ask.order != "relevance":
        return ordered
    return _by_taste(ordered[:TASTED], ask.taste) + ordered[TASTED:]


def _pinned_first(
    hits: list[tuple[Product, float]], ask: SearchAsk
) -> tuple[list[tuple[Product, float]], frozenset[str]]:
    """A shopper who asks for an order by price or age gets that order."""
    if ask.order != "relevance" or not ask.curations.pinned:
        return hits, frozenset()
    found = {product.product_id: product for product, _ in hits}
    pins = [found[product_id] for product_id in ask.curations.pinned if product_id in found]
    pinned = frozenset(product.product_id for product in pins)
    best = max((score for _, score in hits), default=0.0)
    lifted = [(product, best + len(pins) - place) for place, product in enumerate(pins)]
    return [*lifted, *(hit for hit in hits if hit[0].product_id not in pinned)], pinned


def _by_taste(hits: list[tuple[Product, float]], taste: Taste) -> list[tuple[Product, float]]:
    """Turns around only what answers the query about equally well."""
    likings = dict(zip((p.product_id for p, _ in hits), taste([p for p, _ in hits]), strict=True))
    turned: list[tuple[Product, float]] = []
    rest = hits
    while rest:
        tie = next((at for at, (_, score) in enumerate(rest) if score < rest[0][1] - NEAR_TIE), len(rest))
        turned += sorted(rest[:tie], key=lambda hit: -likings[hit[0].product_id])
        rest = rest[tie:]
    return turned
