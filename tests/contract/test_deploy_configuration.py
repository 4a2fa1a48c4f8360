"""docs/configuration.md and the chart's schema are what the settings classes say."""

import json
import subprocess
import sys
from pathlib import Path

from pydantic_settings import BaseSettings

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "deploy" / "configuration.py"


def test_the_written_files_are_what_the_program_writes() -> None:
    checked = subprocess.run([sys.executable, PROGRAM, "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, f"{checked.stdout}{checked.stderr}\nrun: python deploy/configuration.py"


def test_every_settings_class_with_a_prefix_is_documented() -> None:
    import gateway.config
    import servicekit.settings
    import services.dialogue.config
    import services.generator.config
    import services.nlu.config
    import services.recommender.config

    document = (ROOT / "docs" / "configuration.md").read_text()
    staff = (services.dialogue, services.generator, services.nlu, services.recommender)
    modules = (gateway.config, servicekit.settings, *(package.config for package in staff))
    found = [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, BaseSettings) and each.model_config.get("env_prefix")
    ]
    assert len(found) == 6
    for settings in found:
        for field, info in settings.model_fields.items():
            variable = f"{settings.model_config['env_prefix']}{field}".upper()
            assert f"| `{variable}` |" in document
            assert info.description, f"{variable} has no docstring"


def test_a_settings_class_elsewhere_would_be_seen() -> None:
    """The program lists the classes; no other file of the project may have one that it doesn't know."""
    folders = ("contracts", "gateway", "servicekit", "services", "shopctl")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    with_prefix = {path.relative_to(ROOT).as_posix() for path in files if "env_prefix=" in path.read_text()}
    staff = {f"services/{name}/config.py" for name in ("dialogue", "generator", "nlu", "recommender")}
    assert with_prefix == staff | {"gateway/config.py", "servicekit/settings.py"}


def test_the_schema_knows_secrets_from_settings() -> None:
    schema = json.loads((ROOT / "deploy" / "helm" / "shopkeeper" / "values.schema.json").read_text())["$defs"]
    assert "COOKIE_KEY" not in schema["GATEWAY"]["propertyNames"]["enum"]
    assert "GATEWAY_COOKIE_KEY" in schema["secretKey"]["enum"]
    assert "ROLES" in schema["RECOMMENDER"]["propertyNames"]["enum"]
    assert "ROLES" not in schema["GATEWAY"]["propertyNames"]["enum"]
    assert "KNOWLEDGE_URL" in schema["DIALOGUE"]["propertyNames"]["enum"]
    assert "API_KEYS" not in schema["DIALOGUE"]["propertyNames"]["enum"]
    assert {"NLU_API_KEYS", "DIALOGUE_PEER_API_KEY"} <= set(schema["secretKey"]["enum"])
