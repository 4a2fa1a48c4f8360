"""Small talk, likes and dislikes, and what is said when nothing was understood."""

import re

from services.dialogue import scan, seeking, texts
from services.dialogue.flows import Flow
from services.dialogue.orders.order import Order
from services.dialogue.ports import Products
from services.dialogue.state import Task
from services.dialogue.turn import ShopEvent, Turn
from services.dialogue.wording import Wording

_UNWANTED = re.compile(
    r"\b(not?|don'?t|do not|never|can'?t|cannot|hate|dislike|allergic|avoid|without|except|no more)\b"
    r"|不喜欢|不要|不爱|不穿|不用|不想|讨厌|过敏|忌|受不了|不能|别给我|排除",
    re.IGNORECASE,
)
_HOW = re.compile(r"how are you|how's it going|你好吗|最近怎么样", re.IGNORECASE)
_NAMES = ("brand", "colour", "material", "size")


class Chatting:
    """`misses`: misunderstandings in a row after which a person takes over."""

    def __init__(self, products: Products, wording: Wording, misses: int = 3) -> None:
        self._products, self._wording, self._misses = products, wording, misses

    async def greet(self, turn: Turn) -> None:
        if _HOW.search(turn.heard.said.text):
            turn.tell("how-are-you")
            return
        if turn.number > 1:
            turn.tell("greet-again")
            return
        await self._wording.tell(turn, "greet", [], "greet")
        turn.offer_words(texts.menu(turn.language))

    async def thank(self, turn: Turn) -> None:
        await self._wording.tell(turn, "thank", [], "thank")

    async def goodbye(self, turn: Turn) -> None:
        await self._wording.tell(turn, "goodbye", [], "goodbye")

    async def help(self, turn: Turn) -> None:
        turn.tell("help")
        turn.offer_words(texts.menu(turn.language))

    async def next(self, turn: Turn) -> None:
        """A yes or a no to nothing."""
        turn.tell("what-next")

    async def preference(self, turn: Turn) -> None:
        """Noted at once, by an event that the shelf follows."""
        said = turn.heard.said
        told: list[tuple[str, str, float]] = []
        for slot in said.slots:
            weight = _weight(said.text, slot.text)
            if slot.name in _NAMES:
                told.append((slot.name, str(slot.value if slot.name in ("colour", "size") else slot.text), weight))
            elif slot.name == "product":
                told.append(("words", slot.text[:256], weight))
                paths = seeking.categories_of(slot.text, self._products.vocabulary().categories)
                told += [("category", path, weight) for path in paths[:3]]
        price = said.price()
        if price is not None and price.high is not None:
            told.append(("max_price", f"{price.high / 100:g}", 1.0))
        if not told:
            turn.tell("preference-noted")
            return
        turn.shop_events.append(ShopEvent("chat-preference", preferences=told[:20]))
        await self._acknowledge(turn)

    async def _acknowledge(self, turn: Turn) -> None:
        words: dict[bool, list[str]] = {True: [], False: []}
        for slot in turn.heard.said.slots:
            if slot.name in (*_NAMES, "product"):
                colour = slot.name == "colour"
                said = texts.colour_in(str(slot.value), turn.language) if colour else slot.text
                words[_weight(turn.heard.said.text, slot.text) > 0].append(said)
        wanted, unwanted = (texts.joined(words[wish], turn.language) for wish in (True, False))
        if unwanted:
            turn.tell("preference-unwanted", what=unwanted)
        if wanted and unwanted:
            turn.tell("preference-wanted", what=wanted)
        elif wanted:
            facts = [("preference", wanted)]
            await self._wording.tell(turn, "acknowledge-preference", facts, "preference-wanted", what=wanted)
        elif not unwanted:
            turn.tell("preference-noted")

    def misunderstood(self, turn: Turn) -> bool:
        """Says so; from the second time on offers a person. True if a person must take over."""
        turn.state.misses += 1
        turn.outcome = "misunderstood"
        if turn.state.misses >= self._misses:
            return True
        if turn.state.misses == self._misses - 1:
            turn.tell("misunderstood-offer")
            turn.offer_person("trouble")
        else:
            turn.tell("misunderstood")
            turn.offer_words(texts.menu(turn.language))
        return False

    async def complain(self, turn: Turn, flow: Flow, _task: Task, _order: Order | None) -> None:
        """Is heard first; then what can be done, and a person, who is offered and not forced on them."""
        turn.state.complaints += 1
        turn.state.mood = "upset"
        said = turn.heard.said
        trouble = {"mention": said.text_of("product"), "reason": said.text_of("reason")}
        turn.state.trouble = {name: words for name, words in trouble.items() if words}
        facts = [("reason", reason)] if (reason := turn.heard.said.text_of("reason")) else []
        await self._wording.tell(turn, "empathise", facts, "empathise", said=flow.done.get(turn.language, ""))
        turn.say(flow.nothing.get(turn.language, ""))
        turn.offer_person("complaint")


def _weight(text: str, words: str) -> float:
    """Whether the clause that names a thing wants it (1) or not (-1)."""
    clause = next((one for one in scan.clauses(text) if words in one), text)
    return -1.0 if _UNWANTED.search(clause) and not _only(clause) else 1.0


def _only(text: str) -> bool:
    """`Nothing but cotton` wants cotton."""
    return re.search(r"\b(nothing but|only|just)\b|只穿|只用|只要|只买", text, re.IGNORECASE) is not None
