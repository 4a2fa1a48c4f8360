"""What every state store promises, told over each of them."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from servicekit.state import open_state
from servicekit.state.store import Batch, Fenced, StateStore


@pytest.fixture
def store(state_url: str, shop_id: str) -> Iterator[StateStore]:
    with closing(open_state(state_url, shop_id)) as opened:
        yield opened


def test_a_batch_writes_all_its_parts(store: StateStore) -> None:
    store.apply(
        Batch(
            "events/0",
            begin=0,
            end=5,
            puts={"profile:ann": b"\x00ann", "profile:bob": b"bob"},
            increments={"popularity:2026-01-01": {"buy:cup": 2, "view:cup": 7}},
            members={"user:1": ["ann", "bob"]},
            maxima={"clock": 1_700_000_000_123},
        )
    )
    assert store.get_many(["profile:bob", "profile:eve", "profile:ann"]) == [b"bob", None, b"\x00ann"]
    assert store.counters("popularity:2026-01-01") == {"buy:cup": 2, "view:cup": 7}
    assert store.members("user:1") == ["ann", "bob"]
    assert store.maximum("clock") == 1_700_000_000_123
    assert store.offset("events/0") == 5


def test_a_batch_made_for_another_offset_writes_nothing(store: StateStore) -> None:
    store.apply(Batch("events/0", 0, 5, increments={"c": {"x": 1}}))
    with pytest.raises(Fenced) as fenced:
        store.apply(Batch("events/0", 0, 5, puts={"k": b"late"}, increments={"c": {"x": 1}}, maxima={"m": 1}))
    assert fenced.value.stored == 5
    assert store.counters("c") == {"x": 1}
    assert store.get_many(["k"]) == [None]
    assert store.maximum("m") == 0


def test_streams_have_offsets_of_their_own(store: StateStore) -> None:
    store.apply(Batch("events/0", 0, 5, increments={"c": {"x": 1}}))
    store.apply(Batch("events/1", 0, 9, increments={"c": {"x": 1, "y": -3}}))
    assert (store.offset("events/0"), store.offset("events/1")) == (5, 9)
    assert store.counters("c") == {"x": 2, "y": -3}


def test_a_value_can_be_removed_and_a_maximum_only_grows(store: StateStore) -> None:
    store.apply(Batch("s", 0, 1, puts={"k": b"v"}, maxima={"clock": 10}))
    store.apply(Batch("s", 1, 2, puts={"k": None}, maxima={"clock": 7}))
    assert store.get_many(["k"]) == [None]
    assert store.maximum("clock") == 10


def test_of_two_writers_at_one_offset_one_wins(store: StateStore) -> None:
    fenced: list[Fenced] = []
    ready = threading.Barrier(4)

    def write() -> None:
        ready.wait()
        try:
            store.apply(Batch("s", 0, 1, increments={"c": {"x": 1}}))
        except Fenced as error:
            fenced.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fenced) == 3
    assert store.counters("c") == {"x": 1}


def test_a_large_batch(store: StateStore) -> None:
    puts = {f"k{n}": b"v" * 500 for n in range(3000)}
    store.apply(Batch("s", 0, 1, puts=puts, increments={"c": {f"f{n}": n for n in range(3000)}}))
    assert store.get_many(list(puts)) == list(puts.values())
    assert sum(store.counters("c").values()) == sum(range(3000))


def test_shops_do_not_see_each_other(store: StateStore, state_url: str, shop_id: str) -> None:
    store.apply(Batch("s", 0, 1, puts={"k": b"mine"}))
    with closing(open_state(state_url, f"{shop_id}x")) as other:
        assert other.get_many(["k"]) == [None]
        assert other.offset("s") == 0


def test_as_large_a_batch_as_a_consumer_may_make_is_written(store: StateStore) -> None:
    """Ten thousand events (`RECOMMENDER_BATCH_RECORDS`), each of another visitor who says to be the same user."""
    names = [f"visitor-{n}" for n in range(10_000)]
    puts, counts = dict.fromkeys(names, b"profile"), dict.fromkeys(names, 1)
    store.apply(Batch("s", 0, 10_000, puts=puts, increments={"c": counts}, members={"guest": names}))
    assert store.members("guest") == sorted(names)
    assert sum(store.counters("c").values()) == 10_000
    assert store.get_many([names[0], names[-1]]) == [b"profile", b"profile"]


def test_members_leave(store: StateStore) -> None:
    store.apply(Batch("s", 0, 1, members={"u": ["a", "b", "c"]}))
    store.remove_members("u", ["a", "c"])
    assert store.members("u") == ["b"]


def test_permits_run_out_and_tell_when_to_come_back(store: StateStore) -> None:
    waits = [store.take("team", limit=3, window_seconds=60) for _ in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 20
    assert store.take("another", limit=3, window_seconds=60) == 0


def test_a_value_outside_a_stream(store: StateStore) -> None:
    store.put("k", b"v", ttl_seconds=60)
    assert store.get_many(["k"]) == [b"v"]
    store.put("k", None)
    assert store.get_many(["k"]) == [None]
