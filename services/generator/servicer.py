"""GeneratorService and DraftService: protobuf to plain values and back, nothing else."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from servicekit import context
from services.generator import answers, codec, requests
from services.generator.drafting import Drafting
from services.generator.generator import Copy, Order
from services.generator.peers import Catalogue
from services.generator.serving import Serving
from shopkeeper.catalog.v1.catalog_pb2 import Product
from shopkeeper.generator.v1 import generator_pb2 as pb
from shopkeeper.generator.v1.generator_pb2_grpc import DraftServiceServicer, GeneratorServiceServicer

Context = grpc.aio.ServicerContext[Any, Any]


class GeneratorServicer(GeneratorServiceServicer):
    def __init__(self, serving: Serving, catalogue: Catalogue) -> None:
        self._serving, self._catalogue = serving, catalogue

    async def GenerateCopy(  # noqa: N802
        self, request: pb.GenerateCopyRequest, _context: Context
    ) -> AsyncIterator[pb.GenerateCopyResponse]:
        controls = requests.controls(request.controls)
        seed = requests.seed(request.seed)
        product = await self._product(request)
        wanted = controls(product)
        order = Order(codec.source(product, wanted.language), wanted, seed, request.use_template)
        async with aclosing(self._serving.write(order)) as written:
            async for part in written:
                yield _response(part)

    async def EvaluateCopy(  # noqa: N802
        self, request: pb.EvaluateCopyRequest, _context: Context
    ) -> pb.EvaluateCopyResponse:
        controls = requests.controls(request.controls)
        requests.text(request.text)
        product = await self._product(request)
        wanted = controls(product)
        checks = await self._serving.evaluate(request.text, codec.source(product, wanted.language), wanted)
        return pb.EvaluateCopyResponse(checks=answers.checks(checks))

    async def Reply(self, request: pb.ReplyRequest, _context: Context) -> pb.ReplyResponse:  # noqa: N802
        reply = await self._serving.reply(requests.ask(request))
        return pb.ReplyResponse(
            text=reply.text,
            origin=reply.origin,
            model_version=reply.model_version,
            degradations=reply.degradations,
        )

    async def _product(self, request: pb.GenerateCopyRequest | pb.EvaluateCopyRequest) -> Product:
        given = request.product if request.HasField("product") else None
        requests.product_given(request.product_id, given)
        return given if given is not None else await self._catalogue.get(request.product_id)


def _response(part: str | Copy) -> pb.GenerateCopyResponse:
    if isinstance(part, str):
        return pb.GenerateCopyResponse(text_delta=part)
    return pb.GenerateCopyResponse(done=pb.CopyDone(copy=answers.copy(part)))


class DraftServicer(DraftServiceServicer):
    def __init__(self, drafting: Drafting) -> None:
        self._drafting = drafting

    async def CreateDraft(self, request: pb.CreateDraftRequest, _context: Context) -> pb.CreateDraftResponse:  # noqa: N802
        controls = requests.controls(request.controls)
        requests.product_given(request.product_id, None)
        request_id, seed = requests.request_id(request.request_id), requests.seed(request.seed)
        author = request.author or context.caller()
        draft = await self._drafting.create(request.product_id, controls, author, seed, request_id)
        return pb.CreateDraftResponse(draft=answers.draft(draft))

    async def GetDraft(self, request: pb.GetDraftRequest, _context: Context) -> pb.GetDraftResponse:  # noqa: N802
        requests.change(request.draft_id, 1, "")
        return pb.GetDraftResponse(draft=answers.draft(await self._drafting.get(request.draft_id)))

    async def ListDrafts(self, request: pb.ListDraftsRequest, _context: Context) -> pb.ListDraftsResponse:  # noqa: N802
        size, state = requests.page_size(request.page_size), requests.state(request.state)
        after = requests.page_after(request.page_token)
        found = await self._drafting.page(state, request.product_id, after, size + 1)
        more = len(found) > size
        last = found[size - 1] if more else None
        return pb.ListDraftsResponse(
            drafts=[answers.draft(draft, whole=False) for draft in found[:size]],
            next_page_token=requests.page_token(last.created_at, last.draft_id) if last else "",
        )

    async def EditDraft(self, request: pb.EditDraftRequest, _context: Context) -> pb.EditDraftResponse:  # noqa: N802
        requests.change(request.draft_id, request.revision, request.actor)
        requests.text(request.text)
        draft = await self._drafting.edit(request.draft_id, request.revision, request.text, _actor(request.actor))
        return pb.EditDraftResponse(draft=answers.draft(draft))

    async def ReviseDraft(self, request: pb.ReviseDraftRequest, _context: Context) -> pb.ReviseDraftResponse:  # noqa: N802
        requests.change(request.draft_id, request.revision, request.actor)
        requests.instruction(request.instruction)
        actor = _actor(request.actor)
        revised = await self._drafting.revise(request.draft_id, request.revision, request.instruction, actor)
        return pb.ReviseDraftResponse(draft=answers.draft(revised.draft), controls=answers.controls(revised.controls))

    async def ApproveDraft(  # noqa: N802
        self, request: pb.ApproveDraftRequest, _context: Context
    ) -> pb.ApproveDraftResponse:
        requests.change(request.draft_id, request.revision, request.actor)
        requests.note(request.note)
        actor = _actor(request.actor)
        draft = await self._drafting.approve(request.draft_id, request.revision, actor, request.note)
        return pb.ApproveDraftResponse(draft=answers.draft(draft))

    async def RejectDraft(self, request: pb.RejectDraftRequest, _context: Context) -> pb.RejectDraftResponse:  # noqa: N802
        requests.change(request.draft_id, request.revision, request.actor)
        requests.note(request.note)
        actor = _actor(request.actor)
        draft = await self._drafting.reject(request.draft_id, request.revision, actor, request.note)
        return pb.RejectDraftResponse(draft=answers.draft(draft))


def _actor(named: str) -> str:
    """Who acts: as named, else the caller's key."""
    return named or context.caller()
