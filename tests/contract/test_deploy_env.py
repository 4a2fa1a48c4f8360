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
from services.dialogue.config import DialogueSettings
from services.generator.config import GeneratorSettings
from services.nlu.config import NluSettings
from services.recommender.config import RecommenderSettings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "shopkeeper"
PREFIXES: dict[str, type[BaseSettings]] = {
    "SHOP_": ShopSettings,
    "GATEWAY_": GatewaySettings,
    "RECOMMENDER_": RecommenderSettings,
    "NLU_": NluSettings,
    "DIALOGUE_": DialogueSettings,
    "GENERATOR_": GeneratorSettings,
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
    assert {name for name in named if not {name, *(f"{prefix}{name}" for prefix in PREFIXES)} & KNOWN} == set()


def test_what_the_pod_template_sets_under_a_prefix_each_process_with_that_port_reads() -> None:
    """The template writes `{{ $prefix }}_NAME`, and for each port `{{ $prefix }}_{{ upper $port }}_ADDRESS`."""
    pod = (CHART / "templates" / "_pod.tpl").read_text()
    suffixes = shared(r"\{\{ \$prefix \}\}_([A-Z_]+),", pod)
    assert {"LOG_LEVEL", "DRAIN_SECONDS", "TLS_CERT_FILE", "OTLP_ENDPOINT"} <= suffixes
    for component in yaml.safe_load((CHART / "values.yaml").read_text())["components"].values():
        ports = {f"{port.upper()}_ADDRESS" for port in component.get("ports", {})}
        own = {
            *component["settings"],
            *component["peers"],
            *component.get("folders", {}),
            *filter(None, [component.get("podNameSetting")]),
        }
        named = {f"{component['prefix']}_{suffix}" for suffix in suffixes | ports | own}
        assert named | {*component["secretKeys"], *component["optionalSecretKeys"]} <= KNOWN


def test_compose_says_nothing_that_a_process_does_not_read() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    environments = {name: service["environment"] for name, service in services.items() if "build" in service}
    servers = {"gateway", "recommender", "recommender-consumer", "nlu", "dialogue", "generator"}
    assert set(environments) == servers | {"shopctl", "train", "train-nlu", "train-generator"}
    for name in set(environments) - {"shopctl"}:
        assert set(environments[name]) <= KNOWN, name


def test_in_compose_everyone_is_called_where_they_listen() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    calls = {
        address
        for service in services.values()
        for name, address in service.get("environment", {}).items()
        if str(address).startswith("dns:///")
    }
    listening = {
        f"dns:///{name}:{service['environment'][f'{name.upper()}_GRPC_ADDRESS'].rpartition(':')[2]}"
        for name, service in services.items()
        if f"{name.upper()}_GRPC_ADDRESS" in service.get("environment", {})
    }
    assert calls == listening - {"dns:///gateway:50050"}
    assert len(calls) == 4


def test_what_compose_mounts_is_there() -> None:
    dialogue = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["dialogue"]
    mounted = {}
    for volume in dialogue["volumes"][1:]:
        source, target = re.fullmatch(r"\$\{\w+:-(.+)\}:(.+):ro", volume).groups()  # type: ignore[union-attr]
        assert (DEPLOY / source).is_dir()
        mounted[target] = source
    environment = dialogue["environment"]
    assert set(mounted) == {environment["DIALOGUE_KNOWLEDGE_URL"], environment["DIALOGUE_FLOWS_URL"]}


def test_commands_run_modules_that_exist_with_options_that_they_have() -> None:
    components = yaml.safe_load((CHART / "values.yaml").read_text())["components"]
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    commands = [component["command"] for component in components.values() if "command" in component]
    commands += [[*each["entrypoint"], *each["command"]] for each in services.values() if "entrypoint" in each]
    assert len(commands) == 6
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
    staff = {f"services.{name}" for name in ("recommender", "nlu", "dialogue", "generator")}
    assert services == staff | {"gateway", "shopctl"}
    assert {service.rpartition(".")[2] for service in services} <= set(extras)
    pulled = shared(r'case "\$extras" in ([a-z|]+)\) torch=torch', (DEPLOY / "Dockerfile").read_text())
    assert {frozenset(each.split("|")) for each in pulled} == {
        frozenset(
            service
            for service in ("recommender", "nlu", "dialogue", "generator", "gateway", "shopctl")
            if "torch" in extras[service]
        )
    }
    assert "torch" not in extras["gateway"]


def test_chart_and_image_agree_on_the_user() -> None:
    uid = shared(r"USER (\d+):", (DEPLOY / "Dockerfile").read_text())
    assert shared(r"runAsUser: (\d+)", (CHART / "templates" / "_pod.tpl").read_text()) == uid
