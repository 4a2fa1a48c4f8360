"""What a sentence says, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class PriceRange:
    """In hundredths of the shop's currency, both inclusive; None is open. `direction`: -1 only `cheaper` was said, 1
    `dearer`."""

    low: int | None = None
    high: int | None = None
    direction: int = 0


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days as `YYYY-MM-DD`, both inclusive; empty is open."""

    first: str
    last: str


Value = str | int | PriceRange | DateRange


@dataclass(frozen=True, slots=True)
class Slot:
    """A value named in the sentence. `value` is what `text` means, the text itself where nothing better is known."""

    name: str
    text: str
    value: Value


@dataclass(frozen=True)
class Understanding:
    """`intents`: the wishes found, surest first; empty if out of scope. `language`: `zh` or `en`."""

    text: str
    language: str
    intents: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()
    out_of_scope: bool = False
    scores: Mapping[str, float] = field(default_factory=dict)
    by_keywords: bool = False
    """Understood without the model."""

    @property
    def intent(self) -> str:
        return self.intents[0] if self.intents else ""

    def has(self, *intents: str) -> bool:
        return any(intent in self.intents for intent in intents)

    def slot(self, name: str) -> Slot | None:
        """The first of that name."""
        return next((slot for slot in self.slots if slot.name == name), None)

    def text_of(self, name: str) -> str:
        """The words of a slot; empty if it is not there."""
        slot = self.slot(name)
        return slot.text if slot else ""

    def number(self, name: str) -> int | None:
        slot = self.slot(name)
        return slot.value if slot and isinstance(slot.value, int) else None

    def price(self) -> PriceRange | None:
        slot = self.slot("price")
        return slot.value if slot and isinstance(slot.value, PriceRange) else None

    def ordinals(self) -> tuple[int, ...]:
        return tuple(slot.value for slot in self.slots if slot.name == "ordinal" and isinstance(slot.value, int))

    def with_slots(self, slots: tuple[Slot, ...]) -> "Understanding":
        """With slots added that are not there yet."""
        known = {slot.name for slot in self.slots}
        return replace(self, slots=self.slots + tuple(slot for slot in slots if slot.name not in known))
