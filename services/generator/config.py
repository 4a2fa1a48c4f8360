"""The generator's settings. Prefix `GENERATOR_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import ServiceSettings


class GeneratorSettings(ServiceSettings):
    """What the generator can be told beyond what every service can."""

    model_config = SettingsConfigDict(env_prefix="GENERATOR_", frozen=True, use_attribute_docstrings=True)

    grpc_address: str = "127.0.0.1:50054"
    """Where gRPC listens; port 0 takes a free one."""

    metrics_address: str = "127.0.0.1:9094"
    """Where Prometheus reads `/metrics`; port 0 takes a free one."""

    recommender_address: str = "127.0.0.1:50051"
    """The catalogue to read products from and to publish to: `host:port` or a gRPC target. Empty: none; then only
    products given in the request can be written about."""

    bundle_poll_seconds: float = Field(default=2.0, gt=0)
    """How often it looks whether another bundle was promoted."""

    writing_seconds: float = Field(default=3.0, gt=0)
    """Longest time that the model may take for one piece of copy; then the template stands in."""

    reply_seconds: float = Field(default=0.25, gt=0)
    """Longest time that the model may take for one reply; then the template stands in."""

    publish_wait_seconds: float = Field(default=2.0, ge=0)
    """How long ApproveDraft waits to see the copy in the catalogue; later it is published all the same."""

    publish_retry_seconds: float = Field(default=2.0, gt=0)
    """First pause after a publication that failed; it doubles up to a minute."""

    threads: int = Field(default=2, ge=1, le=64)
    """Pieces of copy written at the same time; replies have as many threads of their own."""
