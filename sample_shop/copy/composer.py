"""Composes copy from facts by the grammar: which facts a text must say, in which sentences."""

import itertools
import random
import re
from collections.abc import Callable, Iterable, Sequence

from sample_shop.copy.facts import BASIC, NOT_ATTRIBUTES, TELLING, group_of, is_list, is_plural, takes_article
from sample_shop.copy.pair import Channel, Fact, Language, Length, Piece, Ref, Style, Text
from sample_shop.copy.templates import Pieces, Template, Templates, capital, grammar, join, joined

OTHERS = 3
"""How many attributes beside brand, material and colour a text says, unless it is short."""
WITH_PRICE = {"product-page": 0.2, "email": 0.35, "live": 0.5, "social": 0.1, "title": 0.0}
STATEMENT = re.compile(r"(?:it|they|the|you|there|this|we|what|your|that|all|filled|made) ", re.I)
"""How a clause starts that is no command; only those are joined by `and`."""
LONGEST_DETAIL = 18
"""Characters; longer values are not put in a title."""


class Composer:
    """Writes one text; it remembers what it has said."""

    def __init__(self, facts: Sequence[Fact], language: Language, style: Style, dice: random.Random) -> None:
        self.facts, self.language, self.style, self.dice = facts, language, style, dice
        self.grammar = grammar(language)
        known = self.grammar.attributes
        self.places: dict[str, int] = {}
        self.unknown: dict[str, int] = {}
        for place, fact in enumerate(facts):
            key = _key(fact)
            (self.places if key in known or key == "title" else self.unknown)[key] = place
        self.unknown.pop("category", None)
        self.title = next((fact.value for fact in facts if fact.name == "title"), "")
        self.group = group_of(next((fact.value for fact in facts if fact.name == "category"), ""))
        self.plural = language == "en" and self.group != "books" and is_plural(self.title)
        self.any_title = language == "zh" or takes_article(self.title)
        self.said = {key for key, place in self._all().items() if self._in_title(facts[place])}
        self.used: set[str] = set()

    def write(self, channel: Channel, length: Length) -> Pieces:
        wanted = self._wanted(channel, length)
        writers: dict[Channel, Callable[[Length, list[str]], Pieces]] = {
            "product-page": self._page,
            "email": self._email,
            "live": self._live,
            "social": self._social,
            "title": self._title,
        }
        return writers[channel](length, wanted)

    # ---- channels

    def _page(self, length: Length, wanted: list[str]) -> Pieces:
        sentences = {"short": 2, "medium": 3, "long": 4}[length]
        opener = self._opener(wanted, short=length == "short")
        rest = self._unsaid(wanted)
        closes = length == "long" or not rest or self.dice.random() < (0.3 if length == "short" else 0.6)
        if length == "short" and rest and not (set(wanted) & self.said - {"brand"}):
            closes = False
        body = self._body(rest, max(1, sentences - 1 - closes))
        return self._text([opener, *body, *([self._closer()] if closes else [])])

    def _email(self, length: Length, wanted: list[str]) -> Pieces:
        subject = self._pick(self._fitting("subject", self._styled("subject"), wanted))
        said = set(self.said)
        opener = self._opener(wanted, short=length == "short")
        told = set(wanted) & (self.said - said - {"brand"})
        body = [] if length == "short" and told and self.dice.random() < 0.5 else self._body(self._unsaid(wanted), 1)
        ends = [self._closer()] if not body and length != "short" else []
        return joined([*subject, Text("\n"), *self._text([opener, *body, *ends])])

    def _live(self, length: Length, wanted: list[str]) -> Pieces:
        opener = self._pick(self._fitting("live", self._styled("live"), wanted))
        body = self._body(self._unsaid(wanted), 2 if length == "long" and self.dice.random() < 0.4 else 1)
        call = [self._pick(self._styled("call"))] if (length != "short" and len(body) < 2) or not body else []
        return self._text([opener, *body, *call])

    def _social(self, length: Length, wanted: list[str]) -> Pieces:
        hooks = self._styled("hook") + (self._group_lines("hooks") * 2 if self.style != "premium" else ())
        hook = self._pick(hooks)
        post = self._pick(self._fitting("post", self.grammar.channels["post"]["any"], wanted))
        rest = self._unsaid(wanted)
        more = self._body(rest[: {"short": 0, "medium": 1, "long": 3}[length]], 1)
        if length == "short" and not (set(wanted) & self.said - {"brand"}):
            more = self._body(rest[:1], 1)
        tail = [self._pick(self._styled("tail"))] if length != "short" and (length == "long" or not more) else []
        return self._text([hook, post, *(more if len(more) + len(tail) < 2 or length == "long" else ()), *tail])

    def _title(self, length: Length, wanted: list[str]) -> Pieces:
        count = {"short": 1, "medium": 2, "long": 3}[length]
        lines = self._fitting("title", self._styled("title"), wanted)
        return self._pick(self._keep(lines, lambda one: "details" in one.needs), details=count)

    # ---- sentences

    def _opener(self, wanted: Sequence[str], short: bool) -> Pieces:
        general = self.grammar.openers[self.style]
        own = self._group_lines("openers")
        chosen = own if own and self.dice.random() < (0.7 if self.group == "books" else 0.3) else general
        found = self._fitting("openers", chosen, wanted)
        telling = [one for one in found if one.needs - {"title", "brand"}]
        return self._pick(telling if short and telling and self.dice.random() < 0.5 else found)

    def _closer(self) -> Pieces:
        scenes = self._group_lines("scenes")
        lines = scenes if scenes and self.dice.random() < 0.6 else self.grammar.closers[self.style]
        return self._pick(lines)

    def _body(self, rest: Sequence[str], sentences: int) -> list[Pieces]:
        """All of `rest` in at most so many sentences."""
        if not rest:
            return []
        order = list(rest)
        count = min(sentences, len(order))
        bounds = [round(len(order) * turn / count) for turn in range(count + 1)]
        return [self._sentence(order[a:b]) for a, b in itertools.pairwise(bounds) if a < b]

    def _sentence(self, keys: list[str]) -> Pieces:
        together = len(keys) == 3 and self.language == "en" and bool(self._combos(keys)) and self.dice.random() < 0.6
        in_list = {"zh": 0.35 * (len(keys) > 2), "en": 1.0 if len(keys) > 2 else 0.15 * (len(keys) == 2)}
        if not together and self.dice.random() < in_list[self.language]:
            return self._list(keys)
        clauses: list[Pieces] = []
        left = list(keys)
        while left:
            template = self._clause(left, first=not clauses, alone=len(keys) == 1, together=together)
            clauses.append(self._fill(template, left[0]))
            left = [key for key in left if key not in self.said]
        return self._linked(clauses)

    def _combos(self, keys: Sequence[str]) -> list[Template]:
        """Clauses that say several of them."""
        return [one for one in self.grammar.combos if len(one.needs & set(keys)) >= 2 and self._can(one, keys)]

    def _clause(self, left: list[str], first: bool, alone: bool, together: bool) -> Template:
        """A clause that says the first of `left`, or several of them where one is at hand."""
        both = self._combos(left)
        if both and (together or self.dice.random() < 0.7):
            choice = both
        else:
            choice = [one for one in self._forms(left[0], "clauses") if self._can(one, left)]
        if self.language == "en":
            choice = self._keep(choice, lambda one: not (first and one.starts_with_value))
            choice = self._keep(choice, lambda one: alone or not re.search("[:?;]", one.words))
        if "brand" in self.said:
            choice = self._keep(choice, lambda one: "brand" not in one.needs)
        return self._least_used(choice)

    def _linked(self, clauses: Sequence[Pieces]) -> Pieces:
        if self.language == "zh":
            return (*join(clauses, "，"), Text("。"))
        tells = [isinstance(one[0], Ref) or bool(STATEMENT.match(one[0].value)) for one in clauses]
        link = self.dice.choice([", and ", ", and ", "; "]) if all(tells) else "; "
        text = capital(join(clauses, link))
        ends = isinstance(text[-1], Text) and text[-1].value.endswith("?")
        return text if ends else (*text, Text("."))

    def _list(self, keys: list[str]) -> Pieces:
        """All in a list of details, or in one string of phrases."""
        keys = sorted(keys, key=lambda key: ("many" in key, key == "price"))
        lists = self.grammar.channels
        flowing = "comes" in lists and all(self._forms(key, "phrases") for key in keys) and self.dice.random() < 0.5
        part, form = ("comes", "phrases") if flowing else ("lead", "labels")
        forms = [self.dice.choice([one for one in self._forms(key, form) if self._can(one, [key])]) for key in keys]
        said = [self._fill(one, key) for one, key in zip(forms, keys, strict=True)]
        if flowing:
            listed = join([join(said[:-1], ", "), said[-1]], " and " if len(said) == 2 else ", and ")
        else:
            heavy = self.language == "en" and any(is_list(self.facts[self._all()[key]].value) for key in keys)
            listed = join(said, "，" if self.language == "zh" else "; " if heavy else ", ")
        lead = self._least_used(lists[part]["any"])
        return self._filled(lead, {form: listed})

    def _text(self, sentences: Iterable[Pieces]) -> Pieces:
        found: list[Piece] = []
        for sentence in sentences:
            if found and self.language == "en":
                found.append(Text(" "))
            found += sentence
        return joined(found)

    # ---- choosing

    def _wanted(self, channel: Channel, length: Length) -> list[str]:
        basic = [key for key in BASIC if key in self.places]
        keys = [key for key in self._all() if _name(key) not in (*BASIC, *NOT_ATTRIBUTES)]
        keys.sort(key=lambda key: TELLING.index(_name(key)) if _name(key) in TELLING else len(TELLING) / 2)
        if length == "short":
            others = [key for key in basic if key != "brand"] + keys
            pick = self.dice.sample(others[:3], 1) if others else []
            return basic[:1] * ("brand" in basic) + pick
        wanted = basic + keys[:OTHERS]
        if "detail" in self.unknown and length == "long" and channel != "title":
            wanted.append("detail")
        if "price" in self.places and self.dice.random() < (1.0 if not wanted else WITH_PRICE[channel]):
            wanted.append("price")
        return wanted

    def _fitting(self, part: str, lines: Templates, wanted: Sequence[str]) -> list[Template]:
        """Those whose facts are here and yet unsaid; that say the brand, if it is wanted."""
        bare = self.grammar.channels["bare"][part]
        found = [one for one in lines if self._can(one, wanted)] or [one for one in bare if self._can(one, wanted)]
        if "brand" in wanted and "brand" not in self.said and part != "subject":
            named = [one for one in found if "brand" in one.needs]
            return named if named and self.dice.random() < 0.85 else found
        return found

    def _can(self, template: Template, keys: Iterable[str]) -> bool:
        if not (self.any_title or template.takes_any_title):
            return False
        allowed = {"title", "any", "details", "labels", "phrases", *(key for key in keys if key not in self.said)}
        if "brand" in self.places:
            allowed.add("brand")
        needs_details = "details" in template.needs and not self._details(1)
        return template.needs <= allowed and not needs_details

    def _pick(self, lines: Sequence[Template], details: int = 1) -> Pieces:
        template = self._least_used([one for one in lines if self._can(one, self.places)])
        listed = self._details(details) if "details" in template.needs else []
        separator = {"zh": self.dice.choice(" ，") if "。" in template.words else " "}.get(self.language, ", ")
        self.said |= set(listed)
        refs = [(Ref(self._all()[key]),) for key in listed]
        return self._filled(template, {"details": join(refs, separator)} if refs else {})

    def _least_used(self, lines: Sequence[Template]) -> Template:
        """Of three drawn, the one whose words the text has not yet."""
        drawn = self.dice.sample(list(lines), min(3, len(lines)))
        chosen = min(drawn, key=lambda one: len(self._marks(one) & self.used))
        self.used |= self._marks(chosen)
        return chosen

    def _marks(self, template: Template) -> set[str]:
        words = re.sub(r"\{[^}]*\}|[<>|]", " ", template.words)
        if self.language == "en":
            return set(re.findall(r"[a-z]{4,}", words.lower()))
        return {
            run[place : place + 2] for run in re.findall("[\u4e00-\u9fff]+", words) for place in range(len(run) - 1)
        }

    def _details(self, count: int) -> list[str]:
        keys = [key for key in self._all() if key not in self.said and self._for_titles(key)]
        keys.sort(key=lambda key: (key != "colour", key != "material"))
        return keys[:count]

    def _for_titles(self, key: str) -> bool:
        value = self.facts[self._all()[key]].value
        skipped = _name(key) in self.grammar.not_in_titles or key in ("title", "brand") or key.endswith(".many")
        return not skipped and len(value) <= LONGEST_DETAIL

    # ---- filling

    def _fill(self, template: Template, key: str) -> Pieces:
        if "any" not in template.needs:
            return self._filled(template, {})
        self.said.add(key)
        return self._filled(template, {"any": (Ref(self.unknown[key]),)})

    def _filled(self, template: Template, extra: dict[str, Pieces] | dict[str, tuple[Ref]]) -> Pieces:
        places: dict[str, Pieces] = {key: (Ref(place),) for key, place in self.places.items()}
        places.update(extra)
        self.said |= template.needs
        words = {"this": "这本", "one": "一本"} if self.group == "books" else {"this": "这款", "one": "一款"}
        return template.fill(places, words, self.plural)

    # ---- facts

    def _all(self) -> dict[str, int]:
        return {key: place for key, place in (self.places | self.unknown).items() if key != "category"}

    def _forms(self, key: str, form: str) -> Templates:
        own = self.grammar.own_clauses.get(self.group, {}).get(key, ()) if form == "clauses" else ()
        return own + self.grammar.attributes[key if key in self.places else "any"].get(form, ())

    def _group_lines(self, part: str) -> Templates:
        return self.grammar.groups.get(self.group, {}).get(part, ())

    def _styled(self, part: str) -> Templates:
        return self.grammar.channels[part][self.style]

    def _unsaid(self, wanted: Sequence[str]) -> list[str]:
        return [key for key in wanted if key not in self.said]

    def _in_title(self, fact: Fact) -> bool:
        return fact.name != "title" and len(fact.value) > 1 and fact.value.casefold() in self.title.casefold()

    @staticmethod
    def _keep(lines: list[Template], test: Callable[[Template], bool]) -> list[Template]:
        return [one for one in lines if test(one)] or lines


def _key(fact: Fact) -> str:
    if fact.name in ("size", "waist"):
        return f"{fact.name}.{'many' if is_list(fact.value) else 'one'}"
    return fact.name


def _name(key: str) -> str:
    return key.split(".")[0]
