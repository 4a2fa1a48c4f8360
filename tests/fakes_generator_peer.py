"""A copywriter behind the real contracts: foreseeable copy, one check (words one may not say), drafts in memory."""
# ruff: noqa: N802 (names of the RPCs)

import difflib
from collections.abc import AsyncIterator
from typing import NoReturn

import grpc

from servicekit import status
from servicekit.errors import Conflict, NotFound, ServiceError
from shopkeeper.generator.v1 import generator_pb2 as pb
from shopkeeper.generator.v1.generator_pb2_grpc import (
    DraftServiceServicer,
    GeneratorServiceServicer,
    add_DraftServiceServicer_to_server,
    add_GeneratorServiceServicer_to_server,
)

Context = grpc.aio.ServicerContext
FORBIDDEN = ("best", "最佳")
PUBLISHED = "A kettle. Made to be used every day."


class FakeWriter(GeneratorServiceServicer, DraftServiceServicer):
    """`requests` keeps what was asked, `failure` makes every call fail."""

    def __init__(self) -> None:
        self.requests: list[object] = []
        self.drafts: dict[str, pb.Draft] = {}
        self.failure: ServiceError | None = None

    async def _begin(self, request: object, context: Context) -> None:
        self.requests.append(request)
        if self.failure is not None:
            await _abort(context, self.failure)

    async def GenerateCopy(
        self, request: pb.GenerateCopyRequest, context: Context
    ) -> AsyncIterator[pb.GenerateCopyResponse]:
        await self._begin(request, context)
        text = _written(request.product_id, request.controls)
        for word in text.split(" "):
            yield pb.GenerateCopyResponse(text_delta=word + " ")
        yield pb.GenerateCopyResponse(done=pb.CopyDone(copy=_copy(text, request.controls)))

    async def EvaluateCopy(self, request: pb.EvaluateCopyRequest, context: Context) -> pb.EvaluateCopyResponse:
        await self._begin(request, context)
        return pb.EvaluateCopyResponse(checks=_checks(request.text))

    async def CreateDraft(self, request: pb.CreateDraftRequest, context: Context) -> pb.CreateDraftResponse:
        await self._begin(request, context)
        draft = pb.Draft(
            draft_id=f"d-{len(self.drafts) + 1}",
            product_id=request.product_id,
            state=pb.DRAFT_STATE_IN_REVIEW,
            revision=0,
            author=request.author,
            published_text=PUBLISHED,
        )
        draft.create_time.GetCurrentTime()
        self.drafts[draft.draft_id] = draft
        _change(draft, _written(request.product_id, request.controls), request.controls, request.author, "created")
        return pb.CreateDraftResponse(draft=draft)

    async def GetDraft(self, request: pb.GetDraftRequest, context: Context) -> pb.GetDraftResponse:
        await self._begin(request, context)
        return pb.GetDraftResponse(draft=await self._draft(request.draft_id, context))

    async def ListDrafts(self, request: pb.ListDraftsRequest, context: Context) -> pb.ListDraftsResponse:
        await self._begin(request, context)
        return pb.ListDraftsResponse(drafts=list(self.drafts.values())[::-1])

    async def EditDraft(self, request: pb.EditDraftRequest, context: Context) -> pb.EditDraftResponse:
        await self._begin(request, context)
        draft = await self._current(request.draft_id, request.revision, context)
        _change(draft, request.text, draft.copy.controls, request.actor, "edited")
        return pb.EditDraftResponse(draft=draft)

    async def ReviseDraft(self, request: pb.ReviseDraftRequest, context: Context) -> pb.ReviseDraftResponse:
        await self._begin(request, context)
        draft = await self._current(request.draft_id, request.revision, context)
        controls = pb.CopyControls()
        controls.CopyFrom(draft.copy.controls)
        if "short" in request.instruction or "短" in request.instruction:
            controls.length = "short"
        _change(draft, _written(draft.product_id, controls), controls, request.actor, "revised")
        return pb.ReviseDraftResponse(draft=draft, controls=controls)

    async def ApproveDraft(self, request: pb.ApproveDraftRequest, context: Context) -> pb.ApproveDraftResponse:
        await self._begin(request, context)
        draft = await self._current(request.draft_id, request.revision, context)
        if not draft.copy.checks.passed:
            await _abort(context, Conflict("a check fails", "CHECKS_FAILED"))
        draft.state, draft.reviewer = pb.DRAFT_STATE_PUBLISHED, request.actor
        _tell(draft, request.actor, "approved", request.note)
        _tell(draft, request.actor, "published")
        return pb.ApproveDraftResponse(draft=draft)

    async def RejectDraft(self, request: pb.RejectDraftRequest, context: Context) -> pb.RejectDraftResponse:
        await self._begin(request, context)
        draft = await self._current(request.draft_id, request.revision, context)
        draft.state, draft.reviewer = pb.DRAFT_STATE_REJECTED, request.actor
        _tell(draft, request.actor, "rejected", request.note)
        return pb.RejectDraftResponse(draft=draft)

    async def _draft(self, draft_id: str, context: Context) -> pb.Draft:
        draft = self.drafts.get(draft_id)
        if draft is None:
            await _abort(context, NotFound(f"no draft {draft_id}", "DRAFT_NOT_FOUND"))
        return draft

    async def _current(self, draft_id: str, revision: int, context: Context) -> pb.Draft:
        draft = await self._draft(draft_id, context)
        if revision and revision != draft.revision:
            await _abort(context, Conflict(f"it is at revision {draft.revision} by now", "REVISION_CHANGED"))
        return draft


def _written(product_id: str, controls: pb.CopyControls) -> str:
    if controls.language_code == "zh":
        return "手冲壶。" if controls.length == "short" else "细口手冲壶，容量一升，每天都用得上。"
    return "A kettle." if controls.length == "short" else "A gooseneck kettle of one litre, made to be used every day."


def _checks(text: str) -> pb.CopyChecks:
    findings = []
    for word in FORBIDDEN:
        start = text.find(word)
        if start >= 0:
            said = f"“{word}” is a word that advertising may not use"
            findings.append(
                pb.CopyFinding(
                    kind="forbidden-word", text=word, start=start, end=start + len(word), message=said, blocking=True
                )
            )
    return pb.CopyChecks(passed=not findings, coverage=0.8, findings=findings)


def _copy(text: str, controls: pb.CopyControls) -> pb.Copy:
    facts = [pb.Fact(name="title", value="Gooseneck kettle 1 L")]
    return pb.Copy(text=text, origin="model", controls=controls, checks=_checks(text), facts=facts)


def _change(draft: pb.Draft, text: str, controls: pb.CopyControls, actor: str, action: str) -> None:
    draft.copy.CopyFrom(_copy(text, controls))
    draft.revision += 1
    draft.update_time.GetCurrentTime()
    del draft.diff[:]
    draft.diff.extend(_diff(draft.published_text, text))
    _tell(draft, actor, action)


def _tell(draft: pb.Draft, actor: str, action: str, note: str = "") -> None:
    entry = draft.audit.add(actor=actor, action=action, revision=draft.revision, note=note, text=draft.copy.text)
    entry.entry_time.GetCurrentTime()


def _diff(before: str, after: str) -> list[pb.DiffPart]:
    old, new = before.split(" "), after.split(" ")
    parts = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            parts.append(pb.DiffPart(operation="equal", text=" ".join(old[a:b]) + " "))
            continue
        if b > a:
            parts.append(pb.DiffPart(operation="delete", text=" ".join(old[a:b]) + " "))
        if d > c:
            parts.append(pb.DiffPart(operation="insert", text=" ".join(new[c:d]) + " "))
    return parts


async def _abort(context: Context, error: ServiceError) -> NoReturn:
    answer = status.to_status(error)
    await context.abort(status.code_of(error), answer.message, ((status.DETAILS_KEY, answer.SerializeToString()),))
    raise AssertionError("abort raises")


async def serve(fake: FakeWriter, address: str = "127.0.0.1:0") -> tuple[grpc.aio.Server, str]:
    """A real server on a free port; stop it with `await server.stop(0)`."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_GeneratorServiceServicer_to_server(fake, server)
    add_DraftServiceServicer_to_server(fake, server)
    port = server.add_insecure_port(address)
    await server.start()
    return server, f"127.0.0.1:{port}"
