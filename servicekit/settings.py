"""Settings that every process has. Read from the environment in a `__main__` and nowhere else."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ShopSettings(BaseSettings):
    """Which shop, and where its state lies. Prefix `SHOP_`."""

    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True, use_attribute_docstrings=True)

    id: str = Field(default="sample", pattern=r"^[a-z][a-z0-9-]{0,39}$")
    """Prefixes every topic, key and database schema: lower-case letters, digits and `-`, at most 40."""

    home: Path = Path()
    """Folder of everything embedded. Default: `.shops/<id>` below the working directory."""

    events_url: str = ""
    """`sqlite:///FILE` or `kafka://HOST:PORT[,HOST:PORT]`. Default: `events.db` in the shop's folder."""

    state_url: str = ""
    """`sqlite:///FILE` or `redis://HOST:PORT/DB`. Default: `state.db` in the shop's folder."""

    records_url: str = ""
    """A SQLAlchemy URL of SQLite or PostgreSQL. Default: `records.db` in the shop's folder."""

    artifacts_url: str = ""
    """Folder or fsspec URL of model bundles. Default: `artifacts` in the shop's folder."""

    archive_url: str = ""
    """Folder or fsspec URL of the event archive. Default: `archive` in the shop's folder."""

    clock: Literal["wall", "log"] = "wall"
    """`log`: now is the newest event's time, for a shop whose history has ended."""

    def model_post_init(self, context: object) -> None:
        home = (self.home if str(self.home) != "." else Path(".shops") / self.id).absolute()
        defaults = {
            "home": home,
            "events_url": f"sqlite:///{home}/events.db",
            "state_url": f"sqlite:///{home}/state.db",
            "records_url": f"sqlite:///{home}/records.db",
            "artifacts_url": f"{home}/artifacts",
            "archive_url": f"{home}/archive",
        }
        for name, value in defaults.items():
            if name == "home" or not getattr(self, name):
                object.__setattr__(self, name, value)


class ServiceSettings(BaseSettings):
    """What every gRPC service can be told. Subclasses set the prefix and override the defaults of the addresses."""

    model_config = SettingsConfigDict(frozen=True, use_attribute_docstrings=True)

    grpc_address: str = "127.0.0.1:0"
    """Where gRPC listens; port 0 takes a free one."""

    metrics_address: str = "127.0.0.1:0"
    """Where Prometheus reads `/metrics`; port 0 takes a free one."""

    ready_file: Path | None = None
    """Written once the service is healthy: JSON with `service`, `pid` and its addresses; removed at exit."""

    api_keys: SecretStr = SecretStr("")
    """`name:key` pairs, comma separated; callers send one as metadata `x-api-key`. Empty: every caller is let in."""

    tls_cert_file: Path | None = None
    """PEM certificate chain of this service; with `tls_key_file` it turns TLS on."""

    tls_key_file: Path | None = None
    """PEM private key of `tls_cert_file`."""

    tls_client_ca_file: Path | None = None
    """PEM certificates; callers must show one signed by them (mTLS), and outgoing calls trust them."""

    tls_peer_ca_file: Path | None = None
    """PEM certificates that outgoing calls trust; it turns TLS on for them. Default: `tls_client_ca_file`."""

    peer_api_key: SecretStr = SecretStr("")
    """Sent as `x-api-key` with outgoing calls. Empty: none is sent."""

    max_concurrent_calls: int = Field(default=256, ge=1)
    """Calls in progress above which a new one is answered RESOURCE_EXHAUSTED."""

    max_message_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    """Largest gRPC message taken in."""

    default_deadline_seconds: float = Field(default=5.0, gt=0)
    """Given to a unary call whose caller set none."""

    default_stream_deadline_seconds: float = Field(default=300.0, gt=0)
    """Given to a streaming call whose caller set none."""

    max_connection_age_seconds: float = Field(default=300.0, gt=0)
    """A connection older than this is renewed gracefully, so that callers find replicas that are new."""

    drain_seconds: float = Field(default=10.0, ge=0)
    """How long calls in progress may go on after SIGTERM."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Lowest level that is logged."""

    otlp_endpoint: str = ""
    """OpenTelemetry collector (gRPC), e.g. `http://collector:4317`. Empty: traces are handed on, not exported."""

    trace_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Share of the traces that begin here and are exported."""
