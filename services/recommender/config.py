"""The recommender's settings. Prefix `RECOMMENDER_`."""

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import ServiceSettings

Role = Literal["serve", "consume", "archive"]


class RecommenderSettings(ServiceSettings):
    """What the recommender can be told beyond what every service can."""

    model_config = SettingsConfigDict(env_prefix="RECOMMENDER_", frozen=True, use_attribute_docstrings=True)

    grpc_address: str = "127.0.0.1:50051"
    """Where gRPC listens; port 0 takes a free one."""

    metrics_address: str = "127.0.0.1:9091"
    """Where Prometheus reads `/metrics`; port 0 takes a free one."""

    roles: str = "serve,consume,archive"
    """What this process does, comma separated: `serve` answers, `consume` learns from the stream, `archive` keeps
    it."""

    exit_when_caught_up: bool = False
    """Consume and archive what is in the log, then exit: for preparing a shop and for cron jobs."""

    member: str = "0"
    """Name of this consumer within its group; a restarted process takes its place back by it. One per replica."""

    session_timeout_ms: int = Field(default=6000, ge=500)
    """How long a silent consumer keeps its partitions."""

    user_event_partitions: int = Field(default=4, ge=1, le=1024)
    """Partitions of the user-events topic, when it is created here."""

    batch_records: int = Field(default=2000, ge=1, le=10_000)
    """Most records read at once; of one partition they are one atomic write."""

    event_id_ring: int = Field(default=1024, ge=16)
    """Event ids remembered for each visitor, to know a duplicate."""

    counter_days: int = Field(default=120, ge=1)
    """Days for which the daily counters of popularity are kept."""

    popularity_refresh_seconds: float = Field(default=5.0, gt=0)
    """How often a replica reads the popularity counters again."""

    bundle_poll_seconds: float = Field(default=2.0, gt=0)
    """How often a replica looks whether another bundle was promoted."""

    curation_poll_seconds: float = Field(default=1.0, gt=0)
    """How often a replica looks what merchandisers have pinned or hidden at another one."""

    archive_flush_seconds: float = Field(default=10.0, gt=0)
    """Longest time that an event waits before it is in the archive."""

    archive_flush_records: int = Field(default=50_000, ge=1)
    """Events after which the archive is written without waiting."""

    diversity: float = Field(default=-1.0, le=1)
    """How much a shelf is spread over kinds of products, 0 to 1; negative: the model's own."""

    def role_set(self) -> frozenset[str]:
        """The roles. Raises ValueError for one that does not exist."""
        roles = frozenset(role.strip() for role in self.roles.split(",") if role.strip())
        unknown = roles - {"serve", "consume", "archive"}
        if unknown or not roles:
            raise ValueError(f"RECOMMENDER_ROLES: {self.roles!r} must be of serve, consume, archive")
        return roles
