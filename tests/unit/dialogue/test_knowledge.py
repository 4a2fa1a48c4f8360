"""A shopper asks, and the staff answer from their articles, or say that they do not know."""

from pathlib import Path

import pytest

from services.dialogue.knowledge import KnowledgeBase

HEATING = """---
title: Descaling the kettle
topic: ask-warranty
questions:
  - How do I get limescale out of my kettle?
---
Boil a spoonful of citric acid in it once a month and rinse it twice.

## Filters

The filter above the spout comes out and is washed by hand.
"""
WATERING = """---
title: Watering orchids
topic: ask-contact
questions:
  - How often does an orchid want water?
---
Stand the pot in water for ten minutes once a week.
"""
BREWING = """---
title: 怎么泡白茶
topic: ask-contact
questions:
  - 白茶用多少度的水泡
---
水温九十度，浸一分钟出汤。
"""


def put(folder: Path, place: str, text: str) -> None:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, "en/descale.md", HEATING)
    put(tmp_path, "en/orchids.md", WATERING)
    put(tmp_path, "zh/white-tea.md", BREWING)
    return tmp_path


def first(base: KnowledgeBase, question: str, language: str = "en") -> str:
    answers = base.find(question, language)
    return answers[0].slug if answers else ""


def test_a_question_is_answered_by_its_article_with_the_source(folder: Path) -> None:
    (answer,) = KnowledgeBase(str(folder)).find("limescale in the kettle", "en")
    assert (answer.slug, answer.language, answer.uri) == ("descale", "en", "en/descale.md")
    assert answer.title == "Descaling the kettle"
    assert answer.text == "Boil a spoonful of citric acid in it once a month and rinse it twice."
    assert 0.5 < answer.confidence <= 1


def test_who_asks_for_a_detail_is_told_the_detail(folder: Path) -> None:
    (answer,) = KnowledgeBase(str(folder)).find("can the spout filter of the kettle be washed", "en")
    assert answer.text == "The filter above the spout comes out and is washed by hand."


def test_nobody_knows_what_stands_nowhere(folder: Path) -> None:
    base = KnowledgeBase(str(folder))
    assert base.find("which bicycle has the strongest brakes", "en") == ()
    assert base.find("自行车刹车怎么调", "zh") == ()


@pytest.mark.parametrize("nothing", ["", "   ", "?!", "🙂", "\x00"])
def test_who_says_nothing_gets_no_answer(folder: Path, nothing: str) -> None:
    assert KnowledgeBase(str(folder)).find(nothing, "en") == ()


def test_typing_errors_are_read_over(folder: Path) -> None:
    base = KnowledgeBase(str(folder))
    assert first(base, "how do i get limesacle out of my ketle") == "descale"
    assert first(base, "how often does an orchdi want watr") == "orchids"


def test_a_novel_instead_of_a_question_is_read_in_part(folder: Path) -> None:
    base = KnowledgeBase(str(folder))
    assert first(base, "limescale in the kettle " + "and so on and on " * 20_000) in {"", "descale"}


def test_a_region_of_a_language_is_that_language(folder: Path) -> None:
    assert first(KnowledgeBase(str(folder)), "白茶用多少度的水", "zh-CN") == "white-tea"


def test_runners_up_are_less_sure(folder: Path) -> None:
    answers = KnowledgeBase(str(folder)).find("limescale in the kettle", "en", limit=3)
    assert len(answers) == 3
    assert [one.confidence for one in answers] == sorted((one.confidence for one in answers), reverse=True)


def test_a_hint_of_the_topic_decides_between_equals(tmp_path: Path) -> None:
    for slug, topic in (("a-return", "ask-return-policy"), ("a-warranty", "ask-warranty")):
        text = f"---\ntitle: Lamps\ntopic: {topic}\nquestions:\n  - What about lamps?\n---\nLamps are {slug}.\n"
        put(tmp_path, f"en/{slug}.md", text)
    base = KnowledgeBase(str(tmp_path), threshold=0)
    assert base.find("lamps", "en", topic="ask-warranty")[0].slug == "a-warranty"
    assert base.find("lamps", "en", topic="ask-return-policy")[0].slug == "a-return"
    assert first(base, "lamps")


async def test_the_dialogue_asks_without_waiting_on_it(folder: Path) -> None:
    (answer,) = await KnowledgeBase(str(folder)).search("limescale in the kettle", "en", "ask-warranty", limit=1)
    assert answer.slug == "descale"


def test_a_shop_without_articles_knows_nothing(tmp_path: Path) -> None:
    base = KnowledgeBase(str(tmp_path))
    assert len(base) == 0
    assert base.find("anything", "en") == ()


def test_a_place_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no folder of articles"):
        KnowledgeBase(str(tmp_path / "nowhere"))


def test_a_new_article_is_known_after_a_reload(folder: Path) -> None:
    base = KnowledgeBase(str(folder))
    assert not base.reload()
    put(folder, "en/candles.md", WATERING.replace("orchids", "candles").replace("orchid want water", "candle need air"))
    assert first(base, "does a candle need air") == ""
    assert base.reload()
    assert first(base, "does a candle need air") == "candles"


def test_an_article_taken_away_is_forgotten(folder: Path) -> None:
    base = KnowledgeBase(str(folder))
    (folder / "en/descale.md").unlink()
    assert base.reload()
    assert first(base, "limescale in the kettle") == ""


def test_a_slip_of_the_pen_silences_nobody(folder: Path) -> None:
    base = KnowledgeBase(str(folder))
    put(folder, "en/descale.md", HEATING.replace("title:", "titel:"))
    assert base.reload()
    assert [(fault.uri, fault.field) for fault in base.faults] == [("en/descale.md", "titel")]
    assert first(base, "limescale in the kettle") == "descale"
    assert first(base, "how often does an orchid want water") == "orchids"


def test_a_place_that_goes_away_leaves_what_was_known(folder: Path) -> None:
    base = KnowledgeBase(str(folder))
    folder.rename(folder.with_name("moved"))
    with pytest.raises(OSError, match="no folder"):
        base.reload()
    assert first(base, "limescale in the kettle") == "descale"


def test_articles_may_lie_in_any_storage() -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe({"/knowledge-test/en/descale.md": HEATING.encode(), "/knowledge-test/README.md": b"no article"})
    base = KnowledgeBase("memory://knowledge-test")
    assert len(base) == 1
    assert base.find("limescale in the kettle", "en")[0].uri == "en/descale.md"
