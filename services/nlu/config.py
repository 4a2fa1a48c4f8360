"""The NLU's settings. Prefix `NLU_`."""

from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from servicekit.settings import ServiceSettings


class NluSettings(ServiceSettings):
    """What the NLU can be told beyond what every service can."""

    model_config = SettingsConfigDict(env_prefix="NLU_", frozen=True, use_attribute_docstrings=True)

    grpc_address: str = "127.0.0.1:50052"
    """Where gRPC listens; port 0 takes a free one."""

    metrics_address: str = "127.0.0.1:9092"
    """Where Prometheus reads `/metrics`; port 0 takes a free one."""

    bundle_poll_seconds: float = Field(default=2.0, gt=0)
    """How often a replica looks whether another bundle was promoted."""

    time_zone: str = "Asia/Shanghai"
    """IANA name; where a request names no other, `yesterday` is counted in it."""

    torch_threads: int = Field(default=1, ge=1, le=64)
    """Threads of one forward pass. A sentence is too small a job for more than one."""

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError) as error:
            raise ValueError(f"{name!r} is no IANA time zone") from error
        return name
