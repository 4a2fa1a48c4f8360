"""Takes values of a sentence into the flow in progress."""

from services.dialogue import scan, texts
from services.dialogue.flows import Flow
from services.dialogue.state import Task
from services.dialogue.turn import Turn
from services.dialogue.understanding import PriceRange

_PLAIN = ("size", "colour", "quantity", "reason", "recipient", "occasion")
_LONGEST = 200


def take(turn: Turn, flow: Flow, task: Task) -> None:
    """Values named anywhere in the sentence. What is corrected loses what hung on it."""
    values, known = turn.heard.values, {slot.name for slot in flow.slots}
    if flow.about_order:
        _take_order(turn, task)
    for name in _PLAIN:
        if name in known and name in values:
            task.slots[name] = values[name]  # type: ignore[assignment]
    if "size" in known and "size" not in values and (bare := scan.size(turn.heard.said.text, bare=True)):
        task.slots["size"] = bare
    price = values.get("price")
    if "price" in known and isinstance(price, PriceRange) and (price.low or price.high):
        task.slots["low"], task.slots["high"] = price.low or 0, price.high or 0
    if "product" in known and not flow.about_order and "product" in values:
        task.slots["product"] = str(values["product"])
    if "size" in known and turn.heard.step:
        task.slots["step"] = turn.heard.step
    if turn.heard.every and "quantity" in known:
        task.slots.pop("quantity", None)


def _take_order(turn: Turn, task: Task) -> None:
    values = turn.heard.values
    number, product = str(values.get("order_number", "")), str(values.get("product", ""))
    if turn.heard.other and not number and (current := str(task.slots.get("order_number", ""))):
        task.slots["not"] = f"{task.slots.get('not', '')} {current}".strip()
        forget(task, "order_number", "product", "mention")
        turn.state.order_id = ""
    if number and number != task.slots.get("order_number"):
        forget(task, "product", "mention")
        task.slots["order_number"] = number
    if product:
        task.slots["mention"] = product
        forget(task, "product", *(() if number else ("order_number",)))


def take_answer(turn: Turn, flow: Flow, task: Task) -> None:
    """The sentence as the answer to the open question."""
    value, slot = turn.heard.answer, flow.slot(task.asked)
    if value is None or slot is None or isinstance(value, PriceRange):
        return
    if slot.kind == "order":
        named = scan.order_number(str(value)) or (str(value) if str(value) in task.choices else "")
        number = named or (str(value) if turn.heard.sure and str(value).startswith("SK") else "")
        if number:
            task.slots["order_number"] = number
        elif not turn.heard.other and "mention" not in task.slots:
            task.slots["mention"] = str(value)
    elif slot.kind == "line":
        key = "product" if str(value) in task.choices else "mention"
        task.slots[key] = str(value)
    elif slot.kind == "text":
        task.slots[slot.name] = _reason(turn, str(value))
    elif isinstance(value, str | int):
        task.slots[slot.name] = value


def _reason(turn: Turn, value: str) -> str:
    plain = turn.heard.yes is not None and len(value) <= 12
    return texts.say("reason-not-said", turn.language) if plain else value[:_LONGEST]


def forget(task: Task, *names: str) -> None:
    for name in names:
        task.slots.pop(name, None)
