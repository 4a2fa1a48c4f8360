"""What may follow what."""

import numpy as np

from services.generator.chains import NOTHING, Chains
from services.generator.examples import Example
from services.generator.features import Encoded

READ = Encoded((), (), (), (), (5,), 0, ())
V = 10
CHAINS = Chains.learn(V, [Example(READ, (5, 6, 11, 7, 2)), Example(READ, (5, 6, 12, 8, 2)), Example(READ, (5, 7, 2))])


def following(before: int, last: int) -> list[int]:
    found = CHAINS.following(before, last)
    assert found is not None
    return found.tolist()


def test_only_what_a_text_had_follows_and_facts_are_all_alike() -> None:
    assert following(NOTHING, 5) == [6, 7]
    assert following(5, 6) == [V]
    assert following(6, V) == [7, 8]
    assert following(V, 7) == [2]
    assert following(7, 8) == []


def test_chains_come_back_from_their_arrays() -> None:
    again = Chains.from_arrays(V, CHAINS.arrays())
    assert all(
        np.array_equal(getattr(again, name), getattr(CHAINS, name)) for name in ("pairs_P", "starts_P", "nexts_N")
    )


def test_without_texts_anything_may_follow() -> None:
    assert Chains.anything(V).following(1, 2) is None
