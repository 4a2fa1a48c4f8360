"""What a log line says, and what it keeps to itself."""

import json
import logging
import sys
from typing import Any

import pytest

from servicekit import context
from servicekit.logs import JsonFormatter, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call 13812345678 now", "call [phone] now"),
        ("电话13812345678，谢谢", "电话[phone]，谢谢"),
        ("+86 138-1234-5678", "[phone]"),
        ("ring +44 20 7946 0958 or +1 (415) 555-2671", "ring [phone] or [phone]"),
        ("write to ann.lee+shop@mail.example.co.uk.", "write to [email]."),
        ("身份证11010519491231002X号", "身份证[identity]号"),
        ("paid with 4111 1111 1111 1111", "paid with [card]"),
        ("paid with 6222-0212-3456-7890-128", "paid with [card]"),
        ("a number like 6222-0212-3456-7890-129", "a number like 6222-0212-3456-7890-129"),
        ("paid with 5500005555555559!", "paid with [card]!"),
        ("地址：北京市朝阳区建国路88号3号楼1201室", "地址：[address]"),
        ("deliver to 221 Baker Street, London", "deliver to [address], London"),
    ],
)
def test_what_identifies_a_person_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "published at 1700000000123 ms, offset 98123456789012",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "request 0b0cf8ea-6b9a-4c5e-9d3e-13812345678a",
        "product 85123A costs 2.55, stock 13800",
        "served 127.0.0.1:50051 in 0.0138 s",
        "2026-11-23 20:31:09 +0800",
        "买了88号新品",
    ],
)
def test_what_identifies_nobody_stays_readable(text: str) -> None:
    assert mask(text) == text


def line(message: str, *args: object, **extra: object) -> dict[str, Any]:
    record = logging.getLogger("shop.test").makeRecord(
        "shop.test", logging.WARNING, __file__, 1, message, args, None, extra=extra
    )
    formatted = JsonFormatter("recommender").format(record)
    assert "\n" not in formatted
    parsed: dict[str, Any] = json.loads(formatted)
    return parsed


def test_a_line_says_when_where_and_for_whom() -> None:
    with context.entered(request_id="r-42"):
        said = line("no index of %s 图书", "books", topic="shop.catalog.v1", waited_seconds=1.5, note="mail a@b.io")

    assert said.pop("time").endswith("+00:00")
    assert said == {
        "level": "WARNING",
        "logger": "shop.test",
        "service": "recommender",
        "message": "no index of books 图书",
        "request_id": "r-42",
        "topic": "shop.catalog.v1",
        "waited_seconds": 1.5,
        "note": "mail [email]",
    }


def test_a_traceback_is_one_line_and_masked_too() -> None:
    try:
        raise ValueError("no shopper 13812345678")
    except ValueError:
        record = logging.LogRecord("t", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())

    said = json.loads(JsonFormatter("gateway").format(record))

    assert said["message"] == "failed"
    assert said["exception"].endswith("ValueError: no shopper [phone]")
    assert "Traceback" in said["exception"]


def test_values_inside_lists_and_objects_are_masked() -> None:
    assert line("x", shoppers=["ann@b.io", "bob"])["shoppers"] == "['[email]', 'bob']"
