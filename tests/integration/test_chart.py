"""The chart, as an operator meets it: rendered by the real Helm, and installed on a real control plane (KUBE_HOME).

kwok plays the nodes there, so that pods become ready without an image; what they would run is tested elsewhere.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import sample_shop
from gateway.config import GatewaySettings
from servicekit.identity import ApiKeys
from servicekit.settings import ShopSettings
from services.dialogue.composition import read_flows
from services.dialogue.config import DialogueSettings
from services.dialogue.knowledge.library import read_library
from services.generator.config import GeneratorSettings
from services.nlu.config import NluSettings
from services.recommender.config import RecommenderSettings
from tests.conftest import missing

CHART = Path(__file__).resolve().parents[2] / "deploy" / "helm" / "shopkeeper"
Manifest = dict[str, Any]

NEEDED: Manifest = {
    "shop": {
        "eventsUrl": "kafka://kafka:9092",
        "artifactsUrl": "s3://shop/artifacts",
        "archiveUrl": "s3://shop/archive",
    },
    "secret": {
        "values": {
            "SHOP_STATE_URL": "redis://redis:6379/0",
            "SHOP_RECORDS_URL": "postgresql+psycopg://shop:secret@postgresql/shop",
            "RECOMMENDER_API_KEYS": "gateway:inner-key,dialogue:talking-key,generator:writing-key",
            "NLU_API_KEYS": "gateway:inner-key,dialogue:talking-key",
            "DIALOGUE_API_KEYS": "gateway:inner-key",
            "GENERATOR_API_KEYS": "gateway:inner-key,dialogue:talking-key",
            "GATEWAY_PEER_API_KEY": "inner-key",
            "DIALOGUE_PEER_API_KEY": "talking-key",
            "GENERATOR_PEER_API_KEY": "writing-key",
            "GATEWAY_API_KEYS": "search-team:outer-key",
            "GATEWAY_COOKIE_KEY": "0123456789abcdef0123456789abcdef",
        }
    },
}
"""What no default can know."""

EVERYTHING: Manifest = {
    "storage": {"existingClaim": "shop-files"},
    "shop": {"id": "uci", "clock": "log", "artifactsUrl": "", "archiveUrl": ""},
    "image": {"registry": "registry.example.com/team", "tag": "1.2.3", "pullSecrets": [{"name": "login"}]},
    "tls": {"enabled": True, "mutual": True, "existingSecret": "shop-tls"},
    "otlpEndpoint": "http://collector:4317",
    "environment": {"AWS_ENDPOINT_URL": "http://minio:9000"},
    "environmentSecrets": ["object-store"],
    "ingress": {
        "enabled": True,
        "hosts": ["shop.example.com"],
        "tls": [{"secretName": "t", "hosts": ["shop.example.com"]}],
    },
    "podLabels": {"team": "search"},
    "podAnnotations": {"note": "x"},
    "tolerations": [{"operator": "Exists"}],
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "priorityClassName": "shop",
    "monitoring": {"labels": {"release": "prometheus"}, "dashboard": {"enabled": True}},
    "components": {
        "recommender-training": {"schedule": "0 4 * * 1"},
        "dialogue": {
            "settings": {"ORDERS_ADDRESS": "dns:///orders.erp:443"},
            "folders": {
                "KNOWLEDGE_URL": {"en": "articles-en", "zh": "articles-zh"},
                "FLOWS_URL": {".": "flows"},
            },
        },
    },
}
PROCESSES = (RecommenderSettings, NluSettings, DialogueSettings, GeneratorSettings, GatewaySettings)
SERVERS = ("recommender", "nlu", "dialogue", "generator", "gateway")
OPERATOR = ["monitoring.coreos.com/v1/ServiceMonitor", "monitoring.coreos.com/v1/PrometheusRule"]


class Kube:
    """helm and kubectl of one folder, and the values that they are given."""

    def __init__(self, home: Path, folder: Path) -> None:
        self._home, self._folder = home, folder
        self.config = ""

    def run(self, tool: str, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "KUBECONFIG": self.config, "HELM_CACHE_HOME": str(self._folder / "cache")}
        command = [str(self._home / "bin" / tool), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=100)
        assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done

    def values(self, *layers: Manifest) -> list[str]:
        """The options that give the layers, later ones above earlier ones."""
        options = []
        for number, layer in enumerate(layers):
            path = self._folder / f"values-{number}.yaml"
            path.write_text(yaml.safe_dump(layer))
            options += ["--values", str(path)]
        return options

    def render(self, *layers: Manifest, apis: tuple[str, ...] = ()) -> list[Manifest]:
        options = [*self.values(*layers), "--kube-version", "1.36.0", *(f"--api-versions={api}" for api in apis)]
        text = self.run("helm", "template", "spring", str(CHART), "--namespace", "shop", *options).stdout
        return [document for document in yaml.safe_load_all(text) if document]

    def refuse(self, *layers: Manifest) -> str:
        """What Helm says against the values."""
        options = [*self.values(*layers), "--kube-version", "1.36.0"]
        done = self.run("helm", "template", "spring", str(CHART), *options, check=False)
        assert done.returncode != 0, "the values were taken"
        return done.stderr

    def get(self, kind: str, name: str) -> Manifest:
        text = self.run("kubectl", "--namespace", "shop", "get", kind, name, "--output", "yaml").stdout
        found: Manifest = yaml.safe_load(text)
        return found


@pytest.fixture(scope="module")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Kube:
    home = os.environ.get("KUBE_HOME")
    if not home:
        missing("kube", "set KUBE_HOME to a folder with bin/helm, bin/kubectl and bin/one-cluster")
    return Kube(Path(str(home)), tmp_path_factory.mktemp("kube"))


@pytest.fixture(scope="module")
def cluster(kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    """A control plane with a namespace that takes only what the restricted Pod Security standard allows."""
    folder = tmp_path_factory.mktemp("cluster")
    kube.config = kube.run("one-cluster", "start", str(folder)).stdout.strip()
    try:
        kube.run("kubectl", "create", "namespace", "shop")
        kube.run("kubectl", "label", "namespace", "shop", "pod-security.kubernetes.io/enforce=restricted")
        yield kube
    finally:
        kube.run("one-cluster", "stop", str(folder))


def of(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    """The one of that kind, or of that kind and component."""
    found = [each for each in manifests if each["kind"] == kind and each["metadata"]["name"].endswith(name)]
    assert len(found) == 1, [each["metadata"]["name"] for each in found]
    return found[0]


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Pod templates by the name of what makes them."""
    found = {}
    for each in manifests:
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            found[each["metadata"]["name"]] = template
    return found


def environment(pod: Manifest) -> dict[str, Any]:
    variables = pod["spec"]["containers"][0].get("env", [])
    assert len({each["name"] for each in variables}) == len(variables), "a variable is set twice"
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in variables}


def test_helm_has_nothing_against_the_chart(kube: Kube) -> None:
    for layers in ([NEEDED], [NEEDED, EVERYTHING]):
        linted = kube.run("helm", "lint", "--strict", str(CHART), *kube.values(*layers))
        assert "0 chart(s) failed" in linted.stdout


def test_without_its_servers_named_a_shop_is_not_installed(kube: Kube) -> None:
    assert "secret.values.SHOP_STATE_URL" in kube.refuse({})
    secret_only = {"secret": NEEDED["secret"]}
    assert "shop.eventsUrl" in kube.refuse(secret_only)
    assert "shop.artifactsUrl" in kube.refuse(secret_only, {"shop": {"eventsUrl": "kafka://kafka:9092"}})


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"replicas": 3}, "replicas"),
        ({"components": {"gateway": {"replcas": 3}}}, "replcas"),
        ({"components": {"gateway": {"replicas": "3"}}}, "replicas"),
        ({"components": {"gateway": {"settings": {"COOKIE_SECUR": "true"}}}}, "COOKIE_SECUR"),
        ({"components": {"recommender": {"settings": {"COOKIE_SECURE": "true"}}}}, "COOKIE_SECURE"),
        ({"components": {"gateway": {"settings": {"COOKIE_KEY": "in the open"}}}}, "COOKIE_KEY"),
        ({"components": {"gateway": {"secretKeys": ["GATEWAY_COOKIE_KEYS"]}}}, "secretKeys"),
        ({"secret": {"values": {"GATEWAY_COOKIE_KEY": "short"}}}, "GATEWAY_COOKIE_KEY"),
        ({"secret": {"values": {"GATEWAY_API_KEYS": "outer-key"}}}, "GATEWAY_API_KEYS"),
        ({"shop": {"eventsUrl": "sqlite:///events.db"}}, "eventsUrl"),
        ({"components": {"nightly": {"kind": "CronJob", "image": "i", "prefix": "GATEWAY"}}}, "schedule"),
        ({"shop": {"id": "My Shop"}}, "/shop/id"),
        ({"logLevel": "debug"}, "logLevel"),
        ({"environment": {"GATEWAY_COOKIE_KEY": "in the open"}}, "GATEWAY_COOKIE_KEY"),
        ({"environment": {"DIALOGUE_API_KEYS": "in the open"}}, "DIALOGUE_API_KEYS"),
        ({"components": {"nlu": {"settings": {"TIMEZONE": "Asia/Shanghai"}}}}, "TIMEZONE"),
        ({"components": {"nlu": {"settings": {"FLOWS_URL": "s3://shop/flows"}}}}, "FLOWS_URL"),
        ({"components": {"generator": {"peers": {"RECOMENDER_ADDRESS": "recommender"}}}}, "RECOMENDER_ADDRESS"),
        ({"components": {"dialogue": {"folders": {"KNOWLEGDE_URL": {"en": "articles"}}}}}, "KNOWLEGDE_URL"),
        ({"components": {"dialogue": {"folders": {"FLOWS_URL": {"../etc": "flows"}}}}}, "../etc"),
        ({"secret": {"values": {"NLU_API_KEYS": "inner-key"}}}, "NLU_API_KEYS"),
        ({"secret": {"values": {"DIALOGUE_PEER_API_KEY": "short"}}}, "DIALOGUE_PEER_API_KEY"),
    ],
)
def test_a_mistyped_value_is_refused_by_name(kube: Kube, values: Manifest, named: str) -> None:
    assert named in kube.refuse(NEEDED, values)


@pytest.mark.parametrize("layers", [[NEEDED], [NEEDED, EVERYTHING]], ids=["defaults", "everything"])
def test_pods_are_given_only_variables_that_they_read(kube: Kube, layers: list[Manifest]) -> None:
    known = {
        f"{settings.model_config['env_prefix']}{field}".upper()
        for settings in (ShopSettings, *PROCESSES)
        for field in settings.model_fields
    }
    templates = pods(kube.render(*layers))
    assert {f"spring-shopkeeper-{name}" for name in SERVERS} <= set(templates)
    for name, pod in templates.items():
        assert set(environment(pod)) <= known | {"OMP_NUM_THREADS", "AWS_ENDPOINT_URL"}, name


def test_the_settings_of_a_pod_are_what_its_process_takes(kube: Kube) -> None:
    """The rendered strings go through the very classes that the processes read them with."""
    templates = pods(kube.render(NEEDED, EVERYTHING))

    def plain(name: str, settings: Any) -> Any:
        prefix = settings.model_config["env_prefix"]
        pairs = environment(templates[f"spring-shopkeeper-{name}"]).items()
        return settings(
            **{k.removeprefix(prefix).lower(): v for k, v in pairs if k.startswith(prefix) and isinstance(v, str)}
        )

    gateway = plain("gateway", GatewaySettings)
    assert gateway.http_address == "0.0.0.0:8080"
    assert gateway.recommender_address == "dns:///spring-shopkeeper-recommender.shop.svc.cluster.local:50051"
    assert gateway.nlu_address == "dns:///spring-shopkeeper-nlu.shop.svc.cluster.local:50052"
    assert gateway.dialogue_address == "dns:///spring-shopkeeper-dialogue.shop.svc.cluster.local:50053"
    assert gateway.generator_address == "dns:///spring-shopkeeper-generator.shop.svc.cluster.local:50054"
    assert gateway.cookie_secure
    assert plain("nlu", NluSettings).grpc_address == "0.0.0.0:50052"
    dialogue = plain("dialogue", DialogueSettings)
    assert dialogue.nlu_address == gateway.nlu_address
    assert dialogue.recommender_address == gateway.recommender_address
    assert dialogue.generator_address == gateway.generator_address
    assert dialogue.orders_address == "dns:///orders.erp:443"
    assert plain("generator", GeneratorSettings).recommender_address == gateway.recommender_address
    assert plain("recommender", RecommenderSettings).role_set() == {"serve"}
    assert plain("recommender-consumer", RecommenderSettings).role_set() == {"consume", "archive"}
    shop = plain("recommender", ShopSettings)
    assert (shop.id, shop.clock) == ("uci", "log")
    assert shop.artifacts_url == "/var/lib/shopkeeper-storage/uci/artifacts"


def test_the_keys_that_the_schema_takes_the_processes_take() -> None:
    values = NEEDED["secret"]["values"]
    for name, value in values.items():
        if name.endswith("_API_KEYS"):
            assert ApiKeys.parse(value).name_of(value.partition(":")[2].partition(",")[0])


def test_what_each_process_shows_its_peers_they_let_in() -> None:
    values = NEEDED["secret"]["values"]
    components = yaml.safe_load((CHART / "values.yaml").read_text())["components"]
    for name in SERVERS:
        for peer in components[name]["peers"].values():
            shown = values[f"{name.upper()}_PEER_API_KEY"]
            assert ApiKeys.parse(values[f"{peer.upper()}_API_KEYS"]).name_of(shown) == name
            assert name in components[peer]["callers"]


def test_a_pod_sees_no_secret_but_its_own(kube: Kube) -> None:
    templates = pods(kube.render(NEEDED))
    recommender = environment(templates["spring-shopkeeper-recommender"])
    assert "GATEWAY_COOKIE_KEY" not in recommender
    reference = environment(templates["spring-shopkeeper-gateway"])["GATEWAY_COOKIE_KEY"]["secretKeyRef"]
    assert reference == {"name": "spring-shopkeeper", "key": "GATEWAY_COOKIE_KEY"}
    assert "0123456789abcdef" not in yaml.safe_dump([each for each in kube.render(NEEDED) if each["kind"] != "Secret"])


def test_a_secret_of_ones_own_is_used_and_none_is_made(kube: Kube) -> None:
    manifests = kube.render({"shop": NEEDED["shop"], "secret": {"existing": "from-the-vault"}})
    assert not [each for each in manifests if each["kind"] == "Secret"]
    gateway = environment(pods(manifests)["spring-shopkeeper-gateway"])
    assert gateway["GATEWAY_API_KEYS"]["secretKeyRef"]["name"] == "from-the-vault"


def test_grpc_is_balanced_over_replicas_and_probed_by_its_own_health(kube: Kube) -> None:
    manifests = kube.render(NEEDED)
    assert of(manifests, "Service", "-recommender")["spec"]["clusterIP"] == "None"
    assert of(manifests, "Service", "-gateway-http")["spec"]["type"] == "ClusterIP"
    container = pods(manifests)["spring-shopkeeper-recommender"]["spec"]["containers"][0]
    assert container["readinessProbe"]["grpc"] == {"port": 50051}
    consumer = pods(manifests)["spring-shopkeeper-recommender-consumer"]["spec"]["containers"][0]
    assert consumer["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}, "it serves no gRPC"
    with_tls = pods(kube.render(NEEDED, EVERYTHING))["spring-shopkeeper-recommender"]["spec"]["containers"][0]
    assert with_tls["readinessProbe"]["tcpSocket"] == {"port": "grpc"}, "the kubelet's gRPC probe speaks no TLS"


def test_with_tls_http_is_https_everywhere(kube: Kube) -> None:
    manifests = kube.render(NEEDED, EVERYTHING)
    ports = of(manifests, "Service", "-gateway-http")["spec"]["ports"]
    assert [(port["port"], port["appProtocol"]) for port in ports] == [(443, "https")]
    script = pods(manifests)["spring-shopkeeper-test"]["spec"]["containers"][0]["command"][2]
    compile(script, "helm test", "exec")
    assert "https://spring-shopkeeper-gateway-http" in script


def test_a_pod_has_time_to_drain_before_it_is_killed(kube: Kube) -> None:
    pod = pods(kube.render(NEEDED, {"shutdown": {"delaySeconds": 7, "drainSeconds": 40}}))["spring-shopkeeper-gateway"]
    assert environment(pod)["GATEWAY_DRAIN_SECONDS"] == "40"
    assert pod["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "7"]
    assert pod["spec"]["terminationGracePeriodSeconds"] > 47


@pytest.mark.parametrize(
    ("name", "callers", "peers"),
    [
        ("recommender", ["gateway", "dialogue", "generator"], []),
        ("nlu", ["gateway", "dialogue"], []),
        ("dialogue", ["gateway"], ["generator", "nlu", "recommender"]),
        ("generator", ["gateway", "dialogue"], ["recommender"]),
    ],
)
def test_a_process_is_reached_by_its_callers_alone_and_reaches_its_peers(
    kube: Kube, name: str, callers: list[str], peers: list[str]
) -> None:
    policy = of(kube.render(NEEDED), "NetworkPolicy", f"-{name}")["spec"]
    to_grpc = [rule for rule in policy["ingress"] if rule["ports"][0]["port"] == "grpc"]
    assert [selected(peer) for rule in to_grpc for peer in rule["from"]] == callers
    reached = [selected(peer) for rule in policy["egress"] for peer in rule.get("to", [])]
    assert sorted(reached) == peers


def test_everyone_may_knock_at_the_gateway(kube: Kube) -> None:
    door = of(kube.render(NEEDED), "NetworkPolicy", "-gateway")["spec"]
    assert [rule.get("from") for rule in door["ingress"] if rule["ports"][0]["port"] == "grpc"] == [None]


def selected(peer: Manifest) -> str:
    return str(peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"])


def test_a_shop_may_do_without_some_of_its_staff(kube: Kube) -> None:
    """Then nobody is given an address, and no key of theirs is asked for."""
    values = {name: key for name, key in NEEDED["secret"]["values"].items() if not name.startswith("GENERATOR")}
    less = {"generator": {"enabled": False}, "generator-training": {"enabled": False}}
    manifests = kube.render({"shop": NEEDED["shop"], "secret": {"values": values}, "components": less})
    assert not [each for each in manifests if each["metadata"]["name"].startswith("spring-shopkeeper-generator")]
    templates = pods(manifests)
    assert environment(templates["spring-shopkeeper-gateway"])["GATEWAY_GENERATOR_ADDRESS"] == ""
    assert environment(templates["spring-shopkeeper-dialogue"])["DIALOGUE_GENERATOR_ADDRESS"] == ""
    policy = of(manifests, "NetworkPolicy", "-dialogue")["spec"]
    assert [selected(peer) for rule in policy["egress"] for peer in rule.get("to", [])] == ["nlu", "recommender"]


def test_articles_and_flows_come_from_config_maps(kube: Kube) -> None:
    pod = pods(kube.render(NEEDED, EVERYTHING))["spring-shopkeeper-dialogue"]["spec"]
    volumes = {each["name"]: each["configMap"]["name"] for each in pod["volumes"] if "configMap" in each}
    mounts = {each["mountPath"]: volumes.get(each["name"]) for each in pod["containers"][0]["volumeMounts"]}
    variables = environment({"spec": pod})
    assert mounts[f"{variables['DIALOGUE_KNOWLEDGE_URL']}/en"] == "articles-en"
    assert mounts[f"{variables['DIALOGUE_KNOWLEDGE_URL']}/zh"] == "articles-zh"
    assert mounts[variables["DIALOGUE_FLOWS_URL"]] == "flows"
    twice = {"components": {"dialogue": {"settings": {"FLOWS_URL": "s3://shop/flows"}}}}
    assert "DIALOGUE_FLOWS_URL" in kube.refuse(NEEDED, EVERYTHING, twice)
    elsewhere = pods(kube.render(NEEDED, twice))["spring-shopkeeper-dialogue"]
    assert environment(elsewhere)["DIALOGUE_FLOWS_URL"] == "s3://shop/flows"


def test_a_shops_own_config_maps_hold_what_the_dialogue_reads(tmp_path: Path) -> None:
    """As the kubelet lays a ConfigMap out: links to a folder that is swapped whole."""
    starters = Path(sample_shop.__file__).parent
    for source, target in ((starters / "knowledge" / "en", "knowledge/en"), (starters / "flows", "flows")):
        folder = tmp_path / target
        shutil.copytree(source, folder / "..2026_11_23")
        (folder / "..data").symlink_to("..2026_11_23")
        for file in sorted((folder / "..2026_11_23").iterdir()):
            (folder / file.name).symlink_to(Path("..data") / file.name)
    assert len(read_flows(str(tmp_path / "flows"))) == len(read_flows(str(starters / "flows"))) > 0
    found = read_library(str(tmp_path / "knowledge"))
    slugs = sorted(path.stem for path in (starters / "knowledge" / "en").glob("*.md"))
    assert sorted(article.slug for article in found.articles) == slugs
    assert not found.faults


def test_models_that_need_no_shopper_are_trained_when_asked_for(kube: Kube) -> None:
    manifests = kube.render(NEEDED)
    for name, suspended in (("nlu", True), ("generator", True), ("recommender", None)):
        assert of(manifests, "CronJob", f"-{name}-training")["spec"].get("suspend") is suspended


def test_consumers_keep_their_place_in_the_group(kube: Kube) -> None:
    manifests = kube.render(NEEDED)
    consumer = of(manifests, "StatefulSet", "-recommender-consumer")
    member = environment(consumer["spec"]["template"])["RECOMMENDER_MEMBER"]
    assert member["fieldRef"]["fieldPath"] == "metadata.name"


def test_prometheus_objects_appear_only_where_its_operator_is(kube: Kube) -> None:
    assert not {"ServiceMonitor", "PrometheusRule"} & {each["kind"] for each in kube.render(NEEDED)}
    manifests = kube.render(NEEDED, apis=tuple(OPERATOR))
    assert sum(each["kind"] == "ServiceMonitor" for each in manifests) == 6
    jobs = {
        relabeling["replacement"]
        for each in manifests
        if each["kind"] == "ServiceMonitor"
        for relabeling in each["spec"]["endpoints"][0]["relabelings"]
    }
    assert jobs == {*(f"shopkeeper-{name}" for name in SERVERS), "shopkeeper-recommender-consumer"}
    rules = of(manifests, "PrometheusRule")["spec"]["groups"]
    assert "ShopkeeperEventsStale" in {rule["alert"] for group in rules for rule in group["rules"]}


def test_objects_carry_the_recommended_labels_and_the_apps_version(kube: Kube) -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    manifests = kube.render(NEEDED)
    for each in manifests:
        labels = each["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "shopkeeper"
        assert labels["app.kubernetes.io/instance"] == "spring"
        assert labels["app.kubernetes.io/version"] == version
    images = {pod["spec"]["containers"][0]["image"] for pod in pods(manifests).values()}
    assert images == {f"shopkeeper/{name}:{version}" for name in SERVERS}
    named = {pod["spec"]["containers"][0]["image"] for pod in pods(kube.render(NEEDED, EVERYTHING)).values()}
    assert "registry.example.com/team/shopkeeper/gateway:1.2.3" in named


def test_a_shop_is_installed_upgraded_rolled_back_and_removed(cluster: Kube) -> None:
    """Story of one release in a namespace that enforces restricted Pod Security."""
    release = ["spring", "--namespace", "shop"]
    wait = ["--wait", "--timeout", "60s"]
    gateway = "spring-shopkeeper-gateway"

    cluster.run("helm", "install", *release, str(CHART), *cluster.values(NEEDED), *wait)
    first = cluster.get("deployment", gateway)
    assert first["status"]["readyReplicas"] >= 1
    for name in ("nlu", "dialogue", "generator"):
        assert cluster.get("deployment", f"spring-shopkeeper-{name}")["status"]["readyReplicas"] >= 1
    assert cluster.get("statefulset", "spring-shopkeeper-recommender-consumer")["status"]["readyReplicas"] == 2
    assert cluster.get("poddisruptionbudget", gateway)["status"]["disruptionsAllowed"] <= 1

    tested = cluster.run("helm", "test", *release, "--timeout", "60s")
    assert "Phase:          Succeeded" in tested.stdout

    changed = {"image": {"tag": "9.9.9"}, "components": {"recommender-training": {"schedule": "0 5 * * *"}}}
    cluster.run("helm", "upgrade", *release, str(CHART), *cluster.values(NEEDED, changed), *wait)
    assert image(cluster.get("deployment", gateway)).endswith(":9.9.9")
    assert cluster.get("cronjob", "spring-shopkeeper-recommender-training")["spec"]["schedule"] == "0 5 * * *"

    cluster.run("helm", "rollback", *release, "1", *wait)
    assert image(cluster.get("deployment", gateway)) == image(first)

    cluster.run("helm", "uninstall", *release, "--wait", "--timeout", "60s")
    left = cluster.run(
        "kubectl", "--namespace", "shop", "get", "all,secret,networkpolicy,pdb,hpa", "--output", "name"
    ).stdout
    assert [name for name in left.split() if "spring" in name and not name.startswith("pod/")] == []


def image(workload: Manifest) -> str:
    return str(workload["spec"]["template"]["spec"]["containers"][0]["image"])


def test_everything_switched_on_is_taken_by_a_real_cluster(cluster: Kube) -> None:
    """Server-side validation and admission of every object, without the operator's."""
    options = [*cluster.values(NEEDED, EVERYTHING), "--namespace", "shop", "--dry-run=server"]
    done = cluster.run("helm", "install", "autumn", str(CHART), *options)
    assert "kind: Ingress" in done.stdout
