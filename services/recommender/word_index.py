"""Which products have a word, and how well each answers to it: BM25 over weighted fields, by SQLite FTS5 in memory."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from services.recommender.catalogue import Product
from services.recommender.filters import split_path
from services.recommender.spelling import Spelling
from services.recommender.terms import LONGEST_WORD, indexed, is_cjk, normalize, pairs, runs

FIELDS: Mapping[str, float] = {
    "title": 1.0,
    "kind": 1.0,
    "brand": 0.8,
    "categories": 0.4,
    "attributes": 0.5,
    "tags": 0.3,
    "description": 0.08,
}
"""Weights of a word's occurrences, at most 1: BM25 saturates, and a greater weight would make all fields alike."""

_NAMING = "{" + " ".join(name for name in FIELDS if name != "description") + "}"

START, END = "zzstart", "zzend"
"""Stand before and after a leaf category, so that `phone` can be told from `phone case` and `shirt` from `t-shirt`."""
DESCRIPTION_CHARACTERS = 2_000
ROWS_REMEMBERED = 300_000
"""Of answers to words asked before; about 30 MB."""


class WordIndex:
    """Products by word. Not for several threads at once: the caller holds a lock."""

    def __init__(self) -> None:
        self._sql = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        fields = ", ".join(FIELDS)
        weights = ", ".join(str(weight) for weight in FIELDS.values())
        self._sql.execute(f"CREATE VIRTUAL TABLE words USING fts5({fields}, tokenize='porter unicode61')")
        self._sql.execute("INSERT INTO words(words, rank) VALUES ('rank', ?)", (f"bm25({weights})",))
        # One transaction that never ends: a commit for each product would write the index out each time.
        self._sql.execute("BEGIN")
        self._rows: dict[str, int] = {}
        self._products: dict[int, Product] = {}
        self._next_row = 1
        self._answers: dict[str, dict[int, float]] = {}
        self._remembered = 0
        self.spelling = Spelling()
        self.lexicon: Counter[str] = Counter()
        """Chinese words that the catalogue itself names: parts of categories, brands, values of attributes."""

    def __len__(self) -> int:
        return len(self._products)

    def put(self, product: Product) -> None:
        self.remove(product.product_id)
        row = self._next_row
        self._next_row += 1
        texts = _texts(product)
        places = ", ".join("?" * (len(FIELDS) + 1))
        self._sql.execute(
            f"INSERT INTO words(rowid, {', '.join(FIELDS)}) VALUES ({places})", (row, *(texts[name] for name in FIELDS))
        )
        self._rows[product.product_id] = row
        self._products[row] = product
        self._forget_answers()
        self.spelling.add(_latin_words(product))
        self.lexicon.update(_named_words(product))

    def remove(self, product_id: str) -> None:
        row = self._rows.pop(product_id, None)
        if row is None:
            return
        product = self._products.pop(row)
        self._sql.execute("DELETE FROM words WHERE rowid = ?", (row,))
        self._forget_answers()
        self.spelling.remove(_latin_words(product))
        self.lexicon.subtract(_named_words(product))
        self.lexicon += Counter()

    def row(self, product_id: str) -> int | None:
        return self._rows.get(product_id)

    def product(self, row: int) -> Product:
        return self._products[row]

    def rows(self) -> list[int]:
        return list(self._products)

    def having(self, word: str) -> dict[int, float]:
        """Rows that have a word of `terms.asked`, with their BM25: greater is better."""
        return self._match(_phrase(word))

    def named(self, word: str) -> dict[int, float]:
        """Rows that have it elsewhere than in the description only."""
        return self._match(f"{_NAMING} : {_phrase(word)}")

    def beginning_with(self, word: str) -> dict[int, float]:
        """Rows with a word that begins so."""
        return self._match(f"{_phrase(word)} *")

    def of_kind(self, word: str) -> dict[int, float]:
        """Rows whose category's last word it is: the head of a compound stands at its end in both languages."""
        return self._match(f'kind : "{" ".join(_parts(word))} {END}"')

    def of_very_kind(self, word: str) -> dict[int, float]:
        """Rows whose category is the word and no more."""
        return self._match(f'kind : "{START} {" ".join(_parts(word))} {END}"')

    def in_order(self, words: Iterable[str]) -> dict[int, float]:
        """Rows that have the words one after the other."""
        return self._match(f'"{" ".join(words)}"')

    def _match(self, expression: str) -> dict[int, float]:
        found = self._answers.get(expression)
        if found is None:
            found = dict(self._sql.execute("SELECT rowid, -rank FROM words WHERE words MATCH ?", (expression,)))
            self._remember(expression, found)
        return found

    def _remember(self, expression: str, found: dict[int, float]) -> None:
        if self._remembered > ROWS_REMEMBERED:
            self._forget_answers()
        self._answers[expression] = found
        self._remembered += 1 + len(found)

    def _forget_answers(self) -> None:
        self._answers.clear()
        self._remembered = 0


def _phrase(word: str) -> str:
    """Quoted, so that nothing in it is an operator of FTS5; words from `terms` hold no quotes."""
    return f'"{" ".join(_parts(word))}"'


def _parts(word: str) -> list[str]:
    return pairs(word) if is_cjk(word) else [word]


def _texts(product: Product) -> dict[str, str]:
    wordings = product.wordings.values()
    return {
        "title": _joined(wording.title for wording in wordings),
        "kind": " ".join(_kind(leaf) for wording in wordings for leaf in _leaves(wording.categories)),
        "brand": _joined(wording.brand for wording in wordings),
        "categories": _joined(path for wording in wordings for path in wording.categories),
        "attributes": _joined(
            value for wording in wordings for values in wording.attributes.values() for value in values
        ),
        "tags": _joined(product.tags),
        "description": _joined(wording.description[:DESCRIPTION_CHARACTERS] for wording in wordings),
    }


def _joined(texts: Iterable[str]) -> str:
    return " ".join(indexed(text) for text in texts)


def _leaves(categories: Iterable[str]) -> Iterator[str]:
    return (path[-1] for path in map(split_path, categories) if path)


def _kind(leaf: str) -> str:
    return " ".join([START, *(part for run in runs(leaf) for part in _parts(run)), END])


def _latin_words(product: Product) -> set[str]:
    texts = (text for w in product.wordings.values() for text in (w.title, w.brand, *w.categories))
    return {run for text in texts for run in runs(text) if not is_cjk(run)}


def _named_words(product: Product) -> set[str]:
    """Chinese names of two characters and more."""
    names = {part for w in product.wordings.values() for path in w.categories for part in split_path(path)}
    names |= {w.brand for w in product.wordings.values()}
    names |= {value for w in product.wordings.values() for values in w.attributes.values() for value in values}
    return {word for name in names if (word := _chinese_name(name))}


@lru_cache(maxsize=20_000)
def _chinese_name(name: str) -> str:
    """The name as it stands in a query, if it is one unbroken Chinese word; else nothing."""
    plain = normalize(name)
    return plain if 2 <= len(plain) <= LONGEST_WORD and runs(plain) == [plain] and is_cjk(plain) else ""
