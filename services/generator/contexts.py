"""Before which words which fact may stand, as the training texts have it: after `材质是` a material, never a colour.

A model that points at facts cannot invent a value, but it could put one where another belongs. What no text ever did is
not done.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

_STOP = re.compile(r"[，。！？；：、…,.!?;:\n（）()]")
_LONGEST = 24


def context(before: str) -> str:
    """The words before a fact, since the last stop or the last fact; `+` where there are none after a fact."""
    found = [stop.end() for stop in _STOP.finditer(before)]
    words = before[found[-1] if found else 0 :].strip().casefold()
    return words[-_LONGEST:] if words or found else "+"


@dataclass(frozen=True)
class Contexts:
    """Names of facts by the words before them."""

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def learn(cls, targets: Iterable[Sequence[str | tuple[str]]]) -> "Contexts":
        """`targets`: words, and names of facts as 1-tuples."""
        found: dict[str, set[str]] = {}
        for target in targets:
            before = ""
            for part in target:
                if isinstance(part, str):
                    before += part
                else:
                    found.setdefault(context(before), set()).add(part[0])
                    before = ""
        return cls({words: frozenset(names) for words, names in found.items()})

    @cached_property
    def known(self) -> frozenset[str]:
        """All names that training saw."""
        return frozenset(name for names in self.names.values() for name in names)

    def allows(self, before: str, name: str) -> bool:
        """Whether a fact of that name may stand after those words, which follow the last fact."""
        return not self.names or name in self.names.get(context(before), frozenset())
