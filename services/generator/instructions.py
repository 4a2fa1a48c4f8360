"""What a person wants changed in a draft, understood by rules in Chinese and English."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any

from servicekit.errors import InvalidInput, Violation
from services.generator.controls import Controls

ASKABLE = (
    "shorter, longer, plain, warm, lively, premium, a channel (product page, social, title, email, live), "
    "another version, mention ATTRIBUTE, leave out ATTRIBUTE; 更短、更长、朴实、温暖、活泼、高级、"
    "渠道（商品页、社交、标题、邮件、直播）、换一版、提到某属性、不要提某属性"
)


@dataclass(frozen=True)
class Revision:
    """What was understood; "" and empty where nothing was said."""

    length: str = ""
    style: str = ""
    channel: str = ""
    again: bool = False
    mention: tuple[str, ...] = field(default=())
    omit: tuple[str, ...] = field(default=())

    def applied(self, controls: Controls) -> Controls:
        """Shorter than short stays short."""
        return replace(
            controls,
            length=self.length or controls.length,
            style=self.style or controls.style,
            channel=self.channel or controls.channel,
        )

    def told(self) -> str:
        """As the audit trail has it: `length=short; mention material`."""
        said = [f"{name}={value}" for name in ("length", "style", "channel") if (value := getattr(self, name))]
        said += [f"mention {name}" for name in self.mention] + [f"leave out {name}" for name in self.omit]
        return "; ".join(said + (["another version"] if self.again else []))


class Instructions:
    """Patterns from `instructions.toml`."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self._names: Mapping[str, Sequence[str]] = told["names"]

    @classmethod
    def load(cls) -> "Instructions":
        text = resources.files(__package__).joinpath("instructions.toml").read_text(encoding="utf-8")
        return cls(tomllib.loads(text))

    def understand(self, instruction: str, facts: Iterable[str], controls: Controls) -> Revision:
        """`facts` are the names of what is known of the product. Raises InvalidInput that lists what can be asked, and
        for an attribute that the product does not have."""
        known = list(facts)
        text = unicodedata.normalize("NFKC", instruction)
        rest, omit = self._named(text, "omit", known)
        rest, mention = self._named(rest, "mention", known)
        found = Revision(
            length=self._step(rest, controls.length),
            style=self._first(rest, "style"),
            channel=self._first(rest, "channel"),
            again=bool(self._first(rest, "again")),
            mention=mention,
            omit=omit,
        )
        if found == Revision():
            message = f"{instruction[:60]!r} is not understood; ask for one or more of: {ASKABLE}"
            raise InvalidInput.of(Violation("instruction", message))
        return found

    def _first(self, text: str, table: str) -> str:
        for value, patterns in self._told[table].items():
            if any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns):
                return str(value)
        return ""

    def _step(self, text: str, now: str) -> str:
        """`shorter` than long is medium."""
        wanted = self._first(text, "length")
        steps = re.search(r"er\b|更|一点|一些|点儿|些", text, re.IGNORECASE)
        if steps and (wanted, now) in (("short", "long"), ("long", "short")):
            return "medium"
        return wanted

    def _named(self, text: str, table: str, known: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """(the text without what was understood, names of facts)."""
        for pattern in self._told["facts"][table]:
            for found in re.finditer(pattern, text, re.IGNORECASE):
                names = self._facts(found.group("what"), known)
                if names:
                    return text[: found.start()] + " " + text[found.end() :], names
        return text, ()

    def _facts(self, words: str, known: Sequence[str]) -> tuple[str, ...]:
        said = words.lower()
        asked = {name: [*self._names.get(name, ()), name, name.replace("_", " ")] for name in {*known, *self._names}}
        hits = sorted(name for name, calls in asked.items() if any(_has(said, call) for call in calls))
        for name in hits:
            if name not in known:
                message = f"the product has no {name}; it has {', '.join(known)}"
                raise InvalidInput.of(Violation("instruction", message))
        return tuple(hits)


def _has(said: str, call: str) -> bool:
    if call.isascii():
        return re.search(rf"\b{re.escape(call)}\b", said) is not None
    return call in said
