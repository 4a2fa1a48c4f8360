"""What flows through a running shop, read from its processes' Prometheus pages."""

import math
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Group
from rich.live import Live
from rich.table import Table

from servicekit.errors import Unavailable
from servicekit.settings import ShopSettings
from shopctl.console import out, print_json, table
from shopctl.processes import PROCESSES
from shopctl.shop import read_json

TIMEOUT_SECONDS = 2.0
GOOD_CODES = frozenset({"OK", "NOT_FOUND", "CANCELLED", "INVALID_ARGUMENT", "UNAUTHENTICATED", "PERMISSION_DENIED"})
"""What the caller did wrong is no error of the service."""
Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Look:
    """All samples of one process at one moment: value by name and labels."""

    at: float
    samples: Mapping[str, Mapping[Labels, float]] = field(default_factory=dict)

    def total(self, name: str, **wanted: str) -> float:
        return sum(
            value for labels, value in self.samples.get(name, {}).items() if wanted.items() <= dict(labels).items()
        )

    def by(self, name: str, label: str) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        for labels, value in self.samples.get(name, {}).items():
            found[dict(labels).get(label, "")] += value
        return found


@dataclass(frozen=True)
class ServiceView:
    """One process as a person wants to see it. Times in ms; None where nothing happened."""

    service: str
    up: bool
    requests_per_s: float = 0.0
    errors_per_s: float = 0.0
    p50_ms: float | None = None
    p99_ms: float | None = None
    in_progress: int = 0
    bundle: str = ""


@dataclass(frozen=True)
class StreamView:
    """The clickstream. `lag` counts records not read yet; freshness is from publish to readable."""

    events_per_s: float = 0.0
    dead_letters_per_s: float = 0.0
    lag: int = 0
    freshness_p50_ms: float | None = None
    freshness_p99_ms: float | None = None
    events_total: int = 0


@dataclass(frozen=True)
class View:
    services: tuple[ServiceView, ...]
    stream: StreamView


def top(shop: ShopSettings, once: bool, as_json: bool, interval: float) -> int:
    """0; raises Unavailable if nothing of the shop is running."""
    before = look(shop)
    if not before:
        raise Unavailable(f"nothing of shop {shop.id!r} is running; `shopctl up --shop {shop.id}` starts it", "NOT_UP")
    if once:
        time.sleep(interval)
        view = compare(before, look(shop))
        if as_json:
            print_json(as_dict(view))
        else:
            out.print(render(shop, view))
        return 0
    return _live(shop, before, interval)


def _live(shop: ShopSettings, before: Mapping[str, Look], interval: float) -> int:
    with Live(console=out, auto_refresh=False, screen=out.is_terminal) as live:
        try:
            while True:
                time.sleep(interval)
                now = look(shop)
                live.update(render(shop, compare(before, now)), refresh=True)
                before = now
        except KeyboardInterrupt:
            return 0


def look(shop: ShopSettings) -> dict[str, Look]:
    """Looks by process; one that does not answer is left out."""
    addresses = {p.name: str(read_json(p.ready_file(shop.home)).get("metrics", "")) for p in PROCESSES}
    with ThreadPoolExecutor() as pool:
        looks = pool.map(_read, addresses.values())
        return {name: found for name, found in zip(addresses, looks, strict=True) if found is not None}


def _read(address: str) -> Look | None:
    if not address:
        return None
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=TIMEOUT_SECONDS) as answer:
            text = answer.read().decode()
    except OSError:
        return None
    return parse(text, time.monotonic())


def parse(text: str, at: float) -> Look:
    samples: dict[str, dict[Labels, float]] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples[sample.name][frozenset(sample.labels.items())] = sample.value
    return Look(at, samples)


def compare(before: Mapping[str, Look], now: Mapping[str, Look]) -> View:
    """Rates between two looks; where a process was started anew in between, from its start."""
    services = tuple(
        _service(p.name, before.get(p.name, Look(0.0)), now[p.name]) if p.name in now else ServiceView(p.name, False)
        for p in PROCESSES
    )
    merged = [(before.get(name, Look(0.0)), look) for name, look in now.items()]
    return View(services, _stream(merged))


def _service(name: str, before: Look, now: Look) -> ServiceView:
    codes = _differences(
        before.by("grpc_server_handled_total", "grpc_code"), now.by("grpc_server_handled_total", "grpc_code")
    )
    http = _differences(
        before.by("shopkeeper_http_requests_total", "code"), now.by("shopkeeper_http_requests_total", "code")
    )
    errors = sum(n for code, n in codes.items() if code not in GOOD_CODES)
    errors += sum(n for code, n in http.items() if code.startswith("5"))
    seconds = _seconds(before, now)
    names = ("grpc_server_handling_seconds", "shopkeeper_http_request_seconds")
    bundle = next(
        (dict(k).get("version", "") for k, v in now.samples.get("shopkeeper_bundle_info", {}).items() if v), ""
    )
    return ServiceView(
        name, True, (sum(codes.values()) + sum(http.values())) / seconds, errors / seconds,
        _ms(quantile(_buckets(before, now, names), 0.5)), _ms(quantile(_buckets(before, now, names), 0.99)),
        int(now.total("shopkeeper_calls_in_progress")), bundle,
    )  # fmt: skip


def _stream(looks: Iterable[tuple[Look, Look]]) -> StreamView:
    applied = dead = lag = total = 0.0
    seconds, buckets = 1.0, defaultdict[float, float](float)
    for before, now in looks:
        if "shopkeeper_events_applied_total" not in now.samples and not now.total("shopkeeper_consumer_lag_records"):
            continue
        seconds = _seconds(before, now)
        applied += _difference(before, now, "shopkeeper_events_applied_total")
        dead += _difference(before, now, "shopkeeper_events_dead_lettered_total")
        lag += now.total("shopkeeper_consumer_lag_records")
        total += now.total("shopkeeper_events_applied_total")
        for bound, count in _buckets(before, now, ("shopkeeper_event_freshness_seconds",)).items():
            buckets[bound] += count
    return StreamView(
        applied / seconds,
        dead / seconds,
        int(lag),
        _ms(quantile(buckets, 0.5)),
        _ms(quantile(buckets, 0.99)),
        int(total),
    )


def _seconds(before: Look, now: Look) -> float:
    return max(0.001, now.at - before.at) if before.samples else 1.0


def _difference(before: Look, now: Look, name: str) -> float:
    grown = now.total(name) - before.total(name)
    return grown if grown >= 0 else now.total(name)


def _differences(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    restarted = any(now.get(key, 0.0) < value for key, value in before.items())
    return dict(now) if restarted else {key: value - before.get(key, 0.0) for key, value in now.items()}


def _buckets(before: Look, now: Look, names: Iterable[str]) -> dict[float, float]:
    """Cumulative counts by upper bound, over all labels, that were added between the looks."""
    counts: dict[float, float] = defaultdict(float)
    for name in names:
        grown = _differences(before.by(f"{name}_bucket", "le"), now.by(f"{name}_bucket", "le"))
        for bound, count in grown.items():
            counts[float(bound)] += count
    return counts


def quantile(cumulative: Mapping[float, float], q: float) -> float | None:
    """As Prometheus' histogram_quantile: linear within the bucket; the last finite bound where it lies beyond."""
    bounds = sorted(cumulative)
    total = cumulative[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    rank, lower, below = q * total, 0.0, 0.0
    for bound in bounds:
        if cumulative[bound] >= rank:
            if math.isinf(bound):
                return lower
            inside = cumulative[bound] - below
            return lower + (bound - lower) * ((rank - below) / inside if inside else 1.0)
        lower, below = bound, cumulative[bound]
    return lower


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


def as_dict(view: View) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(view)


def render(shop: ShopSettings, view: View) -> Group:
    return Group(_services_table(shop, view), _stream_table(view.stream))


def _services_table(shop: ShopSettings, view: View) -> Table:
    rows = [
        (s.service, "up" if s.up else "DOWN", f"{s.requests_per_s:.1f}", _shown(s.p50_ms), _shown(s.p99_ms),
         f"{s.errors_per_s:.2f}", s.in_progress, s.bundle)
        for s in view.services
    ]  # fmt: skip
    columns = ("service", "state", "requests/s", "p50 ms", "p99 ms", "errors/s", "in progress", "bundle")
    return table(f"shop {shop.id}", columns, rows, right=columns[2:7])


def _stream_table(stream: StreamView) -> Table:
    columns = ("events/s", "dead letters/s", "lag", "freshness p50 ms", "p99 ms", "events so far")
    row = (f"{stream.events_per_s:.1f}", f"{stream.dead_letters_per_s:.2f}", f"{stream.lag:,}",
           _shown(stream.freshness_p50_ms), _shown(stream.freshness_p99_ms), f"{stream.events_total:,}")  # fmt: skip
    return table("events", columns, [row], right=columns)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
