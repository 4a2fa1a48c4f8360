"""What a shopper said to like or not, as a profile keeps it: the last word on each thing."""

from collections.abc import Iterable, Sequence

from services.recommender.events import Preference

Said = tuple[int, str, str, float]
"""(time in ms, name, value, weight)"""

LIMIT = 50
MAX_PRICE = "max_price"
KINDS = ("category", "words")
"""Preferences that say what kind of product is spoken of."""


def said_at(time_ms: int, preferences: Iterable[Preference]) -> list[Said]:
    return [(time_ms, each.name.strip().casefold(), each.value, each.weight) for each in preferences]


def latest(said: Iterable[Said]) -> list[Said]:
    """In order of time. There is one highest price; of all else each value, however it is written."""
    last = {_about(name, value): (time_ms, name, value, weight) for time_ms, name, value, weight in sorted(said)}
    return sorted(last.values())[-LIMIT:]


def _about(name: str, value: str) -> tuple[str, str]:
    return name, "" if name == MAX_PRICE else value.strip().casefold()


def price_time(said: Iterable[Said]) -> int:
    """When the highest price was said; 0 if none was."""
    return next((time_ms for time_ms, name, _, _ in said if name == MAX_PRICE), 0)


def kinds(said: Sequence[Said]) -> list[tuple[str, str]]:
    """(name, value) of what kind of product the words of one event are about; empty: of any."""
    return [(name, value) for _, name, value, weight in said if name in KINDS and weight > 0]
