"""An author writes an article, and is told what is wrong with it."""

from pathlib import Path

import pytest

from services.dialogue.knowledge.article import Article, ArticleError, Section, parse
from services.dialogue.knowledge.library import read_library

FRONT = "---\ntitle: Tea\ntopic: ask-contact\nquestions:\n  - Which tea?\n---\n"


def read(text: str) -> Article:
    return parse(text, slug="tea", language="en", uri="en/tea.md")


def test_an_article_is_a_lead_and_sections() -> None:
    article = read(f"{FRONT}Green tea.\n\nAnd black.\n\n## Cups\n\nSmall ones.\n\n### Pots\nBig ones.\n")
    assert (article.title, article.topic, article.questions) == ("Tea", "ask-contact", ("Which tea?",))
    assert article.lead == "Green tea."
    assert article.sections == (Section("", "And black."), Section("Cups", "Small ones."), Section("Pots", "Big ones."))


def test_a_heading_inside_code_is_none() -> None:
    (section,) = read(f"{FRONT}Green tea.\n\n## Code\n```\n# not a heading\n```\n").sections
    assert section == Section("Code", "```\n# not a heading\n```")


def test_lines_may_end_as_on_windows() -> None:
    assert read(f"{FRONT}Green tea.\n\n## Cups\nSmall.\n".replace("\n", "\r\n")).sections == (
        Section("Cups", "Small."),
    )


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        ("Green tea.", "front matter", "must stand at the top"),
        ("---\ntitle: [\n---\nGreen.", "front matter", "not YAML"),
        ("---\n- tea\n---\nGreen.", "front matter", "must be fields"),
        (FRONT.replace("title: Tea\n", "") + "Green.", "title", "is missing"),
        (FRONT.replace("title: Tea", "title: 12") + "Green.", "title", "must be text"),
        (FRONT.replace("topic:", "topics:") + "Green.", "topics", "not a field"),
        (FRONT.replace("\n  - Which tea?", " Which tea?") + "Green.", "questions", "must be a list"),
        (FRONT.replace("- Which tea?", "- yes") + "Green.", "questions[0]", "must be text"),
        (FRONT, "text", "must begin with a paragraph"),
        (f"{FRONT}## Cups\nSmall.", "text", "must begin with a paragraph"),
    ],
)
def test_an_author_is_told_the_file_the_field_and_the_reason(text: str, field: str, reason: str) -> None:
    with pytest.raises(ArticleError) as told:
        read(text)
    assert (told.value.uri, told.value.field) == ("en/tea.md", field)
    assert reason in told.value.reason
    assert str(told.value).startswith(f"en/tea.md: {field}: ")


def test_one_bad_article_takes_no_other_down(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "tea.md").write_text(f"{FRONT}Green tea.\n")
    (tmp_path / "en" / "bad.md").write_text("no front matter")
    (tmp_path / "en" / "Bad Name.md").write_text(f"{FRONT}Green tea.\n")
    (tmp_path / "en" / "latin.md").write_bytes(FRONT.encode() + b"caf\xe9\n")
    (tmp_path / "README.md").write_text("about this folder")
    library = read_library(str(tmp_path))
    assert [article.slug for article in library.articles] == ["tea"]
    assert [(fault.uri, fault.field) for fault in library.faults] == [
        ("en/Bad Name.md", "file name"),
        ("en/bad.md", "front matter"),
        ("en/latin.md", "text"),
    ]
