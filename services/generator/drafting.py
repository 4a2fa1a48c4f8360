"""The life of a draft: written, edited, revised, approved or rejected by people, and then published."""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TypeVar

from servicekit.errors import Conflict, NotFound, Unavailable
from services.generator import codec
from services.generator.controls import Controls
from services.generator.drafts import APPROVED, IN_REVIEW, Draft
from services.generator.facts import CATEGORY, TITLE, Source
from services.generator.generator import Copy, Generator, Order
from services.generator.instructions import Instructions, Revision
from services.generator.peers import Catalogue
from services.generator.records import DraftRecords, now, raise_unchangeable
from shopkeeper.catalog.v1.catalog_pb2 import Product

T = TypeVar("T")
EDITED = "edited"
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Revised:
    draft: Draft
    understood: Revision
    controls: Controls


class Drafting:
    """Blocking work goes to `executor`. `wake` tells the publisher that there is something to do."""

    def __init__(
        self,
        records: DraftRecords,
        generator: Generator,
        catalogue: Catalogue,
        executor: Executor,
        wake: Callable[[], None],
        wait_seconds: float,
    ) -> None:
        self._records, self._generator, self._catalogue = records, generator, catalogue
        self._executor, self._wake, self._wait_seconds = executor, wake, wait_seconds
        self._instructions = Instructions.load()

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    async def create(
        self, product_id: str, controls: Callable[[Product], Controls], author: str, seed: int, request_id: str
    ) -> Draft:
        """`controls` fills in what depends on the product. A request id seen before gives its first draft."""
        first = await self._run(self._records.by_request, request_id) if request_id else None
        if first is not None:
            return await self._same(first, product_id)
        product = await self._catalogue.get(product_id)
        wanted = controls(product)
        order = Order(codec.source(product, wanted.language), wanted, seed)
        copy = await self._run(self._generator.write, order)
        at = now()
        draft = Draft(
            draft_id=str(uuid.uuid4()),
            product_id=product_id,
            state=IN_REVIEW,
            copy=copy,
            revision=1,
            author=author,
            created_at=at,
            updated_at=at,
            published_text=codec.current_text(product, wanted.language, wanted.channel),
            seed=seed,
        )
        return await self._run(self._records.create, draft, request_id)

    async def _same(self, draft: Draft, product_id: str) -> Draft:
        if draft.product_id != product_id:
            message = f"request_id: was used for product {draft.product_id}, not {product_id}"
            raise Conflict(message, reason="REQUEST_ID_REUSED")
        return draft

    async def get(self, draft_id: str) -> Draft:
        """While it is in review, beside what the catalogue says now, as far as the catalogue can be asked."""
        draft = await self._run(self._records.get, draft_id)
        if draft.state != IN_REVIEW:
            return draft
        try:
            product = await self._catalogue.get(draft.product_id)
        except (Unavailable, NotFound):
            return draft
        return replace(draft, published_text=_current(product, draft.copy.controls))

    async def edit(self, draft_id: str, revision: int, text: str, actor: str) -> Draft:
        draft = await self._in_review(draft_id, revision)
        product = await self._catalogue.get(draft.product_id)
        controls = draft.copy.controls
        source = codec.source(product, controls.language)
        checks = await self._run(self._generator.evaluate, text, source, controls)
        copy = replace(draft.copy, text=text, origin=EDITED, checks=checks, facts=source.facts, degradations=())
        changed = replace(draft, copy=copy, published_text=_current(product, controls))
        return await self._run(self._records.reword, changed, actor, "edited", "")

    async def revise(self, draft_id: str, revision: int, instruction: str, actor: str) -> Revised:
        """Written again as told; what earlier instructions asked for holds unless this one says otherwise."""
        draft = await self._in_review(draft_id, revision)
        product = await self._catalogue.get(draft.product_id)
        source = codec.source(product, draft.copy.controls.language)
        known = [fact.name for fact in source.facts if fact.name not in (TITLE, CATEGORY)]
        understood = self._instructions.understand(instruction, known, draft.copy.controls)
        changed = await self._rewritten(draft, understood, source)
        changed = replace(changed, published_text=_current(product, changed.copy.controls))
        note = f"{instruction} -> {understood.told()}"
        return Revised(
            await self._run(self._records.reword, changed, actor, "revised", note), understood, changed.copy.controls
        )

    async def _rewritten(self, draft: Draft, understood: Revision, source: Source) -> Draft:
        mention = tuple(sorted({*draft.mention, *understood.mention} - set(understood.omit)))
        omit = tuple(sorted({*draft.omit, *understood.omit} - set(understood.mention)))
        seed = draft.seed + (1 if understood.again else 0)
        order = Order(source, understood.applied(draft.copy.controls), seed, mention=mention, omit=omit)
        copy: Copy = await self._run(self._generator.write, order)
        return replace(draft, copy=copy, seed=seed, mention=mention, omit=omit)

    async def approve(self, draft_id: str, revision: int, actor: str, note: str) -> Draft:
        """Durable first, then published: as it stands after a short wait for the catalogue."""
        draft = await self._in_review(draft_id, revision)
        if not draft.copy.checks.passed:
            kinds = ", ".join(sorted({finding.kind for finding in draft.copy.checks.findings if finding.blocking}))
            raise Conflict(f"draft {draft_id}: its checks fail: {kinds}", reason="CHECKS_FAILED")
        await self._run(self._records.approve, draft_id, revision, actor, note)
        self._wake()
        return await self._settled(draft_id)

    async def _settled(self, draft_id: str) -> Draft:
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        while True:
            draft = await self._run(self._records.get, draft_id)
            if draft.state != APPROVED or asyncio.get_running_loop().time() >= deadline:
                return draft
            await asyncio.sleep(_POLL_SECONDS)

    async def reject(self, draft_id: str, revision: int, actor: str, note: str) -> Draft:
        return await self._run(self._records.reject, draft_id, revision, actor, note)

    async def _in_review(self, draft_id: str, revision: int) -> Draft:
        draft = await self._run(self._records.get, draft_id)
        raise_unchangeable(draft, revision)
        return draft

    async def page(self, state: str, product_id: str, after: object, size: int) -> list[Draft]:
        return await self._run(self._records.page, state, product_id, after, size)


def _current(product: Product, controls: Controls) -> str:
    return codec.current_text(product, controls.language, controls.channel)
