"""Drafts in the database: every change, its audit entry and what it sets off are one transaction. Blocks."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, RowMapping
from sqlalchemy.exc import IntegrityError

from servicekit.database import writing
from servicekit.errors import Conflict, NotFound
from services.generator.content import copy_from, to_json
from services.generator.drafts import APPROVED, IN_REVIEW, PUBLISHED, REJECTED, Approval, AuditEntry, Draft
from services.generator.generator import Copy

_META = sa.MetaData()
_TIME = sa.DateTime(timezone=True)
_DRAFTS = sa.Table(
    "generator_drafts",
    _META,
    sa.Column("draft_id", sa.String, primary_key=True),
    sa.Column("request_id", sa.String),
    sa.Column("product_id", sa.String),
    sa.Column("state", sa.String),
    sa.Column("revision", sa.Integer),
    sa.Column("author", sa.String),
    sa.Column("reviewer", sa.String),
    sa.Column("created_at", _TIME),
    sa.Column("updated_at", _TIME),
    sa.Column("published_at", _TIME),
    sa.Column("published_text", sa.Text),
    sa.Column("seed", sa.BigInteger),
    sa.Column("content", sa.JSON),
)
_AUDIT = sa.Table(
    "generator_audit",
    _META,
    sa.Column("entry_id", sa.Integer, primary_key=True),
    sa.Column("draft_id", sa.String),
    sa.Column("at", _TIME),
    sa.Column("actor", sa.String),
    sa.Column("action", sa.String),
    sa.Column("revision", sa.Integer),
    sa.Column("note", sa.Text),
    sa.Column("text", sa.Text),
)
_OUTBOX = sa.Table(
    "generator_outbox",
    _META,
    sa.Column("draft_id", sa.String, primary_key=True),
    sa.Column("import_id", sa.String),
    sa.Column("replaced_text", sa.Text),
    sa.Column("attempts", sa.Integer),
    sa.Column("due_at", _TIME),
)
_IMPORTS = uuid.UUID("0a6c0a4e-6f1f-5b0e-9d0e-8c1f6f3b6a11")
"""Name space of the request ids under which approvals go to the catalogue."""


def now() -> datetime:
    return datetime.now(UTC)


class DraftRecords:
    """`clock` gives now, with its time zone."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = now) -> None:
        self._engine, self._now = engine, clock

    def create(self, draft: Draft, request_id: str = "") -> Draft:
        """The draft with its first audit entry; of a request id seen before, the first draft."""
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(_DRAFTS).values(request_id=request_id or None, **_row(draft)))
                self._note(connection, draft, draft.author, "created", "")
        except IntegrityError:
            found = self.by_request(request_id)
            if found is None:
                raise
            return found
        return self.get(draft.draft_id)

    def by_request(self, request_id: str) -> Draft | None:
        with writing(self._engine) as connection:
            query = sa.select(_DRAFTS.c.draft_id).where(_DRAFTS.c.request_id == request_id)
            draft_id = connection.execute(query).scalar_one_or_none() if request_id else None
        return self.get(draft_id) if draft_id else None

    def get(self, draft_id: str) -> Draft:
        """With its audit trail. Raises NotFound."""
        with writing(self._engine) as connection:
            return self._whole(connection, draft_id)

    def page(self, state: str, product_id: str, after: tuple[datetime, str] | None, size: int) -> list[Draft]:
        """Newest first, without audit; those after (creation, id)."""
        query = sa.select(_DRAFTS).order_by(_DRAFTS.c.created_at.desc(), _DRAFTS.c.draft_id.desc()).limit(size)
        if state:
            query = query.where(_DRAFTS.c.state == state)
        if product_id:
            query = query.where(_DRAFTS.c.product_id == product_id)
        if after is not None:
            at, draft_id = after
            older = sa.and_(_DRAFTS.c.created_at == at, _DRAFTS.c.draft_id < draft_id)
            query = query.where(sa.or_(_DRAFTS.c.created_at < at, older))
        with writing(self._engine) as connection:
            return [_draft(row) for row in connection.execute(query).mappings()]

    def reword(self, draft: Draft, actor: str, action: str, note: str) -> Draft:
        """Takes in new words: those of `draft`, whose revision is the one that was seen."""
        values = {
            "revision": draft.revision + 1,
            "published_text": draft.published_text,
            "seed": draft.seed,
            "content": to_json(draft.copy, draft.mention, draft.omit),
        }
        with writing(self._engine) as connection:
            self._change(connection, draft.draft_id, draft.revision, values)
            self._note(connection, replace(draft, revision=draft.revision + 1), actor, action, note)
            return self._whole(connection, draft.draft_id)

    def approve(self, draft_id: str, revision: int, actor: str, note: str) -> Draft:
        """Approved, and in the outbox in the same transaction: whatever happens now, it will be published."""
        with writing(self._engine) as connection:
            self._change(connection, draft_id, revision, {"state": APPROVED, "reviewer": actor})
            draft = self._whole(connection, draft_id)
            self._note(connection, draft, actor, "approved", note)
            nth = sum(entry.action == "approved" for entry in draft.audit)
            import_id = str(uuid.uuid5(_IMPORTS, f"{draft_id} {nth}"))
            row = {"draft_id": draft_id, "import_id": import_id, "attempts": 0, "due_at": self._now()}
            connection.execute(sa.insert(_OUTBOX).values(row))
            return self._whole(connection, draft_id)

    def reject(self, draft_id: str, revision: int, actor: str, note: str) -> Draft:
        with writing(self._engine) as connection:
            self._change(connection, draft_id, revision, {"state": REJECTED, "reviewer": actor})
            self._note(connection, self._whole(connection, draft_id), actor, "rejected", note)
            return self._whole(connection, draft_id)

    def approvals_due(self) -> list[Approval]:
        """Those to be published now, the longest waiting first."""
        query = (
            sa.select(_DRAFTS, _OUTBOX.c.import_id, _OUTBOX.c.attempts, _OUTBOX.c.replaced_text)
            .join(_OUTBOX, _OUTBOX.c.draft_id == _DRAFTS.c.draft_id)
            .where(_OUTBOX.c.due_at <= self._now())
            .order_by(_OUTBOX.c.due_at)
        )
        with writing(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [Approval(_draft(row), row["import_id"], row["attempts"], row["replaced_text"]) for row in rows]

    def replaces(self, draft_id: str, text: str) -> None:
        """Remembers what the catalogue said before the first try; later tries may see our own words there."""
        with writing(self._engine) as connection:
            where = sa.and_(_OUTBOX.c.draft_id == draft_id, _OUTBOX.c.replaced_text.is_(None))
            connection.execute(sa.update(_OUTBOX).where(where).values(replaced_text=text))

    def published(self, draft_id: str) -> None:
        """Done, once: two that publish at the same time leave one entry."""
        with writing(self._engine) as connection:
            replaced = self._leave_outbox(connection, draft_id)
            values = {"state": PUBLISHED, "published_at": self._now(), "published_text": replaced or ""}
            if self._move_on(connection, draft_id, values):
                draft = self._whole(connection, draft_id)
                self._note(connection, draft, draft.reviewer, "published", "")

    def postponed(self, draft_id: str, due_at: datetime, why: str) -> None:
        """Could not be published now. The audit trail says so once, not at each try."""
        with writing(self._engine) as connection:
            where = _OUTBOX.c.draft_id == draft_id
            attempts = connection.execute(sa.select(_OUTBOX.c.attempts).where(where)).scalar_one_or_none()
            values = {"attempts": _OUTBOX.c.attempts + 1, "due_at": due_at}
            connection.execute(sa.update(_OUTBOX).where(where).values(values))
            if attempts == 0:
                self._note(connection, self._whole(connection, draft_id), "", "publish-failed", why)

    def returned(self, draft_id: str, why: str) -> None:
        """The catalogue refuses it for good: back to review."""
        with writing(self._engine) as connection:
            self._leave_outbox(connection, draft_id)
            if self._move_on(connection, draft_id, {"state": IN_REVIEW}):
                self._note(connection, self._whole(connection, draft_id), "", "publish-failed", why)

    def _leave_outbox(self, connection: Connection, draft_id: str) -> str | None:
        where = _OUTBOX.c.draft_id == draft_id
        replaced: str | None = connection.execute(sa.select(_OUTBOX.c.replaced_text).where(where)).scalar_one_or_none()
        connection.execute(sa.delete(_OUTBOX).where(where))
        return replaced

    def _move_on(self, connection: Connection, draft_id: str, values: Mapping[str, object]) -> bool:
        where = sa.and_(_DRAFTS.c.draft_id == draft_id, _DRAFTS.c.state == APPROVED)
        changed = connection.execute(sa.update(_DRAFTS).where(where).values(updated_at=self._now(), **values))
        return changed.rowcount == 1

    def _change(self, connection: Connection, draft_id: str, revision: int, values: Mapping[str, object]) -> None:
        """Of a draft in review, if it still has the revision that was seen. Raises Conflict that says what is."""
        where = sa.and_(_DRAFTS.c.draft_id == draft_id, _DRAFTS.c.revision == revision, _DRAFTS.c.state == IN_REVIEW)
        changed = connection.execute(sa.update(_DRAFTS).where(where).values(updated_at=self._now(), **values))
        if changed.rowcount != 1:
            raise_unchangeable(self._whole(connection, draft_id), revision)

    def _whole(self, connection: Connection, draft_id: str) -> Draft:
        row = connection.execute(sa.select(_DRAFTS).where(_DRAFTS.c.draft_id == draft_id)).mappings().one_or_none()
        if row is None:
            raise NotFound(f"draft_id: there is no draft {draft_id[:60]!r}", reason="DRAFT_NOT_FOUND")
        query = sa.select(_AUDIT).where(_AUDIT.c.draft_id == draft_id).order_by(_AUDIT.c.entry_id)
        return replace(_draft(row), audit=tuple(_entry(each) for each in connection.execute(query).mappings()))

    def _note(self, connection: Connection, draft: Draft, actor: str, action: str, note: str) -> None:
        row = {"draft_id": draft.draft_id, "revision": draft.revision, "actor": actor, "action": action}
        values = {**row, "at": self._now(), "note": note, "text": draft.copy.text}
        connection.execute(sa.insert(_AUDIT).values(values))


def raise_unchangeable(draft: Draft, revision: int) -> None:
    """Raises Conflict if the draft is not in review, or not at that revision."""
    if draft.state != IN_REVIEW:
        raise Conflict(f"draft {draft.draft_id} is {draft.state}, not in review", reason="NOT_IN_REVIEW")
    if draft.revision != revision:
        message = f"revision: {revision} was seen, the draft is at {draft.revision} by now"
        raise Conflict(message, reason="REVISION_CHANGED")


def _row(draft: Draft) -> dict[str, object]:
    same = ("draft_id", "product_id", "state", "revision", "author", "reviewer")
    more = ("created_at", "updated_at", "published_at", "published_text", "seed")
    content = to_json(draft.copy, draft.mention, draft.omit)
    return {**{name: getattr(draft, name) for name in (*same, *more)}, "content": content}


def _draft(row: RowMapping) -> Draft:
    content = row["content"]
    copy: Copy = copy_from(content)
    return Draft(
        draft_id=row["draft_id"],
        product_id=row["product_id"],
        state=row["state"],
        copy=copy,
        revision=row["revision"],
        author=row["author"],
        reviewer=row["reviewer"],
        created_at=_utc(row["created_at"]),
        updated_at=_utc(row["updated_at"]),
        published_at=_utc(row["published_at"]) if row["published_at"] else None,
        published_text=row["published_text"],
        seed=row["seed"],
        mention=tuple(content["mention"]),
        omit=tuple(content["omit"]),
    )


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(_utc(row["at"]), row["actor"], row["action"], row["revision"], row["note"], row["text"])


def _utc(time: datetime) -> datetime:
    """SQLite forgets the zone."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
