"""Settings of the gateway, prefix `GATEWAY_`."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from servicekit.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """What the gateway can be told, besides what every service can."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, use_attribute_docstrings=True)

    grpc_address: str = "127.0.0.1:50050"
    """Where gRPC listens; port 0 takes a free one."""

    http_address: str = "127.0.0.1:8080"
    """Where HTTP/JSON and the web page listen; port 0 takes a free one."""

    metrics_address: str = "127.0.0.1:9090"
    """Where Prometheus reads `/metrics`; port 0 takes a free one."""

    recommender_address: str = "127.0.0.1:50051"
    """host:port, or `dns:///name:port` for several replicas."""

    nlu_address: str = "127.0.0.1:50052"
    """Likewise of the NLU. Empty: this shop has none."""

    dialogue_address: str = "127.0.0.1:50053"
    """Likewise of the dialogue. Empty: this shop has none; its page then has shelves but no chat."""

    generator_address: str = "127.0.0.1:50054"
    """Likewise of the generator. Empty: this shop has none."""

    orders_address: str = ""
    """Likewise of the service that keeps the orders (commerce/v1). Default: the dialogue's, which hosts one."""

    cookie_key: SecretStr = SecretStr("")
    """Signs visitor cookies, at least 32 characters. Default: made once, kept in `gateway.key` in the shop's folder."""

    cookie_secure: bool = False
    """Visitor cookies go over https only. Turn on wherever shoppers come by https."""

    cookie_days: int = Field(default=400, ge=1, le=400)
    """How long a browser keeps its visitor cookie; browsers keep none longer than 400 days."""

    jwt_algorithm: Literal["HS256", "RS256"] = "HS256"
    """How the shop signs its shoppers' tokens."""

    jwt_key: SecretStr = SecretStr("")
    """HS256: the shared secret, at least 32 characters. RS256: the public key in PEM. Empty: no shopper can log in."""

    jwt_key_file: Path | None = None
    """The same in a file; wins over `jwt_key`."""

    jwt_audience: str = ""
    """The `aud` that a token must name. Empty: not looked at."""

    jwt_issuer: str = ""
    """The `iss` that a token must name. Empty: not looked at."""

    demo_shoppers: str = ""
    """User ids as whom anybody may sign in on the page, comma separated: for the sample shop. Needs HS256; without a
    `jwt_key` one is made and kept in `jwt.key` in the shop's folder. Empty: off."""

    cors_origins: str = ""
    """Origins that may call from a browser, comma separated, e.g. `https://www.shop.example`. Empty: only our own."""

    trusted_proxies: str = "127.0.0.1"
    """Addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, comma separated; `*`: all."""

    shopper_requests_per_minute: int = Field(default=1200, ge=1)
    """For each visitor or logged-in shopper; for browsers without a cookie yet, for each address."""

    team_requests_per_minute: int = Field(default=0, ge=0)
    """For each API key. 0: no limit but `max_concurrent_calls`."""

    max_body_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    """Largest HTTP request body; above it 413."""

    @model_validator(mode="after")
    def _demo_has_a_shared_secret(self) -> Self:
        if self.demo_shoppers and self.jwt_algorithm != "HS256":
            raise ValueError("demo_shoppers: a shop whose tokens are RS256 has no demo sign-in; leave it empty")
        return self
