"""What deploy/ tells the processes they must understand: pydantic-settings ignores a variable that it doesn't know."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from pydantic_settings import BaseSettings

from gateway.config import GatewaySettings
from servicekit.settings import ShopSettings
from services.recommender.config import RecommenderSettings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "shopkeeper"
PREFIXES: dict[str, type[BaseSettings]] = {
    "SHOP_": ShopSettings,
    "GATEWAY_": GatewaySettings,
    "RECOMMENDER_": RecommenderSettings,
}
KNOWN = {prefix + field.upper() for prefix, settings in PREFIXES.items() for field in settings.model_fields}
"""Every variable that some process reads."""

OURS = re.compile(rf"\b(?:{'|'.join(PREFIXES)})[A-Z_]*[A-Z]\b")


def shared(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text))


@pytest.mark.parametrize(
    "path",
    [
        *(
            path.relative_to(ROOT).as_posix()
            for path in sorted(CHART.rglob("*"))
            if path.suffix in {".yaml", ".tpl", ".txt"}
        ),
        "deploy/compose.yaml",
        "deploy/Dockerfile",
        "docs/runbook.md",
    ],
)
def test_every_variable_that_a_file_names_is_one_that_a_process_reads(path: str) -> None:
    named = set(OURS.findall((ROOT / path).read_text()))
    # values.yaml leaves the prefix out: the gateway's RECOMMENDER_ADDRESS.
    assert {name for name in named if name not in KNOWN and f"GATEWAY_{name}" not in KNOWN} == set()


def test_what_the_pod_template_sets_under_a_prefix_each_process_with_that_port_reads() -> None:
    """The template writes `{{ $prefix }}_NAME`, and for each port `{{ $prefix }}_{{ upper $port }}_ADDRESS`."""
    pod = (CHART / "templates" / "_pod.tpl").read_text()
    suffixes = shared(r"\{\{ \$prefix \}\}_([A-Z_]+),", pod)
    assert {"LOG_LEVEL", "DRAIN_SECONDS", "TLS_CERT_FILE", "OTLP_ENDPOINT"} <= suffixes
    for component in yaml.safe_load((CHART / "values.yaml").read_text())["components"].values():
        ports = {f"{port.upper()}_ADDRESS" for port in component.get("ports", {})}
        own = {*component["settings"], *component["peers"], *filter(None, [component.get("podNameSetting")])}
        named = {f"{component['prefix']}_{suffix}" for suffix in suffixes | ports | own}
        assert named | {*component["secretKeys"], *component["optionalSecretKeys"]} <= KNOWN


def test_compose_says_nothing_that_a_process_does_not_read() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    environments = {name: service["environment"] for name, service in services.items() if "build" in service}
    assert set(environments) == {"gateway", "recommender", "recommender-consumer", "shopctl", "train"}
    for name in ("gateway", "recommender", "recommender-consumer", "train"):
        assert set(environments[name]) <= KNOWN, name


def test_commands_run_modules_that_exist_with_options_that_they_have() -> None:
    components = yaml.safe_load((CHART / "values.yaml").read_text())["components"]
    train = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["train"]
    commands = [component["command"] for component in components.values() if "command" in component]
    commands.append([*train["entrypoint"], *train["command"]])
    for python, flag, module, *options in commands:
        assert (python, flag) == ("python", "-m")
        known = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True)
        assert all(option in known.stdout.split() or f"[{option}]" in known.stdout for option in options)


def test_images_carry_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == version
    compose = (DEPLOY / "compose.yaml").read_text()
    assert shared(r"image: shopkeeper/[a-z]+:(\S+)", compose) == {version}


def test_the_image_has_an_extra_for_every_process_and_the_gateway_no_torch() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    services = shared(r"--build-arg SERVICE=([a-z.]+)", (DEPLOY / "Dockerfile").read_text())
    assert services == {"services.recommender", "gateway", "shopctl"}
    assert {service.rpartition(".")[2] for service in services} <= set(extras)
    assert "torch" not in extras["gateway"]
    assert "torch" in extras["recommender"]


def test_chart_and_image_agree_on_the_user() -> None:
    uid = shared(r"USER (\d+):", (DEPLOY / "Dockerfile").read_text())
    assert shared(r"runAsUser: (\d+)", (CHART / "templates" / "_pod.tpl").read_text()) == uid
