"""Shoppers of the sample shop ask its staff; and its articles are what their README says they are."""

import re
import tomllib
from pathlib import Path

import pytest

from sample_shop import __file__ as sample_shop
from services.dialogue.knowledge import KnowledgeBase
from services.dialogue.knowledge.library import Library, read_library

SHOP = Path(sample_shop).parent
ARTICLES = SHOP / "knowledge"


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(str(ARTICLES))


@pytest.fixture(scope="module")
def staff() -> KnowledgeBase:
    return KnowledgeBase(str(ARTICLES))


@pytest.mark.parametrize(
    ("question", "language", "slug"),
    [
        ("Is delivery free over 99 yuan?", "en", "shipping-cost"),
        ("how long do i have to return a dress", "en", "return-window"),
        ("when will my refund be on my credit card", "en", "refund-time"),
        ("can I use two coupons together", "en", "coupon-stacking"),
        ("do you ship to Canada", "en", "shipping-regions"),
        ("包邮吗", "zh", "shipping-cost"),
        ("退款什么时候到账", "zh", "refund-time"),
        ("能开专票吗", "zh", "invoice-how-to"),
        ("有没有运费险", "zh", "return-shipping-cost"),
        ("怎么注销账号", "zh", "delete-account"),
        ("invoice 怎么开", "zh", "invoice-how-to"),
    ],
)
def test_a_shopper_is_answered(staff: KnowledgeBase, question: str, language: str, slug: str) -> None:
    answer = staff.find(question, language)[0]
    assert (answer.slug, answer.language) == (slug, language)


def test_who_asks_about_tibet_is_told_about_tibet(staff: KnowledgeBase) -> None:
    assert "¥18" in staff.find("how much is delivery to Tibet", "en")[0].text
    assert "18 元" in staff.find("西藏运费多少", "zh")[0].text


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("who won the match last night", "en"),
        ("how do I bake sourdough bread", "en"),
        ("讲个笑话听听", "zh"),
        ("你好", "zh"),
    ],
)
def test_the_staff_do_not_answer_what_is_no_business_of_theirs(
    staff: KnowledgeBase, question: str, language: str
) -> None:
    assert staff.find(question, language) == ()


def test_what_is_written_in_the_other_language_only_is_given_and_says_so(tmp_path: Path) -> None:
    for article in ARTICLES.glob("*/*.md"):
        if article.stem != "gift-wrapping" or article.parent.name != "en":
            copy = tmp_path / article.parent.name / article.name
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(article.read_bytes())
    staff = KnowledgeBase(str(tmp_path))
    answer = staff.find("can you gift wrap it with a greeting card", "en")[0]
    assert (answer.slug, answer.language, answer.uri) == ("gift-wrapping", "zh", "zh/gift-wrapping.md")


def test_every_article_is_there_in_both_languages_and_sound(library: Library) -> None:
    assert library.faults == ()
    slugs = [{one.slug for one in library.articles if one.language == language} for language in ("en", "zh")]
    assert slugs[0] == slugs[1]
    assert {slug for row in _rows() for slug in row[1]} == slugs[0]


def test_every_topic_is_an_intent_and_the_readmes(library: Library) -> None:
    intents = tomllib.loads((SHOP / "language" / "intents.toml").read_text(encoding="utf-8"))["intents"]
    topics = {slug: topic for topic, slugs in _rows() for slug in slugs}
    for article in library.articles:
        assert article.topic in intents, article.uri
        if topics[article.slug].startswith("ask-"):
            assert article.topic == topics[article.slug], article.uri


def test_articles_are_of_a_length_to_be_read(library: Library) -> None:
    for article in library.articles:
        text = " ".join([article.lead, *(f"{heading} {text}" for heading, text in article.sections)])
        if article.language == "en":
            assert 60 <= len(re.findall(r"\w+(?:['’.,-]\w+)*", text)) <= 250, article.uri
        else:
            assert 100 <= len(re.sub(r"[\s|]", "", text)) <= 450, article.uri
        assert len(set(article.questions)) >= 6, article.uri


def test_no_question_to_judge_by_stands_in_an_article(library: Library) -> None:
    lines = [line for path in (ARTICLES / "questions").glob("*.txt") for line in path.read_text("utf-8").splitlines()]
    judged = {_plain(line.split(" ", 1)[1]) for line in lines}
    assert not judged & {_plain(question) for article in library.articles for question in article.questions}


def _rows() -> list[tuple[str, list[str]]]:
    """The README's table: topic, slugs."""
    found = re.findall(r"^\| (\(?[a-z-]+\)?) \| ([a-z, -]+) \|$", (ARTICLES / "README.md").read_text("utf-8"), re.M)
    return [(topic, slugs.split(", ")) for topic, slugs in found if topic != "topic"]


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
