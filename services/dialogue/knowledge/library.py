"""The articles of a folder, `<language>/<slug>.md`, on a disk or under any fsspec URL."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import fsspec

from services.dialogue.knowledge.article import Article, ArticleError, parse

_PLACE = re.compile(r"(?P<language>[a-z]{2,3}(?:-[A-Za-z0-9]+)*)/(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\.md")


@dataclass(frozen=True)
class Library:
    """What one reading found. Articles in the order of their places."""

    articles: tuple[Article, ...]
    faults: tuple[ArticleError, ...]
    """Articles that could not be read; the others are not touched by them."""
    fingerprint: str
    """Of all files, readable or not."""

    def keeping(self, before: "Library") -> "Library":
        """With the earlier state of articles that are now faulty: a slip of the pen does not silence the staff."""
        faulty = {fault.uri for fault in self.faults}
        kept = [article for article in before.articles if article.uri in faulty]
        return replace(self, articles=tuple(sorted([*self.articles, *kept], key=lambda article: article.uri)))


def read_library(url: str) -> Library:
    """All articles below a URL. Raises OSError if the place itself can't be read."""
    articles: list[Article] = []
    faults: list[ArticleError] = []
    files = _files(url)
    for uri, content in files.items():
        try:
            articles.append(_article(uri, content))
        except ArticleError as fault:
            faults.append(fault)
    return Library(tuple(articles), tuple(faults), _fingerprint(files))


def _files(url: str) -> Mapping[str, bytes]:
    """Place below the URL -> content, in order; only files two levels down that end in `.md`."""
    fs, root = fsspec.core.url_to_fs(url)
    root = root.rstrip("/")
    if not fs.isdir(root):
        raise FileNotFoundError(f"no folder of articles at {url}")
    paths = [path for path in fs.find(root, maxdepth=2) if _is_place(path[len(root) + 1 :])]
    content: Mapping[str, bytes] = fs.cat(paths) if paths else {}
    return {path[len(root) + 1 :]: content[path] for path in sorted(paths)}


def _is_place(path: str) -> bool:
    return path.count("/") == 1 and path.endswith(".md") and not path.startswith(".")


def _article(uri: str, content: bytes) -> Article:
    place = _PLACE.fullmatch(uri)
    if place is None:
        raise ArticleError(uri, "file name", "must be <language>/<slug>.md, the slug in a-z, 0-9 and hyphens")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArticleError(uri, "text", "must be UTF-8") from error
    return parse(text, slug=place["slug"], language=place["language"], uri=uri)


def _fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for uri, content in files.items():
        parts: Sequence[bytes] = (uri.encode(), content)
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
