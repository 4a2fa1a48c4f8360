"""Titles as copy can use them: not shouted, and without what other facts say anyway."""

import re
from collections.abc import Sequence

_SMALL = frozenset(
    (
        *("a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into"),
        *("of", "on", "or", "per", "the", "to", "vs", "with"),
    )
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_DETAIL_ZH = re.compile(r"(?:[配带后可含附].{1,3}|.{1,3}[装用]|\d+(?:升|米|毫升|件|只|片))$")
_AROUND_VALUES = frozenset({"", "适用", "舒适温标", "Comfort"})


def readable(title: str) -> str:
    """A title without shouting: words all in capitals get one each, small ones none; the same words otherwise."""
    plain = " ".join(title.split())
    letters = [letter for letter in plain if letter.isalpha() and letter.isascii()]
    if len(letters) < 4 or any(letter.islower() for letter in letters):
        return plain
    return _WORD.sub(lambda found: _capital(found.group(), found.start() == 0), plain.lower())


def _capital(word: str, first: bool) -> str:
    return word if word in _SMALL and not first else word[0].upper() + word[1:]


def short_title(title: str, brand: str, values: Sequence[str], language: str) -> tuple[str, tuple[str, ...]]:
    """The title without brand and values, and what hung on it: `Crew-Neck T-Shirt` and `Two-Pack`.

    A shop that shows its values apart need not say them twice.
    """
    title = title.removeprefix(brand).strip() if brand and title != brand else title
    title = re.sub(r"\s*[(（]([^()（）]*)[)）]$", r" \1" if language == "zh" else r", \1", title)
    title = _without_values(title, values, language)
    separator = ", " if language == "en" else " "
    head, _, last = title.rpartition(separator)
    hangs_on = head and (_DETAIL_ZH.match(last) if language == "zh" else not re.match(r"[a-z]|and ", last))
    return (head, (last,)) if hangs_on and ":" not in title else (title, ())


def _without_values(title: str, values: Sequence[str], language: str) -> str:
    shorter = _without_last_value(title, values, language)
    return title if shorter == title else _without_values(shorter, values, language)


def _without_last_value(title: str, values: Sequence[str], language: str) -> str:
    head, _, last = title.rpartition(", " if language == "en" else " ")
    if head and any(value in last and last.replace(value, "").strip() in _AROUND_VALUES for value in values):
        return head
    for value in values:
        shorter = title.removesuffix(" " + value)
        counts = language == "zh" or (re.search(r"\d", value) and not re.search(r" (in|of|for|with)$", shorter))
        if counts and shorter != title and shorter:
            return shorter
    return title
