"""Plain values as messages of the contract."""

from collections.abc import Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from services.generator.checks import Checks
from services.generator.controls import Controls
from services.generator.diffs import diff
from services.generator.drafts import Draft
from services.generator.facts import Fact
from services.generator.generator import Copy
from services.generator.requests import STATES
from shopkeeper.generator.v1 import generator_pb2 as pb

_STATES = {name: number for number, name in STATES.items() if name}


def controls(told: Controls) -> pb.CopyControls:
    return pb.CopyControls(channel=told.channel, style=told.style, length=told.length, language_code=told.language)


def checks(made: Checks) -> pb.CopyChecks:
    findings = [
        pb.CopyFinding(
            kind=found.kind,
            text=found.text,
            start=found.start,
            end=found.end,
            message=found.message,
            blocking=found.blocking,
        )
        for found in made.findings
    ]
    return pb.CopyChecks(passed=made.passed, coverage=made.coverage, findings=findings)


def facts(known: Iterable[Fact]) -> list[pb.Fact]:
    return [pb.Fact(name=fact.name, value=fact.value) for fact in known]


def copy(made: Copy) -> pb.Copy:
    return pb.Copy(
        text=made.text,
        origin=made.origin,
        controls=controls(made.controls),
        checks=checks(made.checks),
        facts=facts(made.facts),
        model_version=made.model_version,
        degradations=made.degradations,
    )


def draft(kept: Draft, whole: bool = True) -> pb.Draft:
    """`whole`: with diff and audit trail."""
    told = pb.Draft(
        draft_id=kept.draft_id,
        product_id=kept.product_id,
        state=_STATES[kept.state],
        copy=copy(kept.copy),
        revision=kept.revision,
        author=kept.author,
        reviewer=kept.reviewer,
        create_time=_time(kept.created_at),
        update_time=_time(kept.updated_at),
        publish_time=_time(kept.published_at) if kept.published_at else None,
        published_text=kept.published_text,
    )
    if whole:
        parts = diff(kept.published_text, kept.copy.text, kept.copy.controls.language)
        told.diff.extend(pb.DiffPart(operation=part.operation, text=part.text) for part in parts)
        told.audit.extend(_audit(kept))
    return told


def _audit(kept: Draft) -> Iterable[pb.AuditEntry]:
    for entry in kept.audit:
        yield pb.AuditEntry(
            entry_time=_time(entry.at),
            actor=entry.actor,
            action=entry.action,
            revision=entry.revision,
            note=entry.note,
            text=entry.text,
        )


def _time(at: datetime) -> Timestamp:
    told = Timestamp()
    told.FromDatetime(at)
    return told
