"""A colour's words -> its English name, by a table that the bundle carries."""

import re
from collections.abc import Mapping, Sequence

_FILLING = re.compile(r"[的]|\b(?:colou?r(?:ed)?|in|ones?|the|a)\b")
_SHADES = re.compile(
    r"^(?:深|浅|暗|亮|淡|偏|纯|全|正|大|嫩)|\b(?:dark|light|pale|deep|bright|plain|all|pure|off)[\s-]*|ish\b"
)


def table(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """`pairs` of a word and its English name; a Chinese word ending in 色 is known without it, too."""
    known: dict[str, str] = {}
    for word, name in pairs:
        for form in (word.lower(), word.removesuffix("色").lower()):
            if form:
                known.setdefault(form, name.lower())
    return known


def colour(text: str, known: Mapping[str, str]) -> str | None:
    """`text` normalised. A shade that the table does not have falls back on its colour: dark red -> red."""
    words = re.sub(r"\s+", " ", _FILLING.sub(" ", text)).strip()
    for form in (words, words.replace(" ", ""), _SHADES.sub("", words).strip()):
        for bare in (form, form.removesuffix("色"), form.removesuffix("色系")):
            if bare in known:
                return known[bare]
    return None
