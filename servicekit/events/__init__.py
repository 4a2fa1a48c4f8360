"""Event logs by URL: `sqlite:///FILE` in this process's reach, `kafka://HOST:PORT[,…]` for production."""

from servicekit.events.log import EventLog


def open_event_log(url: str, *, session_timeout_ms: int = 6000) -> EventLog:
    """Connects. `session_timeout_ms`: how long a silent consumer keeps its partitions.

    Raises ValueError for a URL of neither kind, and servicekit.errors.Unavailable if no server answers.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        from servicekit.events.embedded import EmbeddedLog

        return EmbeddedLog(rest.removeprefix("/"), lease_ms=session_timeout_ms)
    if scheme == "kafka":
        from servicekit.events.kafka import KafkaLog

        return KafkaLog(rest.split(","), session_timeout_ms=session_timeout_ms)
    raise ValueError(f"events_url: {url!r} is neither sqlite:///FILE nor kafka://HOST:PORT")
