"""Writes what the settings classes say to where people and Helm read it.

`docs/configuration.md` gets a table of every variable; `values.schema.json` of the chart gets their names, so that Helm
refuses a mistyped one (the processes themselves ignore a variable that they don't know). `--check` only compares.
"""

import argparse
import copy
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from gateway.config import GatewaySettings
from servicekit.settings import ServiceSettings, ShopSettings
from services.dialogue.config import DialogueSettings
from services.generator.config import GeneratorSettings
from services.nlu.config import NluSettings
from services.recommender.config import RecommenderSettings

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "configuration.md"
SCHEMA = ROOT / "deploy" / "helm" / "shopkeeper" / "values.schema.json"
PROCESSES: tuple[type[ServiceSettings], ...] = (
    GatewaySettings,
    RecommenderSettings,
    NluSettings,
    DialogueSettings,
    GeneratorSettings,
)
CLASSES: tuple[type[BaseSettings], ...] = (ShopSettings, *PROCESSES)

HEAD = """# Configuration

Written by `python deploy/configuration.py` from the settings classes; a test holds it to them.

Every process reads its settings from the environment, once, when it starts: the shop's (`SHOP_`) and its own. A value
that is out of bounds stops the process with its name; a variable that no table here names is ignored. What is secret is
never logged.
"""

# The chart sets these itself, from its own values.
SET_BY_CHART = {
    *("grpc_address", "http_address", "metrics_address", "drain_seconds", "log_level", "otlp_endpoint"),
    *("tls_cert_file", "tls_key_file", "tls_client_ca_file", "tls_peer_ca_file"),
}
# URLs that may hold a password.
SECRET_URLS = ("SHOP_STATE_URL", "SHOP_RECORDS_URL")


def variables(settings: type[BaseSettings]) -> list[str]:
    """Names of the environment variables, in the order of the fields."""
    return [_variable(settings, field) for field in settings.model_fields]


def document() -> str:
    return HEAD + "".join(_section(settings) for settings in CLASSES)


def schema(current: dict[str, Any]) -> dict[str, Any]:
    """The chart's schema with the names of variables as they are now; the rest of it is kept."""
    made = copy.deepcopy(current)
    definitions, properties = made["$defs"], made["properties"]
    for settings in PROCESSES:
        definitions[_prefix(settings)] = {"propertyNames": {"enum": sorted(_settable(settings))}}
    secrets = {name for settings in PROCESSES for name in _secrets(settings)}
    definitions["secretKey"] = {"enum": sorted(secrets | set(SECRET_URLS))}
    prefixes = [_prefix(settings) for settings in PROCESSES]
    definitions["component"]["properties"]["prefix"] = {"enum": prefixes}
    others = [rule for rule in definitions["component"]["allOf"] if "prefix" not in rule["if"]["properties"]]
    definitions["component"]["allOf"] = [*map(_own_variables, prefixes), *others]
    properties["environment"]["propertyNames"]["not"] = {"pattern": f"^({'|'.join(['SHOP', *prefixes])})_"}
    properties["secret"]["properties"]["values"]["properties"].update(_keys(prefixes))
    return made


def _own_variables(prefix: str) -> dict[str, Any]:
    """A component with that prefix takes that process's variables, wherever it names some."""
    named = {key: {"$ref": f"#/$defs/{prefix}"} for key in ("settings", "peers", "folders")}
    return {"if": {"properties": {"prefix": {"const": prefix}}}, "then": {"properties": named}}


def _keys(prefixes: Sequence[str]) -> dict[str, Any]:
    """Whom each process lets in, and what it shows to its peers."""
    callers: dict[str, Any] = {f"{prefix}_API_KEYS": {"$ref": "#/$defs/apiKeys"} for prefix in prefixes}
    return callers | {f"{prefix}_PEER_API_KEY": {"minLength": 8} for prefix in prefixes}


def _section(settings: type[BaseSettings]) -> str:
    properties = settings.model_json_schema()["properties"]
    rows = (_row(_variable(settings, field), properties[field]) for field in settings.model_fields)
    return f"\n## `{_prefix(settings)}_`\n\n| variable | kind | default | meaning |\n|---|---|---|---|\n" + "".join(
        rows
    )


def _row(variable: str, field: dict[str, Any]) -> str:
    meaning = " ".join(field.get("description", "").split())
    cells = (f"`{variable}`", _kind(field), _default(field), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _kind(field: dict[str, Any]) -> str:
    chosen = next((each for each in field.get("anyOf", []) if each.get("type") != "null"), field)
    if "enum" in chosen:
        return ", ".join(f"`{value}`" for value in chosen["enum"])
    kind: str = {"password": "secret", "path": "path"}.get(chosen.get("format", ""), chosen.get("type", "string"))
    return kind + "".join(
        f", {sign} {chosen[key]}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if key in chosen
    )


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if value in (None, "", ".") or field.get("format") == "password":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _prefix(settings: type[BaseSettings]) -> str:
    return str(settings.model_config["env_prefix"]).rstrip("_")


def _variable(settings: type[BaseSettings], field: str) -> str:
    return f"{_prefix(settings)}_{field}".upper()


def _secrets(settings: type[BaseSettings]) -> list[str]:
    fields = settings.model_fields.items()
    return [_variable(settings, name) for name, field in fields if field.annotation is SecretStr]


def _settable(settings: type[BaseSettings]) -> list[str]:
    fields = settings.model_fields.items()
    return [name.upper() for name, field in fields if name not in SET_BY_CHART and field.annotation is not SecretStr]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not what it should be")
    check = parser.parse_args(arguments).check
    wanted = {
        DOCUMENT: document(),
        SCHEMA: json.dumps(schema(json.loads(SCHEMA.read_text())), indent=2) + "\n",
    }
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is not what the settings say' if check else 'written'}")
        if not check:
            path.write_text(wanted[path])
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
