"""The dialogue's settings. Prefix `DIALOGUE_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from servicekit.settings import ServiceSettings


class DialogueSettings(ServiceSettings):
    """What the dialogue can be told beyond what every service can."""

    model_config = SettingsConfigDict(env_prefix="DIALOGUE_", frozen=True, use_attribute_docstrings=True)

    grpc_address: str = "127.0.0.1:50053"
    """Where gRPC listens; port 0 takes a free one."""

    metrics_address: str = "127.0.0.1:9093"
    """Where Prometheus reads `/metrics`; port 0 takes a free one."""

    nlu_address: str = ""
    """Where sentences are understood, `host:port` or `dns:///…`. Empty: by keywords alone."""

    recommender_address: str = ""
    """Where products are found. Empty: none are."""

    generator_address: str = ""
    """Where answers are worded. Empty: by templates."""

    orders_address: str = ""
    """An OrderService elsewhere. Empty: this process keeps the orders, in its own database."""

    knowledge_url: str = ""
    """Folder or fsspec URL of the articles. Default: `knowledge` in the shop's folder."""

    flows_url: str = ""
    """Folder or fsspec URL of the flows. Default: `flows` in the shop's folder."""

    nlu_timeout_seconds: float = Field(default=0.4, gt=0)
    """How long understanding may take before keywords do."""

    recommender_timeout_seconds: float = Field(default=0.8, gt=0)
    """How long finding products may take."""

    generator_timeout_seconds: float = Field(default=0.15, gt=0)
    """How long wording may take before a template does."""

    orders_timeout_seconds: float = Field(default=2.0, gt=0)
    """How long an OrderService elsewhere may take."""

    vocabulary_seconds: float = Field(default=300.0, gt=0)
    """How often the words of the catalogue are read again."""

    knowledge_poll_seconds: float = Field(default=30.0, gt=0)
    """How often the articles are looked at for changes."""

    recovery_seconds: float = Field(default=5.0, gt=0)
    """How often actions and events that another process left unfinished are looked for."""

    handoff_after_misses: int = Field(default=3, ge=2)
    """Misunderstandings in a row after which a person takes over; one earlier, one is offered."""
