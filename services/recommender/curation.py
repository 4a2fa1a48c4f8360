"""What merchandisers have decided about products, apart from the products themselves."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curation:
    """One decision; never both pinned and hidden. `update_time_us` is microseconds since 1970 UTC."""

    product_id: str
    pinned: bool = False
    hidden: bool = False
    actor: str = ""
    update_time_us: int = 0


@dataclass(frozen=True)
class Curations:
    """All decisions of one moment, as shelves and search need them."""

    pinned: tuple[str, ...] = ()
    """In the order in which they were pinned."""
    hidden: frozenset[str] = frozenset()

    @classmethod
    def of(cls, decisions: Iterable[Curation]) -> "Curations":
        """From decisions in the order in which they were made."""
        made = list(decisions)
        return cls(
            tuple(each.product_id for each in made if each.pinned),
            frozenset(each.product_id for each in made if each.hidden),
        )


UNCURATED = Curations()
