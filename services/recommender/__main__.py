"""`python -m services.recommender`: composes the recommender and serves.

The only reader of the environment and opener of connections. What a role needs is imported with the role, so that a
consumer starts without torch.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contracts import topics
from servicekit.events import open_event_log
from servicekit.events.log import EventLog
from servicekit.metrics import default_metrics
from servicekit.server import GrpcServer, MetricsServer, Part, run
from servicekit.settings import ShopSettings
from servicekit.state import open_state
from servicekit.state.store import StateStore
from servicekit.threads import ThreadPart
from services.recommender.config import RecommenderSettings
from services.recommender.roles import Runs
from services.recommender.store import ProfileStore

_SILENT_SECONDS = 0.25


@dataclass(frozen=True)
class Connections:
    """What every role may stand on."""

    shop: ShopSettings
    settings: RecommenderSettings
    log: EventLog
    state: StateStore
    store: ProfileStore
    reading: ProfileStore
    """The same profiles for those who wait for an answer: the store may be silent for a moment only."""
    close: Callable[[], None]


def connect(shop: ShopSettings, settings: RecommenderSettings) -> Connections:
    """Opens the log and the state, and creates the topics that are missing."""
    log = open_event_log(shop.events_url, session_timeout_ms=settings.session_timeout_ms)
    events = topics.user_events(shop.id, settings.user_event_partitions)
    log.ensure_topics([events, topics.dead_letters(shop.id), topics.catalog(shop.id)])
    state, partitions = open_state(shop.state_url, shop.id), log.partitions(events.name)
    quick = open_state(shop.state_url, shop.id, _SILENT_SECONDS)

    def close() -> None:
        for opened in (quick, state, log):
            opened.close()

    return Connections(
        shop, settings, log, state, ProfileStore(state, partitions), ProfileStore(quick, partitions), close
    )


def consume(to: Connections) -> Runs:
    """The role that learns."""
    from services.recommender.consumer import Consumer

    return Consumer(
        to.log,
        to.state,
        to.store,
        to.shop.id,
        default_metrics(),
        member=to.settings.member,
        batch_records=to.settings.batch_records,
        event_id_ring=to.settings.event_id_ring,
        # Counters expire by the wall; a shop that lives by its log keeps them, or its past would fade away.
        counter_days=to.settings.counter_days if to.shop.clock == "wall" else 0,
    ).run


def archive(to: Connections) -> Runs:
    """The role that keeps."""
    from services.recommender.archive import Archiver, EventArchive

    return Archiver(
        to.log,
        EventArchive(to.shop.archive_url),
        to.shop.id,
        member=to.settings.member,
        flush_seconds=to.settings.archive_flush_seconds,
        flush_records=to.settings.archive_flush_records,
    ).run


def serve(to: Connections) -> list[Part]:
    """The role that answers."""
    from services.recommender.composition import serving_parts

    return serving_parts(to.shop, to.settings, to.log, to.state, to.reading)


def readers(to: Connections, roles: frozenset[str]) -> Mapping[str, Runs]:
    """The roles that read the stream, of those asked for."""
    return {name: role(to) for name, role in (("consume", consume), ("archive", archive)) if name in roles}


def catch_up(to: Connections, running: Mapping[str, Runs]) -> None:
    """Lets each role read to the log's end as it is now, one after the other."""
    ends = to.log.end_offsets(topics.user_events(to.shop.id).name)
    for work in running.values():
        work(threading.Event(), ends)


def main() -> None:
    shop, settings = ShopSettings(), RecommenderSettings()
    roles = settings.role_set()
    to = connect(shop, settings)
    reading = readers(to, roles)
    try:
        if settings.exit_when_caught_up:
            catch_up(to, reading)
        else:
            asyncio.run(_serve(to, roles, reading))
    finally:
        to.close()


async def _serve(to: Connections, roles: frozenset[str], reading: Mapping[str, Runs]) -> None:
    answering = serve(to) if "serve" in roles else []
    grpc_servers = [part for part in answering if isinstance(part, GrpcServer)]
    parts: Sequence[Part] = [
        MetricsServer(to.settings, healthy=lambda: all(server.health.serving() for server in grpc_servers)),
        *(ThreadPart(name, work) for name, work in reading.items()),
        *answering,
    ]
    await run("recommender", to.settings, parts)


if __name__ == "__main__":
    main()
