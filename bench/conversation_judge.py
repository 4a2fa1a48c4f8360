"""Whether an answer is what a script expects of it, and whether its goals were reached."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.dialogue.v1 import dialogue_pb2 as dialogue
from shopkeeper.recommender.v1 import recommender_pb2 as recommender

Catalogue = Mapping[str, Product]
"""Products in English, by id."""


@dataclass
class Answer:
    """All that came back for one turn."""

    text: str = ""
    products: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    confirmation: dialogue.ConfirmationRequest | None = None
    handed_off: bool = False
    done: dialogue.TurnDone = field(default_factory=dialogue.TurnDone)
    seconds: float = 0.0

    def take(self, event: dialogue.ConverseResponse) -> None:
        self.text += event.text_delta
        self.products += [each.product_id for each in event.products.results]
        self.orders += [order.order_id for order in event.orders.orders]
        if event.HasField("citation"):
            self.cited.append(event.citation.slug)
        if event.HasField("confirmation"):
            self.confirmation = event.confirmation
        if event.HasField("handoff"):
            self.handed_off = True
        if event.HasField("done"):
            self.done = event.done


@dataclass(frozen=True)
class Ending:
    """How things stand after the last turn."""

    orders: Mapping[str, commerce.Order]
    before: Mapping[str, commerce.Order]
    profile: recommender.Profile
    handed_off: bool
    met: Sequence[bool]
    """Of each turn, whether its expectations were met."""


def misses(expect: Mapping[str, Any], answer: Answer, catalogue: Catalogue) -> list[str]:
    """What of the expectations was not met, in words."""
    checks = {
        "products": lambda wanted: _products(wanted, answer, catalogue),
        "cites": lambda wanted: _unless(set(wanted) & set(answer.cited), f"cites {answer.cited}, not {wanted}"),
        "asks_for": lambda wanted: _unless(
            answer.done.requested_slot in _listed(wanted), f"asks for {answer.done.requested_slot!r}, not {wanted}"
        ),
        "confirms": lambda wanted: _unless(
            answer.confirmation and answer.confirmation.action == wanted, f"does not ask to confirm {wanted}"
        ),
        "says_any": lambda wanted: _unless(
            any(str(words).lower() in answer.text.lower() for words in wanted), f"says none of {wanted}"
        ),
        "unknown": lambda wanted: _unless(
            answer.done.unknown == wanted and not (wanted and answer.cited), "does not say that it does not know"
        ),
        "shows_order": lambda wanted: _unless(set(_listed(wanted)) <= set(answer.orders), f"does not show {wanted}"),
        "handoff": lambda wanted: _unless(answer.handed_off == wanted, "does not hand over"),
    }
    return [said for name, wanted in expect.items() for said in checks[name](wanted)]


def _unless(met: object, said: str) -> list[str]:
    return [] if met else [said]


def _listed(wanted: object) -> list[Any]:
    return list(wanted) if isinstance(wanted, list) else [wanted]


def _products(wanted: Mapping[str, Any], answer: Answer, catalogue: Catalogue) -> list[str]:
    at_least = int(wanted.get("at_least", 1))
    if len(answer.products) < at_least:
        return [f"shows {len(answer.products)} products, not {at_least}"]
    return [
        f"shows {product_id}, which is not {wanted}"
        for product_id in answer.products
        if not fits(catalogue[product_id], wanted)
    ]


def fits(product: Product, wanted: Mapping[str, Any]) -> bool:
    """Whether a product is within the constraints; names as the catalogue has them in English."""
    price = product.price.units + product.price.nanos / 1e9
    named = {attribute.name: {value.lower() for value in attribute.values} for attribute in product.attributes}
    category = str(wanted.get("category", "")).lower()
    paths = [path.lower() for path in product.categories]
    return (
        (not category or any(path == category or path.startswith(f"{category} > ") for path in paths))
        and price <= float(wanted.get("max_price", price))
        and price >= float(wanted.get("min_price", price))
        and str(wanted.get("brand", product.brand)).lower() == product.brand.lower()
        and all(str(wanted[name]).lower() in named.get(name, ()) for name in ("colour", "material") if name in wanted)
    )


def unreached(goals: Sequence[Mapping[str, Any]], ending: Ending, catalogue: Catalogue) -> list[str]:
    """Goals that were not reached, in words; a handoff that was no goal is one more."""
    said = [f"goal not reached: {goal}" for goal in goals if not _reached(goal, ending, catalogue)]
    if ending.handed_off and not any("handoff" in goal for goal in goals):
        said.append("handed over where that was no goal")
    return said


def _reached(goal: Mapping[str, Any], ending: Ending, catalogue: Catalogue) -> bool:
    (name, wanted), *_ = goal.items()
    new = [order for order_id, order in ending.orders.items() if order_id not in ending.before]
    checks: Mapping[str, Callable[[], object]] = {
        "order_state": lambda: _state(ending.orders.get(wanted["order_id"])) == wanted["state"],
        "return": lambda: _case(wanted, ending, commerce.CASE_KIND_RETURN),
        "exchange": lambda: _case(wanted, ending, commerce.CASE_KIND_EXCHANGE),
        "cart": lambda: _cart(wanted, ending.profile.cart_items, catalogue),
        "cart_empty": lambda: not ending.profile.cart_items,
        "new_order": lambda: len(new) == 1 and len(new[0].lines) == wanted["lines"],
        "handoff": lambda: ending.handed_off == wanted,
        "answered": lambda: ending.met[wanted - 1],
        "preference": lambda: _preference(wanted, ending.profile),
    }
    return bool(checks[name]())


def _state(order: commerce.Order | None) -> str:
    return "" if order is None else commerce.OrderState.Name(order.state).removeprefix("ORDER_STATE_").lower()


def _case(wanted: Mapping[str, Any], ending: Ending, kind: commerce.CaseKind.ValueType) -> bool:
    order = ending.orders.get(wanted["order_id"], commerce.Order())
    found = [case for case in order.cases if case.kind == kind and case.product_id == wanted["product_id"]]
    return len(found) == 1 and found[0].new_size == str(wanted.get("size", found[0].new_size))


def _cart(wanted: Sequence[Mapping[str, Any]], items: Sequence[recommender.CartItem], catalogue: Catalogue) -> bool:
    """The cart as a whole: each item is one of those wanted, and none is left."""
    left = list(wanted)
    for item in items:
        match = next((each for each in left if _is_item(each, item, catalogue)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _is_item(wanted: Mapping[str, Any], item: recommender.CartItem, catalogue: Catalogue) -> bool:
    if item.quantity != int(wanted.get("quantity", 1)):
        return False
    if "product_id" in wanted:
        return bool(item.product_id == wanted["product_id"])
    return fits(catalogue[item.product_id], {"category": wanted["category"]})


def _preference(wanted: Mapping[str, Any], profile: recommender.Profile) -> bool:
    name, value = str(wanted["name"]), str(wanted["value"]).lower()
    return any(each.name == name and value in each.value.lower() and each.weight > 0 for each in profile.preferences)


def wrong_actions(goals: Sequence[Mapping[str, Any]], ending: Ending) -> Iterator[str]:
    """Orders that changed, or were made, without a goal that says so."""
    meant = {goal[name]["order_id"] for goal in goals for name in ("order_state", "return", "exchange") if name in goal}
    for order_id, order in ending.orders.items():
        known = ending.before.get(order_id)
        if known is None:
            if not any("new_order" in goal for goal in goals):
                yield f"{order_id} was placed"
        elif (known.state != order.state or len(known.cases) != len(order.cases)) and order_id not in meant:
            yield f"{order_id} was changed"
