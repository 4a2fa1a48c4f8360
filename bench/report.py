"""RESULTS.md from bench/results/*.json: tables of what was measured, nothing else."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.result import RESULTS

REPORT = Path(__file__).parent / "RESULTS.md"
HEAD = """# Measured

Written by `python -m bench.report` from [results/](results); each bench says in its docstring what it does.
"""
TITLES = {
    "freshness": "Freshness: from an event's publish to the shelf that follows it",
    "ingest": "Ingest: events/s with exactly-once effect",
    "gateway": "Gateway: Recommend, Search and Chat, beside a bare gRPC echo",
    "nlu": "NLU: intents and slots of the hand-written test set",
    "knowledge": "Knowledge base: the right article first, and when to say that nobody knows",
    "conversations": "Conversations: hand-written shoppers served through the gateway",
    "copy": "Copy: written from facts, checked by a checker of the bench's own",
    "shop": "Shop: what the served shelf holds of real customers' next baskets",
}


def write_report() -> None:
    found = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    REPORT.write_text("\n".join([HEAD, *(part for result in found for part in section(result))]))


def section(result: Mapping[str, Any]) -> Iterator[str]:
    """Title, where it came from, and a table with a row for each group of figures."""
    dataset = f" ({result['dataset']})" if result["dataset"] else ""
    yield f"## {TITLES.get(result['bench'], result['bench'])}{dataset}\n"
    yield f"{result['date']}, commit `{result['commit']}`, {result['machine']}. {result['protocol']}.\n"
    rows = dict(_rows(result["metrics"]))
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    yield f"| | {' | '.join(columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    for name, row in rows.items():
        yield f"| {name} | {' | '.join(_shown(row.get(column)) for column in columns)} |"
    yield ""


def _rows(metrics: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A row for each mapping that holds figures, under the names that lead to it."""
    figures = {name: value for name, value in metrics.items() if not isinstance(value, Mapping)}
    if figures:
        yield above, figures
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{above} {name}".strip())


def _shown(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    write_report()
