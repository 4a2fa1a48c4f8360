"""A draft and its audit trail as plain values."""

from dataclasses import dataclass
from datetime import datetime

from services.generator.generator import Copy

IN_REVIEW, APPROVED, PUBLISHED, REJECTED = "in-review", "approved", "published", "rejected"
STATES = (IN_REVIEW, APPROVED, PUBLISHED, REJECTED)


@dataclass(frozen=True)
class AuditEntry:
    """Who did what, and the text as it was after it."""

    at: datetime
    actor: str
    action: str
    revision: int
    note: str
    text: str


@dataclass(frozen=True)
class Draft:
    """`published_text` is what the catalogue says, or said before this was published. `mention` and `omit` are names of
    facts that instructions asked for."""

    draft_id: str
    product_id: str
    state: str
    copy: Copy
    revision: int
    author: str
    created_at: datetime
    updated_at: datetime
    reviewer: str = ""
    published_at: datetime | None = None
    published_text: str = ""
    seed: int = 0
    mention: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    audit: tuple[AuditEntry, ...] = ()


@dataclass(frozen=True)
class Approval:
    """An approved draft on its way into the catalogue. `import_id` is the request id under which it goes there, however
    often it is sent; `replaced_text` what stood there before the first try, None until that is known."""

    draft: Draft
    import_id: str
    attempts: int
    replaced_text: str | None
