"""Composes the gateway and serves: `python -m gateway`."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc
from pydantic import SecretStr

from contracts.clock import shop_clock
from gateway import passing, peers
from gateway.buying import Buying
from gateway.chat import Chat
from gateway.config import GatewaySettings
from gateway.demo import DemoLogin
from gateway.http import create_app, verbs_of
from gateway.http_calls import Cookies, DoorPolicy
from gateway.http_server import HttpServer
from gateway.identity import Identities, ShopperTokens, VisitorCookies, kept_secret
from gateway.intake import LogIntake
from gateway.limits import MemoryLimiter, RateLimits
from gateway.repeats import StoredRepeats
from gateway.servicer import GrpcCallers, StorefrontServicer, passed_mounts, storefront_mount
from gateway.storefront import Storefront
from servicekit.clients import open_channel
from servicekit.events import open_event_log
from servicekit.identity import ApiKeys
from servicekit.metrics import Metrics, default_metrics
from servicekit.server import GrpcServer, MetricsServer, Part, run
from servicekit.settings import ShopSettings
from servicekit.state import open_state
from servicekit.state.store import StateStore

OPERATOR = "operator"


class Connections:
    """The channels to the peers and the state store; closed after the doors."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel], state: StateStore) -> None:
        self.channels = channels
        self.state = state

    async def start(self) -> Mapping[str, str]:
        return {}

    async def stop(self) -> None:
        for channel in self.channels.values():
            await channel.close()
        await asyncio.to_thread(self.state.close)


def identities(shop: ShopSettings, settings: GatewaySettings, *, http: bool) -> Identities:
    """Over gRPC a gateway without keys lets every team in; over HTTP a team then shows the key in the shop's folder."""
    configured = settings.api_keys.get_secret_value()
    keys = configured or (f"{OPERATOR}:{kept_secret(shop.home / 'operator.key')}" if http else "")
    cookie_key = settings.cookie_key.get_secret_value() or kept_secret(shop.home / "gateway.key")
    return Identities(
        ApiKeys.parse(keys),
        shopper_tokens(shop, settings),
        VisitorCookies(cookie_key.encode()),
        open_to_teams=not configured,
    )


def shopper_tokens(shop: ShopSettings, settings: GatewaySettings) -> ShopperTokens:
    return ShopperTokens(_jwt_key(shop, settings), settings.jwt_algorithm, settings.jwt_audience, settings.jwt_issuer)


def _jwt_key(shop: ShopSettings, settings: GatewaySettings) -> str:
    path: Path | None = settings.jwt_key_file
    configured = path.read_text().strip() if path else settings.jwt_key.get_secret_value()
    return configured or (kept_secret(shop.home / "jwt.key") if settings.demo_shoppers else "")


def rate_limits(shop: ShopSettings, settings: GatewaySettings, state: StateStore) -> RateLimits:
    """In memory when embedded, else in the state store, so that replicas share them."""
    embedded = shop.state_url.startswith("sqlite:")
    limiter = MemoryLimiter() if embedded else state
    shopper, team = settings.shopper_requests_per_minute, settings.team_requests_per_minute
    return RateLimits(limiter, shopper, team, blocking=not embedded)


def open_channels(settings: GatewaySettings, metrics: Metrics) -> Mapping[str, grpc.aio.Channel]:
    """To every peer by name; a peer without an address is one that refuses."""
    addresses = {
        passing.RECOMMENDER: settings.recommender_address,
        passing.NLU: settings.nlu_address,
        passing.DIALOGUE: settings.dialogue_address,
        passing.ORDERS: settings.orders_address or settings.dialogue_address,
        passing.GENERATOR: settings.generator_address,
    }
    return {
        name: open_channel(address, peers.POLICIES[name], settings, metrics) if address else peers.absent(name)
        for name, address in addresses.items()
    }


def parts(shop: ShopSettings, settings: GatewaySettings, metrics: Metrics) -> Sequence[Part]:
    """Everything that runs in this process, in the order in which it starts."""
    to = open_channels(settings, metrics)
    connections = Connections(to, open_state(shop.state_url, shop.id))
    raw = {name: peers.RawPeer(channel, name) for name, channel in to.items()}
    intake = LogIntake(shop.id, lambda: open_event_log(shop.events_url), shop_clock(shop, connections.state))

    def degraded(kind: str) -> None:
        metrics.degradations.labels(kind).inc()

    recommender = peers.RecommenderPeer(to[passing.RECOMMENDER])
    storefront = Storefront(recommender, intake, degraded)
    chat = Chat(peers.DialoguePeer(to[passing.DIALOGUE]), degraded)
    repeats = StoredRepeats(connections.state)
    buying = Buying(recommender, peers.OrdersPeer(to[passing.ORDERS]), repeats, degraded)
    limits = rate_limits(shop, settings, connections.state)
    callers = GrpcCallers(identities(shop, settings, http=False), limits)
    demo = DemoLogin(_listed(settings.demo_shoppers), shopper_tokens(shop, settings))
    verbs = verbs_of(storefront, chat, buying, raw)
    app = create_app(verbs, door_policy(shop, settings, limits), demo, metrics)
    # The gateway tells callers apart itself: a shopper's token is as good as a key here.
    without_keys = settings.model_copy(update={"api_keys": SecretStr("")})
    servicer = StorefrontServicer(storefront, chat, buying, callers)
    mounts = [storefront_mount(servicer), *passed_mounts(raw, callers)]
    return [
        MetricsServer(settings, registry=metrics.registry),
        connections,
        intake,
        GrpcServer("gateway", without_keys, mounts, metrics),
        HttpServer(app, settings),
    ]


def door_policy(shop: ShopSettings, settings: GatewaySettings, limits: RateLimits) -> DoorPolicy:
    return DoorPolicy(
        identities=identities(shop, settings, http=True),
        limits=limits,
        cookies=Cookies(settings.cookie_secure, settings.cookie_days),
        origins=[origin.rstrip("/") for origin in _listed(settings.cors_origins)],
        max_body_bytes=settings.max_body_bytes,
        max_concurrent_calls=settings.max_concurrent_calls,
        deadline_seconds=settings.default_deadline_seconds,
        stream_deadline_seconds=settings.default_stream_deadline_seconds,
    )


def _listed(text: str) -> Sequence[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def main() -> None:
    shop, settings = ShopSettings(), GatewaySettings()
    asyncio.run(_serve(shop, settings))


async def _serve(shop: ShopSettings, settings: GatewaySettings) -> None:
    await run("gateway", settings, parts(shop, settings, default_metrics()))


if __name__ == "__main__":
    main()
