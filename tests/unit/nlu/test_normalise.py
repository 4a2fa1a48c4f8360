"""Words of a slot and what they mean. Today is Monday, 23 November 2026."""

from datetime import date
from decimal import Decimal

import pytest

from services.nlu.data import colours
from services.nlu.normalise.colours import table
from services.nlu.normalise.numerals import chinese, english, numbers
from services.nlu.normalise.slot_values import Surroundings, value_of
from services.nlu.normalise.values import Amounts, Canonical, Days, Number, Value

TODAY = date(2026, 11, 23)
COLOURS = table([("navy", "Navy"), ("藏青色", "Navy"), ("red", "Red"), ("红色", "Red"), ("sky blue", "Sky Blue")])


def value(kind: str, words: str, before: str = "", after: str = "") -> Value | None:
    return value_of(kind, words, Surroundings(TODAY, before, after), COLOURS)


@pytest.mark.parametrize(
    ("words", "number"),
    [("两千五", 2500), ("两百五", 250), ("一百零五", 105), ("十二", 12), ("三八", 38), ("一万二", 12000), ("二十", 20)],
)
def test_chinese_numbers(words: str, number: int) -> None:
    assert chinese(words) == number


@pytest.mark.parametrize(
    ("words", "number"),
    [("two hundred and fifty", 250), ("a hundred", 100), ("twenty-five", 25), ("three thousand", 3000), ("a", None)],
)
def test_english_numbers(words: str, number: int | None) -> None:
    assert english(words) == number


def test_numbers_in_digits() -> None:
    assert numbers("1.5k or 1,200 or 3万") == [Decimal(1500), Decimal(1200), Decimal(30000)]


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        ("under 200 yuan", None, 200),
        ("200块以内", None, 200),
        ("不超过80", None, 80),
        ("not more than 200", None, 200),
        ("300以上", 300, None),
        ("at least 300", 300, None),
        ("100到200", 100, 200),
        ("2-300", 200, 300),
        ("两三百", 200, 300),
        ("between 800 and 1500 yuan", 800, 1500),
        ("about 300", 270, 330),
        ("500左右", 450, 550),
        ("两百来块", 180, 220),
        ("２００元以下", None, 200),
        ("200", None, 200),
    ],
)
def test_amounts(words: str, least: int | None, most: int | None) -> None:
    found = value("money", words)
    assert isinstance(found, Amounts)
    assert (found.least, found.most, found.currency, found.direction) == (least, most, "CNY", 0)


def test_a_bound_may_stand_outside_of_the_words() -> None:
    assert value("money", "200", before="nothing more than ") == Amounts(Decimal(200), None)
    assert value("money", "200", after="以上") == Amounts(Decimal(200), None)


@pytest.mark.parametrize(
    ("words", "direction"), [("cheaper", -1), ("便宜点", -1), ("太贵", -1), ("贵一点", 1), ("higher budget", 1)]
)
def test_only_a_direction(words: str, direction: int) -> None:
    assert value("money", words) == Amounts(direction=direction)


def test_other_currencies_and_words_without_an_amount() -> None:
    assert value("money", "under $50") == Amounts(None, Decimal(50), "USD")
    assert value("money", "whatever") is None


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("today", (11, 23), (11, 23)),
        ("昨天", (11, 22), (11, 22)),
        ("大前天", (11, 20), (11, 20)),
        ("last week", (11, 16), (11, 22)),
        ("上周五", (11, 20), (11, 20)),
        ("last Friday", (11, 20), (11, 20)),
        ("last Monday", (11, 16), (11, 16)),
        ("Tuesday", (11, 17), (11, 17)),
        ("下周一", (11, 30), (11, 30)),
        ("上个月", (10, 1), (10, 31)),
        ("十月", (10, 1), (10, 31)),
        ("3 days ago", (11, 20), (11, 20)),
        ("三天前", (11, 20), (11, 20)),
        ("11月3号", (11, 3), (11, 3)),
        ("十一月三号", (11, 3), (11, 3)),
        ("3 November", (11, 3), (11, 3)),
        ("Nov 3rd", (11, 3), (11, 3)),
        ("2026-11-03", (11, 3), (11, 3)),
        ("on the 3rd", (11, 3), (11, 3)),
        ("31号", (10, 31), (10, 31)),
        ("11月1号到5号", (11, 1), (11, 5)),
        ("from 1 Nov to 5 Nov", (11, 1), (11, 5)),
        ("双十一", (11, 11), (11, 11)),
        ("spring", (3, 1), (5, 31)),
        ("this year", (1, 1), (12, 31)),
        ("最近两周", (11, 9), (11, 23)),
        ("tomorrow", (11, 24), (11, 24)),
    ],
)
def test_days(words: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert value("date", words) == Days(date(2026, *first), date(2026, *last))


def test_days_of_other_years() -> None:
    assert value("date", "去年") == Days(date(2025, 1, 1), date(2025, 12, 31))
    assert value("date", "December") == Days(date(2025, 12, 1), date(2025, 12, 31))


def test_a_word_before_it_may_say_that_the_day_is_ahead() -> None:
    saturday = Days(date(2026, 11, 28), date(2026, 11, 28))
    assert value("date", "Saturday", before="will it be here by ") == saturday


@pytest.mark.parametrize("words", ["30 Feb", "someday", "40号", "99月99号", "0月0号"])
def test_what_is_no_day(words: str) -> None:
    assert value("date", words) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("m", "M"),
        ("2XL", "XXL"),
        ("large", "L"),
        ("小码", "S"),
        ("38", "38"),
        ("size 41.5", "41.5"),
        ("四十二", "42"),
        ("160x200 cm", "160x200 cm"),
        ("200×230", "200x230"),
        ("1米8", "1.8 m"),
        ("1.5 m", "1.5 m"),
        ("20寸", "20 in"),
        ("nice", None),
    ],
)
def test_sizes(words: str, expected: str | None) -> None:
    assert value("size", words) == (None if expected is None else Canonical(expected))


@pytest.mark.parametrize(
    ("kind", "words", "number"),
    [
        ("quantity", "两", 2),
        ("quantity", "a pair", 1),
        ("quantity", "both", 2),
        ("quantity", "one more", 1),
        ("quantity", "a dozen", 12),
        ("quantity", "none", None),
        ("quantity", "0", None),
        ("ordinal", "second", 2),
        ("ordinal", "第三个", 3),
        ("ordinal", "last", -1),
        ("ordinal", "最后", -1),
        ("ordinal", "倒数第二", -2),
        ("ordinal", "3", 3),
        ("ordinal", "blue", None),
    ],
)
def test_counts(kind: str, words: str, number: int | None) -> None:
    assert value(kind, words) == (None if number is None else Number(number))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sk 7712 0934", "SK77120934"),
        ("ＳＫ５５０１２８７３", "SK55012873"),
        ("12345678", "SK12345678"),
        ("sk123", None),
    ],
)
def test_order_numbers(words: str, expected: str | None) -> None:
    assert value("order", words) == (None if expected is None else Canonical(expected))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("藏青", "navy"),
        ("藏青色的", "navy"),
        ("Red", "red"),
        ("dark red", "red"),
        ("sky  blue", "sky blue"),
        ("loud", None),
    ],
)
def test_colours(words: str, expected: str | None) -> None:
    assert value("colour", words) == (None if expected is None else Canonical(expected))


def test_the_shops_own_names_win_over_general_ones() -> None:
    known = colours()
    assert (known["navy"], known["藏青"], known["酒红"]) == ("navy", "navy", "burgundy")
    assert value("text", "  linen   shirt ") == Canonical("linen shirt")
