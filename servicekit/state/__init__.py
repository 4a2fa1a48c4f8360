"""State stores by URL: `sqlite:///FILE` for one machine, `redis://HOST:PORT/DB` for production."""

from servicekit.state.store import StateStore


def open_state(url: str, shop_id: str, timeout_seconds: float = 5.0) -> StateStore:
    """Connects. `timeout_seconds`: how long a server may be silent. Raises ValueError for a URL of neither kind."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        from servicekit.state.embedded import EmbeddedState

        return EmbeddedState(rest.removeprefix("/"), shop_id)
    if scheme in ("redis", "rediss"):
        from servicekit.state.redis import RedisState

        return RedisState(url, shop_id, timeout_seconds)
    raise ValueError(f"state_url: {url!r} is neither sqlite:///FILE nor redis://HOST:PORT/DB")
