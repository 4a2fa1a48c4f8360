"""Situations of a conversation and what is said in them, put together from `en.toml` and `zh.toml`, seeded."""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sample_shop.copy.facts import facts_of
from sample_shop.copy.pair import LANGUAGES, Fact, Language, Piece, Ref, Text
from sample_shop.copy.pairs import held_out
from sample_shop.copy.templates import joined
from sample_shop.products import products

EACH = 90
"""Of one act in one language and situation."""
MOST_ITEMS = 2
LISTS = ("recommend-products", "search-results", "compare-products")
ANSWERS = ("answer-attribute", "answer-price", "answer-stock")
ACTIONS = ("added-to-cart", "request-return", "cancel-order", "place-order", "request-exchange")
QUESTIONS = (*ANSWERS, "compare-products", "knowledge")
TALK = ("greet", "recommend-products", "search-results", "acknowledge-preference")
_CALLS_FOR = {"empathise": "upset"}
SITUATIONS = ("first", "usual", "again", "upset", "flow")
_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Turn:
    """`act` is of ours."""

    from_shopper: bool
    text: str
    act: str = ""


@dataclass(frozen=True)
class ReplyPair:
    """What is to be said, what has been said, and the words. Numbered facts (`title_1`) belong together."""

    act: str
    language: Language
    situation: str
    facts: tuple[Fact, ...]
    target: tuple[Piece, ...]
    history: tuple[Turn, ...] = field(default=())
    flow: str = ""

    @property
    def text(self) -> str:
        return "".join(self.facts[piece.fact].value if isinstance(piece, Ref) else piece.value for piece in self.target)


def pairs(seed: int, each: int = EACH) -> Iterator[ReplyPair]:
    """The same for the same seed. Of the shop's products none that is held out."""
    for language in LANGUAGES:
        words = grammar(language)
        goods = _goods(language)
        for act in acts():
            for situation in situations(act):
                dice = random.Random(f"{seed} {language} {act} {situation}")
                for _ in range(each):
                    yield _Talker(words, language, goods, dice).say(act, situation)


def acts() -> tuple[str, ...]:
    return tuple(name for name, part in grammar("en").items() if "-" in name or "usual" in part or "talk" in part)


def situations(act: str) -> tuple[str, ...]:
    """`first` answers nothing that was said before; small talk is not begun by it."""
    if act == "thank":
        return ("action", "question", "talk")
    if act in ("goodbye", "empathise"):
        return ("usual", "again")
    return SITUATIONS


@cache
def grammar(language: Language) -> Mapping[str, Any]:
    file = Path(__file__).parent / f"{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _goods(language: Language) -> tuple[tuple[Fact, ...], ...]:
    return tuple(facts_of(product, language) for product in products() if not held_out(product.product_id))


class _Talker:
    """Says one thing."""

    def __init__(
        self, words: Mapping[str, Any], language: Language, goods: Sequence[tuple[Fact, ...]], dice: random.Random
    ) -> None:
        self._words, self._language, self._goods, self._dice = words, language, goods, dice

    def say(self, act: str, situation: str) -> ReplyPair:
        lines = self._words[act]
        part = situation if situation in lines else "usual"
        known = {name for line in lines[part] for name in _PLACE.findall(line)}
        facts = [fact for fact in self._facts(act) if fact.name in known or act in LISTS]
        pieces = self._list(act, part, facts, situation) if act in LISTS else self._line(lines[part], facts)
        target = joined([*self._start(act, situation), *pieces])
        history = self._history(act, situation)
        flow = "request-return" if situation == "flow" else ""
        return ReplyPair(act, self._language, situation, tuple(facts), target, history, flow)

    def _start(self, act: str, situation: str) -> list[Piece]:
        space = "" if self._language == "zh" else " "
        if situation == "upset":
            return [Text(self._dice.choice(self._words["apologies"]) + space)]
        if situation == "first" and act in (*LISTS, *ANSWERS) and self._dice.random() < 0.5:
            return [Text(self._dice.choice(self._words["hellos"]) + space)]
        return []

    def _line(self, lines: Sequence[str], facts: Sequence[Fact]) -> list[Piece]:
        """One that says all the facts and no others."""
        names = {fact.name for fact in facts}
        fitting = [line for line in lines if set(_PLACE.findall(line)) == names]
        return _filled(self._dice.choice(fitting), {fact.name: place for place, fact in enumerate(facts)})

    def _list(self, act: str, part: str, facts: Sequence[Fact], situation: str) -> list[Piece]:
        places = {fact.name: place for place, fact in enumerate(facts)}
        heads = {name for name in places if name in ("query", "count", "recipient")}
        opener = self._dice.choice([one for one in self._words[act][part] if set(_PLACE.findall(one)) == heads])
        zh = self._language == "zh"
        found = [*_filled(opener, places), Text("" if zh else " ")]
        numbers = sorted({int(name[-1]) for name in places if name[-1].isdigit()})
        form = self._form(act, {name[:-2] for name in places if name.endswith("_1")})
        for number in numbers:
            found += [Text("；" if zh else "; ")] if number > 1 else []
            found += _filled(form, {name[:-2]: at for name, at in places.items() if name.endswith(f"_{number}")})
        found.append(Text("。" if zh else "."))
        if situation != "flow" and self._dice.random() < 0.5:
            found.append(Text(("" if zh else " ") + self._dice.choice(self._words[act]["closers"])))
        return found

    def _form(self, act: str, names: set[str]) -> str:
        return str(self._dice.choice([one for one in self._words[act]["items"] if set(_PLACE.findall(one)) == names]))

    def _facts(self, act: str) -> list[Fact]:
        if act in LISTS:
            return self._listed(act)
        goods = self._dice.choice(self._goods)
        title, price = _value(goods, "title"), _value(goods, "price")
        with_title = [Fact("title", title)] if self._dice.random() < 0.75 else []
        choices = {
            "greet": self._maybe("shop", 0.25),
            "help": self._maybe("can", 0.25),
            "no-results": self._maybe("query", 0.6),
            "answer-attribute": [*with_title, *self._attribute(goods)],
            "answer-price": self._price(with_title, price),
            "answer-stock": [*with_title, Fact("stock", self._word("stock"))],
            "acknowledge-preference": [Fact("preference", self._word("preference"))],
            "added-to-cart": [Fact("title", title), *self._maybe_quantity()],
        }
        return list(choices.get(act, []))

    def _maybe(self, name: str, chance: float) -> list[Fact]:
        return [Fact(name, self._word(name))] if self._dice.random() < chance else []

    def _maybe_quantity(self) -> list[Fact]:
        return [Fact("quantity", str(self._dice.randint(1, 6)))] if self._dice.random() < 0.7 else []

    def _price(self, with_title: list[Fact], price: str) -> list[Fact]:
        if with_title and self._dice.random() < 0.35:
            return [*with_title, Fact("price", price), Fact("original_price", _value(self._any(), "price"))]
        return [*with_title, Fact("price", price)]

    def _attribute(self, goods: Sequence[Fact]) -> list[Fact]:
        labels: Mapping[str, str] = self._words.get("labels", {})
        skipped = ("title", "brand", "category", "price", "detail")
        known = [one for one in goods if one.name not in skipped and (self._language == "en" or one.name in labels)]
        if not known:
            return self._attribute(self._any())
        chosen = self._dice.choice(known)
        return [Fact("attribute", labels.get(chosen.name, chosen.name.replace("_", " "))), Fact("value", chosen.value)]

    def _listed(self, act: str) -> list[Fact]:
        facts: list[Fact] = []
        if act == "recommend-products":
            facts += self._maybe("recipient", 0.2)
        if act == "search-results" and self._dice.random() < 0.8:
            facts.append(Fact("query", self._word("query")))
            facts += [Fact("count", str(self._dice.randint(1, 60)))] if self._dice.random() < 0.7 else []
        priced = self._dice.random() < 0.85
        reasoned = act != "compare-products" and self._dice.random() < 0.7
        least = MOST_ITEMS if act == "compare-products" else 1
        for number in range(1, self._dice.choice(range(least, MOST_ITEMS + 1)) + 1):
            goods = self._any()
            facts.append(Fact(f"title_{number}", _value(goods, "title")))
            facts += [Fact(f"price_{number}", _value(goods, "price"))] if priced else []
            facts += [Fact(f"reason_{number}", self._reason())] if reasoned else []
        return facts

    def _reason(self) -> str:
        words = self._words["words"]
        if self._dice.random() < 0.4:
            return str(self._dice.choice(words["related"])).format(title=_value(self._any(), "title"))
        return self._word("reason")

    def _any(self) -> tuple[Fact, ...]:
        return self._dice.choice(self._goods)

    def _word(self, name: str) -> str:
        return str(self._dice.choice(self._words["words"][name]))

    def _history(self, act: str, situation: str) -> tuple[Turn, ...]:
        shopper = self._words["shopper"]
        last = Turn(
            True, self._dice.choice(shopper["upset" if "upset" in (situation, _CALLS_FOR.get(act)) else "calm"])
        )
        if situation == "first":
            return (last,) if self._dice.random() < 0.8 else ()
        before = {
            "again": (act,),
            "action": ACTIONS,
            "question": QUESTIONS,
            "talk": TALK,
        }.get(situation, tuple(one for one in (*QUESTIONS, *TALK, *ACTIONS) if not _same(one, act)))
        ours = Turn(False, "", self._dice.choice(before))
        if act in ("greet", "help", "goodbye", "no-results") and situation == "usual" and self._dice.random() < 0.5:
            return (last,)
        return Turn(True, self._dice.choice(shopper["calm"])), ours, last


def _same(one: str, act: str) -> bool:
    return one == act or {one, act} <= {"recommend-products", "search-results"}


def _filled(line: str, places: Mapping[str, int]) -> list[Piece]:
    found: list[Piece] = []
    for number, part in enumerate(_PLACE.split(line)):
        found.append(Ref(places[part]) if number % 2 else Text(part))
    return found


def _value(facts: Sequence[Fact], name: str) -> str:
    return next((fact.value for fact in facts if fact.name == name), "")
