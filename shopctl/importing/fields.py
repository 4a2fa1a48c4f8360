"""Reads named fields out of a row's loose values; what is wrong with each is collected, not raised at the first."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from google.type.money_pb2 import Money

from servicekit.errors import InvalidInput, Violation
from shopctl.importing.wording import money, time_ms

T = TypeVar("T")
NOT_SET = frozenset({"", "(not set)", "null", "NULL", "None", "nan", "NaN"})
SHOWN = 64


@dataclass
class Fields:
    """One row's values. Nested ones are named with dots, e.g. `properties.order_id`."""

    values: Mapping[str, Any]
    violations: list[Violation] = field(default_factory=list)

    def raw(self, name: str) -> Any:
        """None where it is missing or says that it is not set."""
        if name in self.values:
            found: Any = self.values[name]
        else:
            found = self.values
            for part in name.split("."):
                found = found.get(part) if isinstance(found, Mapping) else None
        return None if isinstance(found, str) and found.strip() in NOT_SET else found

    def text(self, *names: str) -> str:
        """The first of the names that is set, as text without surrounding space."""
        found = next((value for value in map(self.raw, names) if value is not None), "")
        if isinstance(found, Mapping | list):
            self.wrong(names[0], f"{shown(found)} is not a text")
            return ""
        return str(found).strip()

    def words(self, name: str, separator: str = "|") -> list[str]:
        """A list, or a text of parts joined by the separator; blank parts left out."""
        found = self.raw(name)
        parts = found if isinstance(found, list) else str("" if found is None else found).split(separator)
        return [str(part).strip() for part in parts if part is not None and str(part).strip()]

    def whole(self, name: str) -> int | None:
        """A whole number; None where it is not set or (then noted) is none."""
        found = self.raw(name)
        if found is None:
            return None
        try:
            number = float(str(found))
        except ValueError:
            number = 0.5
        if isinstance(found, bool) or not number.is_integer() or abs(number) >= 2**53:
            self.wrong(name, f"{shown(found)} is not a whole number")
            return None
        return int(number)

    def number(self, name: str) -> float | None:
        found = self.raw(name)
        try:
            return None if found is None else float(str(found))
        except ValueError:
            self.wrong(name, f"{shown(found)} is not a number")
            return None

    def money(self, name: str, currency: str) -> Money | None:
        found = self.raw(name)
        return None if found is None else self.attempt(lambda: money(name, found, currency))

    def time_ms(self, *names: str) -> int | None:
        """The first of the names that is set, in milliseconds since 1970."""
        name, found = next(((n, self.raw(n)) for n in names if self.raw(n) is not None), ("", None))
        return None if found is None else self.attempt(lambda: time_ms(name, found))

    def attempt(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except InvalidInput as error:
            self.violations.extend(error.violations)
            return None

    def wrong(self, name: str, message: str) -> None:
        self.violations.append(Violation(name, message))

    def raise_if_wrong(self) -> None:
        if self.violations:
            raise InvalidInput.of(*self.violations)


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def canonical(values: Mapping[str, Any]) -> str:
    """The same text for the same values, whatever their order."""
    return json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)


def mapped(values: Mapping[str, Any], names: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Values under our names: each pair is (ours, theirs)."""
    renamed = dict(values)
    for ours, theirs in names:
        if theirs in renamed:
            renamed[ours] = renamed.pop(theirs)
    return renamed
