"""Opaque strings that callers carry back: page tokens and attribution tokens."""

import base64
import binascii
import secrets
import zlib

import msgspec

from servicekit.errors import InvalidInput, Violation


def encode_page(offset: int, asked: bytes, as_of_ms: int = 0) -> str:
    """Where the next page begins. `asked` is the request without its paging: the token is good for it alone.

    `as_of_ms` is the first page's now: later pages rank as of then, so that time alone shifts nothing between them.
    """
    return _packed((offset, zlib.crc32(asked), as_of_ms))


def decode_page(token: str, asked: bytes, deepest: int) -> tuple[int, int]:
    """(offset, now of the first page) of a token; zeros for none. Raises InvalidInput for one that is not ours or of
    another request."""
    if not token:
        return 0, 0
    try:
        offset, check, as_of_ms = msgspec.msgpack.decode(_bytes(token), type=tuple[int, int, int])
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        message = f"{token[:60]!r} is not a token that this service gave"
        raise InvalidInput.of(Violation("page_token", message)) from error
    if check != zlib.crc32(asked) or not 0 < offset < deepest:
        raise InvalidInput.of(Violation("page_token", "belongs to another request: only the page may change"))
    return offset, as_of_ms


def attribution(placement: str, version: str, now_ms: int) -> str:
    """Ties the events that follow to this answer: which place, which models, when, and a number of its own."""
    return _packed((secrets.token_bytes(6), placement, version, now_ms))


def read_attribution(token: str) -> tuple[str, str, int] | None:
    """(placement, models' version, time in ms) of a token of ours; None of another's."""
    try:
        _, placement, version, now_ms = msgspec.msgpack.decode(_bytes(token), type=tuple[bytes, str, str, int])
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        return None
    return placement, version, now_ms


def _packed(values: tuple[object, ...]) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(values)).decode().rstrip("=")


def _bytes(token: str) -> bytes:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def encode_after(product_id: str) -> str:
    """The page that begins after a product, in order of id."""
    return _packed((product_id,))


def decode_after(token: str) -> str:
    """Empty for no token. Raises InvalidInput for one that is not ours."""
    if not token:
        return ""
    try:
        return msgspec.msgpack.decode(_bytes(token), type=tuple[str])[0]
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        message = f"{token[:60]!r} is not a token that this service gave"
        raise InvalidInput.of(Violation("page_token", message)) from error
