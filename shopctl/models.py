"""Versions of a service's model: trained and evaluated as processes of their own, promoted in the artifact store."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.errors import ServiceError
from servicekit.settings import ShopSettings
from shopctl import modules, prepare, staff
from shopctl.console import note, out, print_json, table
from shopctl.shop import environment, running

SHOWN_METRICS = ("recall_at_20", "ndcg_at_20", "auc", "loss")
"""Shown first, where a version has them; the others follow by name."""
MOST_SHOWN = 4


def train(shop: ShopSettings, kind: str, promote: bool, as_json: bool) -> None:
    """Raises Unavailable if the recommender's shop has no events, or the training fails."""
    env = dict(os.environ)
    if kind == "recommender":
        _take_in_events(shop, env)
    result = staff.train(shop, env, kind, promote)
    if as_json:
        print_json(result)
        return
    _print_metrics("trained", result)
    if not promote:
        version = result.get("version", "VERSION")
        note(f"compare it: shopctl evaluate {kind} --shop {shop.id}")
        note(f"serve it:   shopctl promote {kind} {version} --shop {shop.id}")


def _take_in_events(shop: ShopSettings, env: Mapping[str, str]) -> None:
    prepare.require_events(shop)
    if running(shop.home):
        prepare.wait_caught_up(shop)
    else:
        prepare.catch_up(shop, env)


def evaluate(shop: ShopSettings, kind: str, version: str, as_json: bool) -> None:
    """`version`: default the newest."""
    module = f"services.{kind}.evaluate"
    arguments = ["--candidate", version] if version else []
    result = modules.json_line(modules.run(module, arguments, {**os.environ, **environment(shop)}), module)
    if as_json:
        print_json(result)
    else:
        _print_metrics("evaluated", result)


def show(shop: ShopSettings, kind: str, as_json: bool) -> None:
    with _store(shop) as store:
        live = store.live(kind)
        manifests = [store.manifest(kind, version) for version in store.versions(kind)]
    if as_json:
        listed = [{"version": m.version, "live": m.version == live, "created": m.created, "fingerprint": m.fingerprint,
                   "data_hash": m.data_hash, "seed": m.seed, "commit": m.commit, "metrics": m.metrics}
                  for m in manifests]  # fmt: skip
        print_json({"shop": shop.id, "kind": kind, "live": live, "versions": listed})
        return
    if not manifests:
        note(f"shop {shop.id!r} has no {kind} model yet; train one with: shopctl train {kind} --shop {shop.id}")
        return
    rows = [
        ("→" if m.version == live else "", m.version, m.created[:16].replace("T", " "), _short(m.metrics))
        for m in reversed(manifests)
    ]
    out.print(table(f"{kind} of shop {shop.id}, newest first", ("live", "version", "created", "metrics"), rows))


def promote(shop: ShopSettings, kind: str, version: str) -> None:
    with _store(shop) as store:
        store.promote(kind, version)
    note(f"{kind}: {version} is live" + _swap(shop))


def rollback(shop: ShopSettings, kind: str) -> None:
    with _store(shop) as store:
        version = store.rollback(kind)
    note(f"{kind}: {version} is live again" + _swap(shop))


def _swap(shop: ShopSettings) -> str:
    return "; the running shop swaps it in within seconds" if running(shop.home) else ""


@contextmanager
def _store(shop: ShopSettings) -> Iterator[ArtifactStore]:
    try:
        yield ArtifactStore(shop.artifacts_url)
    except ArtifactError as error:
        raise ServiceError(str(error), "ARTIFACT") from None


def _short(metrics: Mapping[str, object]) -> str:
    flat = dict(_flat(metrics))
    first = [name for name in flat if name.rpartition(".")[2] in SHOWN_METRICS]
    names = [*first, *(name for name in flat if name not in first)][:MOST_SHOWN]
    return ", ".join(f"{name} {flat[name]}" for name in names)


def _print_metrics(title: str, result: Mapping[str, object]) -> None:
    out.print(table(title, ("", "value"), list(_flat(result)), right=("value",)))


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", f"{value:.4f}" if isinstance(value, float) else str(value)
