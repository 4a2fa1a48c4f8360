"""What the shop's staff starts with: articles, flows, models and, in the sample shop, orders."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import sample_shop
from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.settings import ShopSettings
from shopctl import modules
from shopctl.console import note
from shopctl.shop import environment

STARTERS = Path(sample_shop.__file__).parent
FOLDERS = {"knowledge": "DIALOGUE_KNOWLEDGE_URL", "flows": "DIALOGUE_FLOWS_URL"}
"""Folders of the dialogue, and the variables that name others."""
TRAINED_ON_OWN_TEXT = ("nlu", "generator")
"""Kinds of bundles that come with the program: they know words, not a shop's shoppers."""


def furnish(shop: ShopSettings, env: Mapping[str, str]) -> None:
    """Articles and flows for a shop that has none: the sample shop's, for its owner to change."""
    for name, variable in FOLDERS.items():
        folder = shop.home / name
        if folder.exists() or env.get(variable):
            continue
        staged = folder.with_name(f".{name}.new")
        shutil.rmtree(staged, ignore_errors=True)
        shutil.copytree(STARTERS / name, staged, ignore=shutil.ignore_patterns("README.md", "questions", "__pycache__"))
        staged.rename(folder)


def models(shop: ShopSettings) -> None:
    """The bundles that come with the program. Without one the service gives its simpler answers, and says so."""
    store = ArtifactStore(shop.artifacts_url)
    for kind in TRAINED_ON_OWN_TEXT:
        if store.live(kind) is None and not _take_in(store, kind):
            note(f"no {kind} model yet; make one with: shopctl train {kind} --promote --shop {shop.id}")


def _take_in(store: ArtifactStore, kind: str) -> bool:
    shipped = sorted(path.parent for path in (STARTERS / "bundles" / kind).glob("*/manifest.json"))
    try:
        for folder in shipped[-1:]:
            manifest = store.take_in(folder)
            store.promote(kind, manifest.version)
            return True
    except ArtifactError as error:
        note(f"[yellow]the {kind} model that came along cannot be used:[/] {error}")
    return False


def train(shop: ShopSettings, env: Mapping[str, str], kind: str, promote: bool) -> dict[str, object]:
    """Trains; its progress goes to the terminal. Returns the metrics that it printed."""
    note(f"Training the {kind} …")
    module = f"services.{kind}.train"
    arguments = ["--promote"] if promote else []
    return modules.json_line(modules.run(module, arguments, {**env, **environment(shop)}), module)


def seed_orders(shop: ShopSettings, env: Mapping[str, str], now: datetime) -> None:
    """The orders behind the sample shop's purchases."""
    from google.protobuf.json_format import MessageToDict

    from sample_shop import orders

    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for order in orders.orders(now):
            file.write(json.dumps(MessageToDict(order), ensure_ascii=False) + "\n")
        file.flush()
        modules.run("services.dialogue.orders", [file.name], {**env, **environment(shop)})
