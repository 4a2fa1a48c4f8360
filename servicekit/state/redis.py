"""The state in Redis: a batch is one Lua script, and so atomic. Persistence and replicas are the server's business.

All keys of a shop carry the hash tag `{shop}`: one script may touch any of them, also on a Redis Cluster, where a shop
then lies in one slot.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from servicekit.errors import Unavailable
from servicekit.state.store import Batch, Fenced

# KEYS: the offset, then those of puts, counters, sets and maxima. ARGV: begin, end, MessagePack of
# [puts, [[field, n, …]…], [[member…]…], [number…], [seconds of each put and counter]], then the values put, which
# MessagePack in Lua could not carry (it knows no binary strings); an empty value deletes.
_APPLY = """
local stored = tonumber(redis.call('GET', KEYS[1]) or '0')
if stored ~= tonumber(ARGV[1]) then return stored end
local puts, counters, sets, maxima, seconds = unpack(cmsgpack.unpack(ARGV[3]))
local at = 1
local function expire(index) if seconds[index] > 0 then redis.call('EXPIRE', KEYS[at], seconds[index]) end end
for i = 1, puts do
  at = at + 1
  local value = ARGV[3 + i]
  if value == '' then redis.call('DEL', KEYS[at]) else redis.call('SET', KEYS[at], value) expire(i) end
end
for i = 1, #counters do
  at = at + 1
  for j = 1, #counters[i], 2 do redis.call('HINCRBY', KEYS[at], counters[i][j], counters[i][j + 1]) end
  expire(puts + i)
end
for i = 1, #sets do
  at = at + 1
  for j = 1, #sets[i] do redis.call('SADD', KEYS[at], sets[i][j]) end
end
for i = 1, #maxima do
  at = at + 1
  if maxima[i] > tonumber(redis.call('GET', KEYS[at]) or '0') then
    redis.call('SET', KEYS[at], string.format('%.0f', maxima[i]))
  end
end
redis.call('SET', KEYS[1], ARGV[2])
return -1
"""
# Generic cell rate algorithm. ARGV: microseconds of a permit, of the window.
_TAKE = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + tonumber(ARGV[1])
local wait = due - now - tonumber(ARGV[2])
if wait > 1 then return string.format('%.0f', wait) end
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil(ARGV[2] / 1000) + 1)
return '0'
"""


class RedisState:
    """A StateStore on a Redis server."""

    def __init__(self, url: str, shop_id: str, timeout_seconds: float = 5.0) -> None:
        self._url, self._prefix = url.rsplit("@", 1)[-1], f"{{{shop_id}}}:"
        self._redis: redis.Redis = redis.Redis.from_url(
            url,
            socket_connect_timeout=min(2.0, timeout_seconds),
            socket_timeout=timeout_seconds,
            health_check_interval=15,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
        )
        self._apply = self._redis.register_script(_APPLY)
        self._take = self._redis.register_script(_TAKE)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError as error:
            raise Unavailable(f"Redis at {self._url}: {error}", reason="STATE_UNAVAILABLE") from error

    def _value(self, key: str) -> str:
        return f"{self._prefix}v:{key}"

    def _counter(self, name: str) -> str:
        return f"{self._prefix}c:{name}"

    def _set(self, name: str) -> str:
        return f"{self._prefix}s:{name}"

    def _maximum(self, name: str) -> str:
        return f"{self._prefix}m:{name}"

    def _offset(self, stream: str) -> str:
        return f"{self._prefix}o:{stream}"

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        if not keys:
            return []
        with self._errors():
            values: list[bytes | None] = self._redis.mget([self._value(key) for key in keys])  # type: ignore[assignment]
        return values

    def counters(self, name: str) -> Mapping[str, int]:
        with self._errors():
            fields = self._redis.hgetall(self._counter(name))
        return {field.decode(): int(n) for field, n in fields.items()}  # type: ignore[union-attr]

    def members(self, name: str) -> Sequence[str]:
        with self._errors():
            return sorted(member.decode() for member in self._redis.smembers(self._set(name)))  # type: ignore[union-attr]

    def maximum(self, name: str) -> int:
        with self._errors():
            return int(self._redis.get(self._maximum(name)) or 0)

    def offset(self, stream: str) -> int:
        with self._errors():
            return int(self._redis.get(self._offset(stream)) or 0)

    def apply(self, batch: Batch) -> None:
        keys = [
            self._offset(batch.stream),
            *map(self._value, batch.puts),
            *map(self._counter, batch.increments),
            *map(self._set, batch.members),
            *map(self._maximum, batch.maxima),
        ]
        arguments: list[bytes | int] = [
            batch.begin,
            batch.end,
            _packed(batch),
            *(value or b"" for value in batch.puts.values()),
        ]
        with self._errors():
            stored = int(self._apply(keys, arguments))
        if stored >= 0:
            raise Fenced(batch.stream, batch.begin, stored)

    def remove_members(self, name: str, members: Iterable[str]) -> None:
        with self._errors():
            self._redis.srem(self._set(name), *members)

    def put(self, key: str, value: bytes | None, ttl_seconds: int | None = None) -> None:
        with self._errors():
            if value is None:
                self._redis.delete(self._value(key))
            else:
                self._redis.set(self._value(key), value, ex=ttl_seconds)

    def take(self, name: str, limit: int, window_seconds: float) -> float:
        micros = [window_seconds / limit * 1e6, window_seconds * 1e6]
        with self._errors():
            return float(self._take([f"{self._prefix}r:{name}"], micros)) / 1e6

    def ping(self) -> None:
        with self._errors():
            self._redis.ping()

    def close(self) -> None:
        self._redis.close()


def _packed(batch: Batch) -> bytes:
    names = [*batch.puts, *batch.increments]
    return msgspec.msgpack.encode(
        (
            len(batch.puts),
            [[part for pair in fields.items() for part in pair] for fields in batch.increments.values()],
            list(batch.members.values()),
            list(batch.maxima.values()),
            [batch.expiries.get(name, 0) for name in names],
        )
    )
