"""Sizes: which are the same, and which comes next."""

from collections.abc import Sequence

from services.dialogue.ports import Card

_LETTERS = ("XXS", "XS", "S", "M", "L", "XL", "2XL", "3XL", "4XL")
_SAME = {"XXL": "2XL", "XXXL": "3XL", "XXXXL": "4XL"}


def plain(size: str) -> str:
    told = size.strip().upper().removesuffix("码").removesuffix("号").strip()
    return _SAME.get(told, told)


def same_size(one: str, other: str) -> bool:
    return plain(one) == plain(other)


def sizes_of(card: Card | None) -> Sequence[str]:
    """The sizes that a product comes in, as the catalogue has them."""
    if card is None:
        return ()
    return tuple(card.attributes.get("size", ()) or card.attributes.get("waist", ()))


def next_size(size: str, sizes: Sequence[str], step: int) -> str:
    """The next one up (1) or down (-1); empty if there is none or it is not known."""
    known = [plain(each) for each in sizes] or (list(_LETTERS) if plain(size) in _LETTERS else [])
    if plain(size) in known:
        index = known.index(plain(size)) + step
        return known[index] if 0 <= index < len(known) else ""
    return str(int(size) + step) if size.isdigit() and not sizes else ""
