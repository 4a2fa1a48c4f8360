"""Sentences of a text, with their places."""

import re
from collections.abc import Iterator

_END = re.compile(r"(?:[。！？!?…]+[”’」』）)\"']*|\.(?=\s|$)[”’\"')]*)\s*|\n\s*")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each, what stands between two belonging to the first; together they are the whole text."""
    start = 0
    for found in _END.finditer(text):
        if found.end() > start:
            yield start, found.end()
            start = found.end()
    if start < len(text):
        yield start, len(text)


def ends_sentence(text: str) -> bool:
    """Whether a text that grows may be cut here."""
    return text.endswith(("。", "！", "？", "!", "?", "\n", "…", "."))
