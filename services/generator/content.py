"""The words of a draft as JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.generator.checks import Checks, Finding
from services.generator.controls import Controls
from services.generator.facts import Fact
from services.generator.generator import Copy


def to_json(copy: Copy, mention: tuple[str, ...] = (), omit: tuple[str, ...] = ()) -> dict[str, Any]:
    return {**asdict(copy), "mention": list(mention), "omit": list(omit)}


def copy_from(content: Mapping[str, Any]) -> Copy:
    checks = content["checks"]
    return Copy(
        text=content["text"],
        origin=content["origin"],
        controls=Controls(**content["controls"]),
        checks=Checks(checks["coverage"], tuple(Finding(**finding) for finding in checks["findings"])),
        facts=tuple(Fact(**fact) for fact in content["facts"]),
        model_version=content["model_version"],
        degradations=tuple(content["degradations"]),
    )
