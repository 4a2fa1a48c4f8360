"""Understanding by keywords: for when the model is not there. Words of the flows and of the staff's own list."""

from collections.abc import Sequence
from dataclasses import replace

from services.dialogue import scan, texts
from services.dialogue.flows import Flows
from services.dialogue.understanding import Slot, Understanding

_TRIMMED = " ,.!?;:，。！？；：、'\"“”"
_FILLERS = scan.words(
    "a an the some any me my please for i i'm you is are to of with and one it want like do have they it's"
)
_FILLERS_ZH = scan.words(
    "想买个 买个 来个 个 请 帮我 给我 我想 我要 想要 我的 一个 一件 一双 一条 一款 这个 那个 的 吗 呢 吧 了 有"
    " 我 买 刚 上次 前几天 到货 把"
)
SURE, POSSIBLE = 0.5, 0.1
"""Of a model's confidence."""
STRONG = 7
"""Letters' worth of a keyword that speaks for itself."""
_WITH_PRODUCT = frozenset({"search-product", "ask-price", "check-stock", "add-to-cart", "similar-product"})


class Keywords:
    """Finds intents by their longest keyword; two, where a second one stands apart from the first."""

    def __init__(self, flows: Flows) -> None:
        self._words: dict[str, list[str]] = {
            intent: [*words.get("zh", ()), *words.get("en", ())] for intent, words in texts.keywords().items()
        }
        self._with_product = set(_WITH_PRODUCT)
        for flow in flows:
            for intent in flow.intents[:1]:
                self._words.setdefault(intent, []).extend([*flow.keywords["zh"], *flow.keywords["en"]])
                self._with_product |= {intent} if flow.about_order else set()

    async def understand(self, text: str, language: str) -> Understanding:
        return self.read(text, language)

    def read(self, text: str, language: str) -> Understanding:
        """As `understand`, at once."""
        spoken = scan.language_of(text, language)
        found = _apart(text, self.found(text))
        slots = tuple(scan.slots(text, texts.colours()))
        intents = tuple(intent for intent, _ in found)[:2]
        if not intents and slots:
            intents = ("inform",)
        product = product_words(text, [word for _, word in found], slots) if self._names(intents) else ""
        if product:
            slots = (*slots, Slot("product", product, product))
        return Understanding(
            text,
            spoken,
            intents,
            slots,
            out_of_scope=not intents,
            scores=dict.fromkeys(intents, 0.6),
            by_keywords=True,
        )

    def _names(self, intents: Sequence[str]) -> bool:
        """Whether such a sentence usually names a product."""
        return any(intent in self._with_product for intent in intents)

    def supports(self, intent: str, text: str) -> bool:
        """Whether a word of the intent stands in the text."""
        return any(scan.says(text, word) for word in self._words.get(intent, ()))

    def second_opinion(self, said: Understanding) -> Understanding:
        """Where the model is unsure, its runner-up that the words bear out."""
        if said.scores.get(said.intent, 1.0) >= SURE:
            return said
        found = self.found(said.text)
        likely = [intent for intent, word in found if said.scores.get(intent, 0.0) >= POSSIBLE and strength(word) > 3]
        strong = [intent for intent, word in found if strength(word) >= STRONG]
        named = next(iter([*likely, *strong]), "")
        if not named or named in said.intents:
            return said
        return replace(said, intents=(named,), out_of_scope=False)

    def found(self, text: str) -> Sequence[tuple[str, str]]:
        """(intent, keyword), the longest first; keywords that overlap a longer one do not count."""
        hits = sorted(
            ((intent, word) for intent, words in self._words.items() for word in words if scan.says(text, word)),
            key=lambda hit: (-strength(hit[1]), text.casefold().find(hit[1].casefold())),
        )
        taken: list[tuple[int, int]] = []
        kept: dict[str, str] = {}
        for intent, word in hits:
            begin = text.casefold().find(word.casefold())
            end = begin + len(word)
            if any(begin < other_end and other_begin < end for other_begin, other_end in taken):
                continue
            taken.append((begin, end))
            kept.setdefault(intent, word)
        return list(kept.items())


def product_in(text: str) -> str:
    """What a search looks for, where nothing marks it."""
    asking = texts.keywords()["search-product"]
    words = [word for language in ("zh", "en") for word in asking[language] if scan.says(text, word)]
    return product_words(text, words, tuple(scan.slots(text, texts.colours())))


def product_words(text: str, words: Sequence[str], slots: Sequence[Slot]) -> str:
    """What is left of the clause once its keywords and values are taken out."""
    clause = next((one for one in scan.clauses(text) if words and scan.says(one, words[0])), text)
    left = scan.without_price(clause)
    said = [*words, *(slot.text for slot in slots if slot.name in ("colour", "size", "order_number"))]
    for word in sorted(said, key=len, reverse=True):
        left = scan.without(left, word)
    if any("\u4e00" <= character <= "\u9fff" for character in left):
        for filler in sorted(_FILLERS_ZH, key=len, reverse=True):
            left = left.replace(filler, " ")
        return " ".join(left.split()).strip(_TRIMMED)
    kept = [word for word in left.split() if word.strip(_TRIMMED).casefold() not in _FILLERS]
    return " ".join(kept).strip(_TRIMMED)


def _apart(text: str, found: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The first, and another only from another clause: one wish may hold the words of two."""
    if not found:
        return ()
    first = next(hit for hit in found if hit[0] != "ask-price" or not any(_about_rules(other) for other, _ in found))
    clauses = [clause for clause in scan.clauses(text) if not scan.says(clause, first[1])]
    others = [hit for hit in found if hit != first and any(scan.says(clause, hit[1]) for clause in clauses)]
    both = [first, *others[:1]]
    return sorted(both, key=lambda hit: text.casefold().find(hit[1].casefold()))


def _about_rules(intent: str) -> bool:
    return intent.startswith("ask-") and intent not in ("ask-price", "ask-product", "ask-help")


def strength(word: str) -> int:
    """What a keyword says, in letters: a Chinese character says as much as two or three letters."""
    return len(word) * (3 if "\u4e00" <= word[0] <= "\u9fff" else 1)
