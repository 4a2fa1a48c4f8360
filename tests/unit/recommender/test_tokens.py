"""Tokens say what was put into them, and nothing to those who made them up."""

import base64

import msgspec
import pytest

from servicekit.errors import InvalidInput
from services.recommender import tokens


def forged(*values: object) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(values)).decode().rstrip("=")


def test_an_attribution_token_tells_place_models_and_time() -> None:
    token = tokens.attribution("home", "20260101T000000-abc", 1_700_000_000_123)
    assert tokens.read_attribution(token) == ("home", "20260101T000000-abc", 1_700_000_000_123)
    assert tokens.attribution("home", "", 1) != tokens.attribution("home", "", 1)
    assert len(token) <= 1024  # what an event may carry


@pytest.mark.parametrize("token", ["", "nonsense", "令牌", "!!!!", forged(1, 2), forged("a", "b", "c", 4)])
def test_the_attribution_token_of_another_is_nobodys(token: str) -> None:
    assert tokens.read_attribution(token) is None


def test_no_page_token_is_the_beginning() -> None:
    assert (tokens.decode_page("", b"asked", 1000), tokens.decode_after("")) == ((0, 0), "")


@pytest.mark.parametrize("offset", [-20, 0, 1000, 10**12])
def test_a_page_token_leads_nowhere_outside(offset: int) -> None:
    with pytest.raises(InvalidInput, match="page_token"):
        tokens.decode_page(tokens.encode_page(offset, b"asked"), b"asked", 1000)


def test_a_token_of_one_list_is_none_of_another() -> None:
    with pytest.raises(InvalidInput, match="page_token"):
        tokens.decode_after(tokens.encode_page(20, b"asked"))
    with pytest.raises(InvalidInput, match="page_token"):
        tokens.decode_page(tokens.encode_after("cup"), b"asked", 1000)
    assert tokens.decode_after(tokens.encode_after("cup-1")) == "cup-1"


def test_later_pages_know_the_first_ones_now() -> None:
    token = tokens.encode_page(20, b"asked", 1_800_000_000_000)
    assert tokens.decode_page(token, b"asked", 1000) == (20, 1_800_000_000_000)
