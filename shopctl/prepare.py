"""Makes a shop ready to be served: seeds the sample shop, learns what the log holds, trains what is missing."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from contracts import topics
from servicekit.artifacts import ArtifactStore
from servicekit.errors import Unavailable
from servicekit.events import open_event_log
from servicekit.events.log import EventLog
from servicekit.settings import ShopSettings
from shopctl import modules, staff
from shopctl.console import note, progress
from shopctl.shop import environment

SAMPLE = "sample"
GROUPS = ("recommender", "archiver")
"""Consumer groups of the recommender: `<shop>.<group>`."""
ONCE = {"RECOMMENDER_ROLES": "consume,archive", "RECOMMENDER_EXIT_WHEN_CAUGHT_UP": "true"}
"""A recommender that reads the log to its end and exits."""


def prepare(shop: ShopSettings, env: Mapping[str, str], with_training: bool = True) -> None:
    """Does nothing that was done before. Raises Unavailable if a step fails."""
    log = open_event_log(shop.events_url)
    try:
        _ensure_topics(log, shop.id)
        if shop.id == SAMPLE and _is_empty(log, topics.catalog(shop.id).name):
            now = datetime.now(UTC)
            staff.seed_orders(shop, env, now)
            seed_sample(log, shop.id, now)
        has_events = not _is_empty(log, topics.user_events(shop.id).name)
    finally:
        log.close()
    staff.furnish(shop, env)
    staff.models(shop)
    if with_training and has_events and ArtifactStore(shop.artifacts_url).live("recommender") is None:
        catch_up(shop, env)
        _train_or_say(shop, env)


def seed_sample(log: EventLog, shop_id: str, now: datetime) -> None:
    """Publishes the sample shop's catalogue and its 90 days of events, the last of them just now.

    The catalogue goes last: while it is empty, the seeding is not done, and events published twice count once.
    """
    from sample_shop import events, products
    from shopctl.importing.publish import Shelf

    catalogue, history = products.products(now), list(events.events(now))
    shelf = Shelf(log, shop_id)
    with progress(
        f"Publishing the sample shop: {len(catalogue)} products, {len(history)} events", len(history)
    ) as done:
        for count, event in enumerate(history, start=1):
            shelf.put_event(event)
            if count % 500 == 0:
                done(count)
        for product in catalogue:
            shelf.put_product(product)
        shelf.close()


def catch_up(shop: ShopSettings, env: Mapping[str, str]) -> None:
    """Has the recommender take in and archive all that the log holds. Not while it is running: the group is taken."""
    log = open_event_log(shop.events_url)
    try:
        behind = lag(log, shop.id)
        if behind == 0:
            return
        once = {**env, **environment(shop), **ONCE}
        with progress("Taking in and archiving events", behind) as done:
            modules.run(
                "services.recommender", (), once, _log_file(shop, "catch-up"), lambda: done(behind - lag(log, shop.id))
            )
    finally:
        log.close()


def wait_caught_up(shop: ShopSettings, timeout_seconds: float = 120.0) -> None:
    """Until a running recommender has taken in and archived what the log holds now. Raises Unavailable."""
    log = open_event_log(shop.events_url)
    try:
        behind, deadline = lag(log, shop.id), time.monotonic() + timeout_seconds
        with progress("Waiting for the running recommender to archive what came", behind) as done:
            while (left := lag(log, shop.id)) > 0:
                done(behind - left)
                if time.monotonic() > deadline:
                    message = f"the recommender is still {left} records behind after {timeout_seconds:.0f} s"
                    raise Unavailable(message, "STILL_BEHIND")
                time.sleep(0.3)
    finally:
        log.close()


def lag(log: EventLog, shop_id: str) -> int:
    """Records of the user events that not all of the groups have read; the largest group's count."""
    name = topics.user_events(shop_id).name
    ends = log.end_offsets(name)
    counts = []
    for group in GROUPS:
        read = log.committed(name, f"{shop_id}.{group}")
        counts.append(sum(max(0, end - read.get(partition, 0)) for partition, end in ends.items()))
    return max(counts)


def _train_or_say(shop: ShopSettings, env: Mapping[str, str]) -> None:
    """A shop is served without a model rather than not at all."""
    try:
        train(shop, env, promote=True)
    except Unavailable as error:
        note(f"[yellow]no model:[/] {error.message}")
        note(f"the shop is served without one; `shopctl train recommender --promote --shop {shop.id}` tries again")


def train(shop: ShopSettings, env: Mapping[str, str], promote: bool) -> dict[str, object]:
    """Trains on the archive; its progress goes to the terminal. Returns the metrics that it printed."""
    return staff.train(shop, env, "recommender", promote)


def _ensure_topics(log: EventLog, shop_id: str) -> None:
    log.ensure_topics([topics.user_events(shop_id), topics.dead_letters(shop_id), topics.catalog(shop_id)])


def _is_empty(log: EventLog, topic: str) -> bool:
    return sum(log.end_offsets(topic).values()) == 0


def _log_file(shop: ShopSettings, name: str) -> Path:
    return shop.home / "logs" / f"{name}.log"


def require_events(shop: ShopSettings) -> None:
    """Raises Unavailable if the shop has nothing to learn from."""
    log = open_event_log(shop.events_url)
    try:
        _ensure_topics(log, shop.id)
        if _is_empty(log, topics.user_events(shop.id).name):
            raise Unavailable(f"shop {shop.id!r} has no events to learn from; import some first", "NO_EVENTS")
    finally:
        log.close()
