"""Alerts, dashboard and runbook name only what exists: metrics, labels, headings, commands."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from prometheus_client import CollectorRegistry

from servicekit.metrics import Metrics
from shopctl.cli import app
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "deploy" / "alerts" / "shopkeeper.yaml"
DASHBOARD = ROOT / "deploy" / "dashboards" / "shopkeeper.json"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
ADDED_BY_PROMETHEUS = {"le", "job", "instance", "namespace"}


def instruments() -> dict[str, set[str]]:
    """Our metrics as Prometheus shows them, with their labels."""
    found = {}
    for family, collector in declared(Metrics(CollectorRegistry())):
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
        for suffix in suffixes:
            found[f"{family.name}{suffix}"] = set(collector._labelnames)
    return found


def declared(metrics: Metrics) -> Iterator[tuple[Any, Any]]:
    for collector in vars(metrics).values():
        if hasattr(collector, "describe") and not isinstance(collector, CollectorRegistry):
            yield from ((family, collector) for family in collector.describe())


INSTRUMENTS = instruments()


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    targets = [target for panel in panels() for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules()), *(target["expr"] for target in targets)]


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_reads_metrics_and_labels_that_exist(expression: str) -> None:
    named = set(re.findall(r"\b(?:grpc_server|shopkeeper)_[a-z_]+[a-z](?=[\[{) ])", expression))
    assert named <= set(INSTRUMENTS)
    assert named or "process_" in expression or "up{" in expression or "__name__" in expression
    known = ADDED_BY_PROMETHEUS.union(*(INSTRUMENTS[name] for name in named)) if named else {*ADDED_BY_PROMETHEUS}
    grouped = {label.strip() for each in re.findall(r"by \(([^)]*)\)", expression) for label in each.split(",")}
    matched = set(re.findall(r"[{,]\s*([a-z_]+)\s*(?:=|!=|=~|!~)\s*\"", expression)) - {"__name__"}
    assert grouped | matched <= known


def test_every_metric_of_ours_stands_somewhere_an_operator_looks() -> None:
    """Counters of messages and of started calls are there for others' dashboards."""
    shown = " ".join(expressions())
    families = {name.removesuffix("_bucket") for name in INSTRUMENTS if not name.endswith(("_count", "_sum"))}
    unseen = {name for name in families if name not in shown and name.startswith("shopkeeper_")}
    assert unseen == set()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_has_a_place_in_the_runbook(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/runbook.md"
    assert anchor in {heading.strip().lower() for heading in re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE)}


def test_links_within_the_runbook_lead_somewhere() -> None:
    headings = {heading.strip().lower() for heading in re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= headings


def test_processes_are_scraped_under_names_that_the_alerts_know() -> None:
    """Those of compose.yaml; the chart's ServiceMonitors give the same ones (tests/integration/test_chart.py)."""
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus.yaml").read_text())["scrape_configs"]
    wanted = next(rule["expr"] for rule in rules() if rule["alert"] == "ShopkeeperDown")
    pattern = re.search(r'job=~"([^"]+)"', wanted)
    assert pattern
    jobs = {each["job_name"] for each in scraped}
    processes = ("gateway", "recommender", "recommender-consumer", "nlu", "dialogue", "generator")
    assert jobs == {f"shopkeeper-{name}" for name in processes}
    assert all(re.fullmatch(pattern.group(1), job) for job in jobs)


def written_commands() -> list[str]:
    """What the runbook says to type of shopctl, from code blocks and from `quotes`."""
    quoted = re.findall(r"`(shopctl [^`]+)`", RUNBOOK)
    blocks = "\n".join(re.findall(r"```\n(.*?)```", RUNBOOK, re.DOTALL))
    typed = [found for line in blocks.splitlines() for found in re.findall(r"(?:^|-m )(shopctl .+)$", line)]
    return sorted({*quoted, *typed} - {"shopctl COMMAND"})


@pytest.mark.parametrize("command", written_commands())
def test_the_runbooks_commands_exist(command: str) -> None:
    """Each command and each of its options, asked of the command line itself."""
    words = shlex.split(command)[1:]
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert words[0] in known
    options = {option for parameter in known[words[0]].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_the_rules_say_what_they_should_when_they_should(tmp_path: Path) -> None:
    """Prometheus' own checker, over series that we know the answer for."""
    if shutil.which("promtool") is None:
        missing("promtool", "no promtool on PATH")
    for name, source in (("shopkeeper.yaml", ALERTS), ("tests.yaml", ALERTS.with_name("tests.yaml"))):
        (tmp_path / name).write_text(source.read_text())
    for command in (["check", "rules", "shopkeeper.yaml"], ["test", "rules", "tests.yaml"]):
        done = subprocess.run(["promtool", *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
