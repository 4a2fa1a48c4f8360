"""What a shopper said to like, to avoid and to spend at most, as arrays over the assortment at one moment."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.recommender.assortment import Assortment, Mask, Rows
from services.recommender.profile import Profile
from services.recommender.purchases import DAY_MS
from services.recommender.said import MAX_PRICE, Said

Floats = npt.NDArray[np.float32]

HALF_LIFE_MS = 21 * DAY_MS
FORGOTTEN = 0.2
"""What is left of a word that counts no more: after seven weeks."""
STEP = 0.25
"""Products whose wishes differ by less stand in the order of their scores."""
NEAR = 0.3
"""Cosine from which a product lies near to words that it does not have."""
FEW = 6
"""With fewer products that have the words, those near in meaning count as well."""
SHARE = 2 / 3
"""Of the shelf, for what is wanted, when it was just said: the rest stays open to what else the shopper may like."""
_AMOUNT = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Wishes:
    """Made of at least one preference that counts. A later word on the same property overrides an earlier one."""

    wanted: Floats
    """[row]: how much of what the shopper likes the product is; 1 is all of one thing that was just said."""
    unwanted: Mask
    """[row]: what the shopper wants to avoid, or cannot wear."""
    too_dear: Mask
    """[row]: above what the shopper wants to spend."""
    strength: float
    """What is left of the freshest of what the shopper likes, 0 to 1."""

    def unfit(self, bought: Rows) -> Mask:
        """[row]: what comes after all else. A price is a limit for what is new to the shopper only."""
        too_dear = self.too_dear.copy()
        too_dear[bought] = False
        return self.unwanted | too_dear

    def parted(self, rows: Rows) -> tuple[Rows, Rows]:
        """Places of `rows` that hold what is wanted, what answers more wishes first, and the other places."""
        steps = np.round(self.wanted[rows] / STEP)
        wanted = np.flatnonzero(steps)
        return wanted[np.argsort(-steps[wanted], kind="stable")], np.flatnonzero(steps == 0)

    def due(self, wanted: Rows, wanted_count: int, other_count: int) -> Floats:
        """When each of the first wanted ones, then each of the first others, comes onto the shelf: what is wanted fills
        its share of any beginning, and more where it stood so far ahead (at `wanted`) by itself."""
        share = SHARE * self.strength
        numbers = np.arange(wanted_count, dtype=np.float32)
        first = np.minimum(numbers / max(share, 1e-6), np.sort(wanted)[:wanted_count]) - 0.5
        rest = np.arange(other_count, dtype=np.float32) / (1 - share)
        return np.concatenate([first, rest])


def left_of(said: Said, now_ms: int) -> float:
    """What is left of its weight; halves in three weeks, 0 once it counts no more."""
    time_ms, _, _, weight = said
    left = weight * 2.0 ** (min(time_ms - now_ms, 0) / HALF_LIFE_MS)
    return left if abs(left) >= FORGOTTEN else 0.0


def wishes_at(profile: Profile, assortment: Assortment, now_ms: int) -> Wishes | None:
    """None where nothing was said that still counts."""
    counting = list(_left(profile.preferences, now_ms))
    if not counting:
        return None
    wanted: dict[str, Floats] = {}
    unwanted: dict[str, Mask] = {}
    too_dear = np.zeros(assortment.size, np.bool_)
    for name, value, left in counting:
        if name == MAX_PRICE:
            too_dear = _above(value, profile.priced, assortment) if left > 0 else np.zeros_like(too_dear)
            continue
        liked = wanted.setdefault(name, np.zeros(assortment.size, np.float32))
        avoided = unwanted.setdefault(name, np.zeros(assortment.size, np.bool_))
        _take_in(name, value, left, assortment, liked, avoided)
    return Wishes(
        wanted=np.sum([np.zeros(assortment.size, np.float32), *wanted.values()], axis=0),
        unwanted=np.any([np.zeros(assortment.size, np.bool_), *unwanted.values()], axis=0),
        too_dear=too_dear,
        strength=max((left for *_, left in counting if left > 0), default=0.0),
    )


def _left(preferences: Iterable[Said], now_ms: int) -> Iterable[tuple[str, str, float]]:
    for said in preferences:
        left = left_of(said, now_ms)
        if left:
            yield said[1], said[2], left


def _take_in(name: str, value: str, left: float, assortment: Assortment, liked: Floats, avoided: Mask) -> None:
    """One word on a property: the later one decides about a product that both speak of.

    A size is no taste: it only says what the shopper cannot wear.
    """
    spoken_of = assortment.spoken_of(name, value)
    if left < 0:
        liked[spoken_of] = 0
        avoided |= spoken_of
        return
    avoided &= ~spoken_of
    if name == "size":
        avoided |= assortment.lacking_size(value)
        return
    liked += left * spoken_of
    if name == "words" and spoken_of.sum() < FEW:
        liked += left * _near(value, assortment) * ~spoken_of


def _near(words: str, assortment: Assortment) -> Floats:
    """Cosines of the products that lie near."""
    cosines = assortment.text @ assortment.text_model.vector(words)
    return np.where(cosines >= NEAR, cosines, 0).astype(np.float32)


def _above(value: str, kinds: Iterable[tuple[str, str]], assortment: Assortment) -> Mask:
    """Of the kinds of products, if any are named; nothing where the value tells no amount."""
    found = _AMOUNT.search(value.replace(",", ""))
    if found is None:
        return np.zeros(assortment.size, np.bool_)
    above = assortment.log_price > np.log(max(float(found.group()), 0.01)) + 1e-6
    meant = [assortment.spoken_of(*kind) for kind in kinds]
    return np.asarray(above & np.any(meant, axis=0) if meant else above)
