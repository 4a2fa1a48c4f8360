"""What changed between two texts: by words, or by characters where there are no spaces between words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

EQUAL, INSERT, DELETE = "equal", "insert", "delete"
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Part:
    operation: str
    text: str


def diff(before: str, after: str, language: str) -> list[Part]:
    """Parts in order: equal and insert make `after`, equal and delete `before`."""
    old, new = _units(before, language), _units(after, language)
    parts: list[Part] = []
    for tag, i, j, k, m in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Part(EQUAL, "".join(old[i:j])))
            continue
        parts += [Part(DELETE, "".join(old[i:j]))] if j > i else []
        parts += [Part(INSERT, "".join(new[k:m]))] if m > k else []
    return parts


def _units(text: str, language: str) -> Sequence[str]:
    return list(text) if language == "zh" else _WORDS.findall(text)
