"""Tokens and their places, and the language they are in."""

import pytest

from services.nlu.language import language_of
from services.nlu.text import plain, tokenise


def words(text: str) -> list[str]:
    return [token.word for token in tokenise(text)]


def test_a_chinese_character_is_a_token_and_so_is_a_latin_word() -> None:
    assert words("想买Red 裙子，38码") == ["想", "买", "red", "裙", "子", ",", "38", "码"]
    assert words("isn't 1,000 41.5 SK123") == ["isn", "'t", "1,000", "41.5", "sk", "123"]


@pytest.mark.parametrize(
    "text",
    ["ＳＫ１２３４ 全角", "a👍🏽b 漢字", "½ ﬁne ㎏", "line\nbreak\ttab", "İstanbul", "𠮷野家的裙子", "e\u0301te"],
)
def test_places_are_those_of_the_text_as_it_came(text: str) -> None:
    for token in tokenise(text):
        assert 0 <= token.start < token.end <= len(text)
        assert plain(text[token.start : token.end]).text.find(token.word) >= 0


def test_full_width_is_read_as_plain() -> None:
    (letters, digits) = tokenise("ＳＫ１２３４")
    assert (letters.word, digits.word) == ("sk", "1234")
    assert (digits.start, digits.end) == (2, 6)


@pytest.mark.parametrize(
    ("text", "code", "mixed"),
    [
        ("我的快递到哪了", "zh", False),
        ("where is my parcel", "en", False),
        ("我想return这件卫衣", "zh", True),
        ("do you have 羽绒服 in my size", "en", True),
        ("38码有货吗", "zh", False),
        ("M码", "zh", False),
        ("SK12345678", "en", False),
        ("？？", "en", False),
        ("", "en", False),
        ("我要退貨，謝謝", "zh", False),
    ],
)
def test_language(text: str, code: str, mixed: bool) -> None:
    found = language_of(tokenise(text))
    assert (found.code, found.mixed) == (code, mixed)
