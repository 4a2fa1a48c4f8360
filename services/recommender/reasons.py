"""Why a product stands where it stands, in a sentence for the shopper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.catalogue import Product
from services.recommender.retrieval.retriever import Retriever
from services.recommender.shopper import Shopper

Floats = npt.NDArray[np.float32]

LEANED_ON = 40
"""Products of the shopper that a reason may name: those that weigh most in their taste."""
SAID = 0.25
"""How much of what the shopper said to like a product must be to be called a match."""
CLOSE = 0.35
"""Cosine from which a product is called similar to another."""

_TEXTS: Mapping[str, tuple[str, str]] = {
    "buy-again": ("You bought this before", "您曾买过"),
    "similar-to": ("Similar to {related}", "与“{related}”相似"),
    "goes-with": ("Often bought with {related}", "常与“{related}”一起购买"),
    "popular": ("Popular right now", "近期热销"),
    "new": ("New in the shop", "新品上架"),
    "taste": ("Matches what you like", "符合您的喜好"),
    "top-up": ("More from the shop", "更多商品"),
}


@dataclass(frozen=True)
class Reason:
    code: str
    related_product_id: str = ""
    text: str = ""


def sentence(code: str, language_code: str, related: str = "") -> str:
    english, chinese = _TEXTS[code]
    return (chinese if language_code.lower().startswith("zh") else english).format(related=related)


def reasons(
    retriever: Retriever,
    shopper: Shopper,
    placement: str,
    rows: Sequence[int],
    channels: Mapping[str, Floats],
    language_code: str,
) -> list[Reason]:
    """One for each row, in order."""
    bought = {int(row) for row in shopper.bought}
    leaned = _leaned_on(shopper)
    likeness = retriever.text.vectors_ND[rows] @ retriever.text.vectors_ND[leaned].T
    together = _together(retriever, rows, leaned)
    itself = np.asarray(rows, dtype=np.int64)[:, None] == leaned[None, :]
    likeness[itself] = together[itself] = 0  # a product looked at before is no reason for itself
    made = []
    for place, row in enumerate(rows):
        code, related = _why(placement, row, place, bought, leaned, likeness, together, channels)
        product = retriever.assortment.products[related] if related >= 0 else None
        if related >= 0 and product is None:
            code, related = "taste", -1
        title = _title(product, language_code) if product else ""
        made.append(Reason(code, product.product_id if product else "", sentence(code, language_code, title)))
    return made


def _title(product: Product, language_code: str) -> str:
    """In that language, else in its base (`zh` of `zh-CN`), else the product's own."""
    wording = product.wordings.get(language_code) or product.in_language(language_code.partition("-")[0])
    return wording.title


def _leaned_on(shopper: Shopper) -> npt.NDArray[np.int64]:
    if len(shopper.context):
        return shopper.context
    order = np.argsort(-shopper.taste_weight, kind="stable")[:LEANED_ON]
    return np.asarray(shopper.taste[order[shopper.taste_weight[order] > 0]])


def _together(retriever: Retriever, rows: Sequence[int], leaned: npt.NDArray[np.int64]) -> Floats:
    """[row, leaned]: cosine on baskets."""
    table = np.zeros((len(rows), len(leaned)), np.float32)
    if retriever.models is None:
        return table
    links = retriever.models.cosine
    columns = np.flatnonzero(leaned < len(links.targets_PK))
    place = np.full(retriever.assortment.size, -1, dtype=np.int64)
    place[list(rows)] = np.arange(len(rows))
    found = place[links.targets_PK[leaned[columns]]]
    at, link = np.nonzero(found >= 0)
    table[found[at, link], columns[at]] = links.weights_PK[leaned[columns]][at, link]
    return table


def _why(
    placement: str,
    row: int,
    place: int,
    bought: set[int],
    leaned: npt.NDArray[np.int64],
    likeness: Floats,
    together: Floats,
    channels: Mapping[str, Floats],
) -> tuple[str, int]:
    """(code, row that it leans on or -1)."""
    if placement == "popular":
        return "popular", -1
    if row in bought and placement in ("home", "buy-again"):
        return "buy-again", -1
    if "preference" in channels and channels["preference"][row] > SAID:
        return "taste", -1
    if len(leaned):
        near, often = int(np.argmax(likeness[place])), int(np.argmax(together[place]))
        if placement != "similar" and together[place, often] >= 0.1:
            return "goes-with", int(leaned[often])
        if likeness[place, near] >= CLOSE or (placement == "similar" and likeness[place, near] > 0):
            return "similar-to", int(leaned[near])
        if together[place, often] > 0.03:
            return "goes-with", int(leaned[often])
    if "new" in channels and channels["new"][row] > 0 and not _speaks(channels, row):
        return "new", -1
    return ("taste" if len(leaned) and _speaks(channels, row) else "popular"), -1


def _speaks(channels: Mapping[str, Floats], row: int) -> bool:
    """Whether a channel of taste proposes it."""
    return any(name in channels and channels[name][row] > 0 for name in ("taste", "item2vec", "text", "neighbours"))
