"""Plain answers as messages of the contract."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from servicekit.errors import NotFound
from services.recommender.catalogue import Product
from services.recommender.codec import to_money
from services.recommender.curation import Curation
from services.recommender.facets import Facet
from services.recommender.recommender import Ranked
from services.recommender.replica_catalogue import ReplicaCatalogue
from services.recommender.writing import ImportResult
from shopkeeper.recommender.v1 import recommender_pb2 as pb

_SEARCH_MATCH = {"en": "Matches your search", "zh": "与您的搜索相符"}


def recommended(
    results: Iterable[Ranked], catalogue: ReplicaCatalogue, language_code: str
) -> Iterator[pb.RecommendedProduct]:
    """Leaves out a product that was deleted since it was ranked."""
    for ranked in results:
        try:
            product = catalogue.message(ranked.product.product_id, language_code)
        except NotFound:
            continue
        yield pb.RecommendedProduct(
            product_id=ranked.product.product_id,
            product=product,
            score=ranked.score,
            reason=pb.Reason(
                code=ranked.reason.code,
                related_product_id=ranked.reason.related_product_id,
                text=ranked.reason.text,
            ),
            sources=ranked.sources,
        )


def search_results(
    hits: Sequence[tuple[Product, float]], pinned: Collection[str], catalogue: ReplicaCatalogue, language_code: str
) -> Iterator[pb.RecommendedProduct]:
    """Leaves out a product that was deleted since it was found."""
    text = _SEARCH_MATCH["zh" if language_code.lower().startswith("zh") else "en"]
    for product, score in hits:
        try:
            message = catalogue.message(product.product_id, language_code)
        except NotFound:
            continue
        yield pb.RecommendedProduct(
            product_id=product.product_id,
            product=message,
            score=score,
            reason=pb.Reason(code="search-match", text=text),
            sources=["pinned", "search"] if product.product_id in pinned else ["search"],
        )


def facets_of(facets: Iterable[Facet]) -> Iterator[pb.Facet]:
    for facet in facets:
        told = pb.Facet(name=facet.name)
        for value in facet.values:
            line = told.values.add(value=value.value, count=value.count)
            if value.min_price is not None:
                line.min_price.CopyFrom(to_money(value.min_price, value.currency))
            if value.max_price is not None:
                line.max_price.CopyFrom(to_money(value.max_price, value.currency))
        yield told


def curation_of(curation: Curation) -> pb.Curation:
    told = pb.Curation(
        product_id=curation.product_id, pinned=curation.pinned, hidden=curation.hidden, actor=curation.actor
    )
    told.update_time.FromMicroseconds(curation.update_time_us)
    return told


def import_response(result: ImportResult) -> pb.ImportProductsResponse:
    return pb.ImportProductsResponse(
        imported_count=result.imported,
        rejected_count=result.rejected,
        errors=[
            pb.ImportError(index=index, product_id=product_id, field=violation.field, message=violation.message)
            for index, product_id, violation in result.errors
        ],
    )
