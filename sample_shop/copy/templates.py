"""The hand-written grammar, read from TOML: sentences with places for facts."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sample_shop.copy.pair import Language, Piece, Text

GRAMMAR = Path(__file__).parent / "grammar"
PLACE = re.compile(r"\{([a-z_.]+)\}")
BY_NUMBER = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
BARE_TITLE = re.compile(r"(?<!the )(?<!The )(?<!hese )(?<!{brand} )\{title\}")

Pieces = tuple[Piece, ...]


@dataclass(frozen=True)
class Template:
    """`The {title} <is|are> made of {material}.`"""

    words: str
    needs: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", frozenset(PLACE.findall(self.words)) - {"this", "one"})

    @property
    def takes_any_title(self) -> bool:
        """Neither article nor brand stands before the title."""
        return len(BARE_TITLE.findall(self.words)) == self.words.count("{title}")

    @property
    def starts_with_value(self) -> bool:
        return bool(re.match(r"\{(?!title|brand)", self.words))

    def fill(
        self, places: Mapping[str, tuple[Piece, ...]], words: Mapping[str, str], plural: bool
    ) -> tuple[Piece, ...]:
        """`places`: what stands for each fact; `words`: for `{this}` and `{one}`."""
        said = BY_NUMBER.sub(lambda either: either[2 if plural else 1], self.words)
        for name, word in words.items():
            said = said.replace(f"{{{name}}}", word)
        found: list[Piece] = []
        for number, part in enumerate(PLACE.split(said)):
            found += places[part] if number % 2 else (Text(part),)
        return joined(found)


Templates = tuple[Template, ...]


@dataclass(frozen=True)
class Grammar:
    """Of one language."""

    openers: Mapping[str, Templates]
    closers: Mapping[str, Templates]
    channels: Mapping[str, Mapping[str, Templates]]
    """What only one channel needs: part, then style or `any`."""
    groups: Mapping[str, Mapping[str, Templates]]
    """Top category, then openers, hooks, scenes."""
    attributes: Mapping[str, Mapping[str, Templates]]
    """Attribute, then clauses, phrases, labels."""
    own_clauses: Mapping[str, Mapping[str, Templates]]
    """Clauses that fit only one group: top category, then attribute."""
    combos: Templates
    not_in_titles: frozenset[str]


@cache
def grammar(language: Language) -> Grammar:
    channels = _read(language, "channels")
    skip = channels.pop("details")["skip"]
    return Grammar(
        openers=_lists(_read(language, "openers")),
        closers=_lists(_read(language, "closers")),
        channels={part: _lists(styles) for part, styles in channels.items()},
        groups={group: _lists(parts) for group, parts in _read(language, "groups").items()},
        attributes={name: _lists(forms) for name, forms in _read(language, "attributes").items()},
        own_clauses={group: _lists(lines) for group, lines in _read(language, "group_attributes").items()},
        combos=_lists(_read(language, "combos"))["clauses"],
        not_in_titles=frozenset(skip),
    )


def joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Neighbouring texts made one, empty ones left out."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Text) and found and isinstance(found[-1], Text):
            found[-1] = Text(found[-1].value + piece.value)
        elif piece != Text(""):
            found.append(piece)
    return tuple(found)


def join(parts: Sequence[Pieces], separator: str) -> Pieces:
    found: list[Piece] = []
    for part in parts:
        if found:
            found.append(Text(separator))
        found += part
    return joined(found)


def capital(pieces: Pieces) -> Pieces:
    first = pieces[0]
    return (Text(first.value[:1].upper() + first.value[1:]), *pieces[1:]) if isinstance(first, Text) else pieces


def _read(language: Language, name: str) -> dict[str, Any]:
    return tomllib.loads((GRAMMAR / language / f"{name}.toml").read_text(encoding="utf-8"))


def _lists(raw: Mapping[str, list[str]]) -> dict[str, Templates]:
    return {name: tuple(Template(words) for words in lines) for name, lines in raw.items()}
