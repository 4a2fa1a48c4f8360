"""An article of the knowledge base: Markdown behind front matter (`title`, `topic`, `questions`).

The first paragraph answers the title's question by itself; `##` headings part what follows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$\n?(.*)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$")
_FENCE = re.compile(r"^[ \t]*(```|~~~)")
_FIELDS = ("title", "topic", "questions")


class Section(NamedTuple):
    heading: str
    text: str


@dataclass(frozen=True)
class Article:
    slug: str
    language: str
    uri: str
    """Where it lies below the knowledge base's folder."""
    title: str
    topic: str
    questions: tuple[str, ...]
    """Ways in which people ask what it answers."""
    lead: str
    """The first paragraph."""
    sections: tuple[Section, ...]


class ArticleError(ValueError):
    """What is wrong with one article: which file, which field."""

    def __init__(self, uri: str, field: str, reason: str) -> None:
        super().__init__(f"{uri}: {field}: {reason}")
        self.uri, self.field, self.reason = uri, field, reason


def parse(text: str, *, slug: str, language: str, uri: str) -> Article:
    """Reads one file's text; raises ArticleError."""
    found = _FRONT_MATTER.match(text.replace("\r\n", "\n"))
    if found is None:
        raise ArticleError(uri, "front matter", "must stand at the top, between two lines of ---")
    front = _front_matter(found[1], uri)
    lead, sections = _body(found[2])
    if not lead:
        raise ArticleError(uri, "text", "must begin with a paragraph that answers the title's question")
    return Article(
        slug=slug,
        language=language,
        uri=uri,
        title=_text(front, "title", uri),
        topic=_text(front, "topic", uri),
        questions=_questions(front, uri),
        lead=lead,
        sections=tuple(sections),
    )


def _front_matter(text: str, uri: str) -> Mapping[str, Any]:
    try:
        front = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark else ""
        raise ArticleError(uri, "front matter", f"is not YAML{where}") from error
    if not isinstance(front, dict):
        raise ArticleError(uri, "front matter", "must be fields with values")
    for name in front:
        if name not in _FIELDS:
            raise ArticleError(uri, str(name), f"is not a field of an article ({', '.join(_FIELDS)})")
    return front


def _text(front: Mapping[str, Any], field: str, uri: str) -> str:
    value = front.get(field)
    if not isinstance(value, str) or not value.strip():
        raise ArticleError(uri, field, "must be text" if field in front else "is missing")
    return value.strip()


def _questions(front: Mapping[str, Any], uri: str) -> tuple[str, ...]:
    value = front.get("questions")
    if not isinstance(value, list) or not value:
        raise ArticleError(uri, "questions", "must be a list" if "questions" in front else "is missing")
    for at, question in enumerate(value):
        if not isinstance(question, str) or not question.strip():
            raise ArticleError(uri, f"questions[{at}]", "must be text; put it in quotes")
    return tuple(question.strip() for question in value)


def _body(text: str) -> tuple[str, list[Section]]:
    """The first paragraph, and the rest by heading; what follows the first paragraph without one has none."""
    parts = list(_by_heading(text))
    lead, _, rest = "\n".join(parts[0][1]).strip().partition("\n\n")
    sections = [Section("", rest.strip())] if rest.strip() else []
    for heading, lines in parts[1:]:
        written = "\n".join(lines).strip()
        if written:
            sections.append(Section(heading, written))
    return lead.strip(), sections


def _by_heading(text: str) -> Iterator[tuple[str, list[str]]]:
    """A `#` inside a fence of code is no heading."""
    heading, lines, fenced = "", list[str](), False
    for line in text.split("\n"):
        fenced ^= _FENCE.match(line) is not None
        found = None if fenced else _HEADING.match(line)
        if found is None:
            lines.append(line)
        else:
            yield heading, lines
            heading, lines = found[1], []
    yield heading, lines
