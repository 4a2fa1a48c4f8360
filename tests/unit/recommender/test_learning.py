"""What is learned from a past serves the present: by the same code, whole from its bundle, changed by an act."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from servicekit.artifacts import ArtifactError, ArtifactStore
from servicekit.progress import Progress
from services.recommender import bundle, features
from services.recommender.assortment import assemble
from services.recommender.catalogue import Catalogue
from services.recommender.events import PURCHASE, ShopperEvent
from services.recommender.fit import Start, fit
from services.recommender.history import History
from services.recommender.judging import held_out
from services.recommender.learned import Models
from services.recommender.learning import Learned, learn_all, moments
from services.recommender.popularity import DAY_MS, Popularity, trends
from services.recommender.profile import Profile, decode, encode, fold
from services.recommender.ranking import learn
from services.recommender.recommender import Answer, Ask, Recommender, features_of
from services.recommender.retrieval.retriever import Retriever
from services.recommender.samples import gather
from services.recommender.shopper import shopper_at
from services.recommender.text import TextModel, document
from tests.unit.recommender.past import SMALL, past
from tests.unit.recommender.shops import NOW, bought, days_of, product, profile_of, two_kinds, viewed


@pytest.fixture(scope="module")
def happened() -> list[ShopperEvent]:
    return past()


@pytest.fixture(scope="module")
def learned(happened: list[ShopperEvent]) -> Learned:
    return learn_all(two_kinds(), happened, SMALL, Progress())


def ids(answer: Answer) -> list[str]:
    return [ranked.product.product_id for ranked in answer.results]


def standing(models: Models, happened: list[ShopperEvent], catalogue: Catalogue | None = None) -> Recommender:
    recommender = Recommender(catalogue or two_kinds(), models)
    recommender.use_popularity(days_of(happened))
    return recommender


def profile_in(happened: list[ShopperEvent], visitor_id: str) -> Profile:
    return profile_of(*(one for one in happened if one.visitor_id == visitor_id))


def test_it_beats_what_merely_sells(learned: Learned) -> None:
    figures = learned.metrics["held_out"]
    assert isinstance(figures, dict)
    assert figures["served"]["all"]["shoppers"] > 0
    assert figures["served"]["all"]["recall_at_20"] > 0.9
    assert figures["served"]["all"]["ndcg_at_20"] > figures["popularity"]["all"]["ndcg_at_20"]
    assert figures["served"]["all"]["ndcg_at_20"] >= 0.9 * figures["own_frequency"]["all"]["ndcg_at_20"]


@pytest.mark.parametrize("visitor_id", ["tea-1", "tool-2"])
def test_the_shelf_is_of_the_shoppers_taste(learned: Learned, happened: list[ShopperEvent], visitor_id: str) -> None:
    kind = visitor_id.partition("-")[0]
    recommender = standing(learned.models, happened)
    answer = recommender.recommend(Ask(limit=10), profile_in(happened, visitor_id), NOW)
    assert answer.degradations == ()
    assert all(name.startswith(kind) for name in ids(answer))
    fresh = recommender.recommend(Ask(limit=5, exclude_purchased=True), profile_in(happened, visitor_id), NOW)
    assert not set(ids(fresh)) & set(profile_in(happened, visitor_id).purchased)
    assert all(ranked.reason.text and ranked.sources for ranked in answer.results)


def test_one_click_of_a_stranger_turns_the_shelf(learned: Learned, happened: list[ShopperEvent]) -> None:
    recommender = standing(learned.models, happened)
    for kind in ("tea", "tool"):
        shelf = ids(recommender.recommend(Ask(limit=10), profile_of(viewed(f"{kind}-5")), NOW))
        assert sum(name.startswith(kind) for name in shelf) >= 8


def test_one_more_event_changes_the_answer(learned: Learned, happened: list[ShopperEvent]) -> None:
    recommender = standing(learned.models, happened)
    profile = profile_in(happened, "tea-1")
    before = [(r.product.product_id, r.score) for r in recommender.recommend(Ask(), profile, NOW).results]
    assert fold(profile, viewed("tool-3"))
    after = [(r.product.product_id, r.score) for r in recommender.recommend(Ask(), profile, NOW).results]
    assert before != after


def test_goes_with_is_what_was_bought_together(learned: Learned, happened: list[ShopperEvent]) -> None:
    ask = Ask(placement="goes-with", context_product_ids=("tool-4",), limit=5)
    answer = standing(learned.models, happened).recommend(ask, Profile(), NOW)
    assert all(name.startswith("tool") for name in ids(answer))
    assert {ranked.reason.code for ranked in answer.results} == {"goes-with"}
    assert {ranked.reason.related_product_id for ranked in answer.results} == {"tool-4"}


def test_a_product_that_the_models_do_not_know_is_shown(learned: Learned, happened: list[ShopperEvent]) -> None:
    catalogue = two_kinds()
    catalogue.put(product("tea-new", "tea", publish_time_ms=NOW - DAY_MS))
    recommender = standing(learned.models, happened, catalogue)
    similar = Ask(placement="similar", context_product_ids=("tea-new",), limit=5)
    assert all(name.startswith("tea") for name in ids(recommender.recommend(similar, Profile(), NOW)))
    shelf = ids(recommender.recommend(Ask(limit=20), profile_of(viewed("tea-2")), NOW))
    assert shelf[9] == "tea-new"


def test_a_product_that_left_the_shop_is_never_shown(learned: Learned, happened: list[ShopperEvent]) -> None:
    catalogue = two_kinds()
    profile = profile_in(happened, "tea-1")
    gone = max(profile.purchased, key=lambda name: profile.purchased[name].orders)
    catalogue.remove(gone)
    recommender = standing(learned.models, happened, catalogue)
    for placement in ("home", "buy-again", "popular"):
        assert gone not in ids(recommender.recommend(Ask(placement=placement, limit=40), profile, NOW))


def test_training_and_serving_see_the_same_features(happened: list[ShopperEvent]) -> None:
    catalogue = two_kinds()
    text = TextModel.fit([document(one) for one in catalogue], SMALL.text)
    assortment = assemble(catalogue, text, sorted(one.product_id for one in catalogue))
    cut_ms = NOW - 10 * DAY_MS
    history = History(happened, assortment)
    history.advance(cut_ms)
    models = fit(history, assortment, cut_ms, SMALL.fit, Start())
    trained = Retriever(assortment, history.trends(cut_ms), models)

    before = [one for one in happened if one.time_ms < cut_ms]
    profile = Profile()
    for one in before:
        if one.visitor_id == "tea-3":
            profile = decode(encode(profile))
            fold(profile, one)
            fold(profile, one)  # delivered twice
    counters = Popularity([*assortment.rows], days_of(before))
    served = Retriever(assemble(two_kinds(), text, models.product_ids), trends(counters, cut_ms), models)

    shoppers = (history.profiles["tea-3"], trained), (profile, served)
    rows = np.arange(assortment.size)
    seen = []
    for known, retriever in shoppers:
        shopper = shopper_at(known, retriever.assortment, cut_ms)
        seen.append(features_of(retriever, shopper, rows, retriever.scores(shopper)))
    assert seen[0].shape == (assortment.size, len(features.NAMES))
    assert np.isfinite(seen[0]).all()
    assert np.array_equal(seen[0], seen[1])


def test_history_knows_nothing_of_the_future(happened: list[ShopperEvent]) -> None:
    catalogue = two_kinds()
    assortment = assemble(catalogue, TextModel.fit([]), sorted(one.product_id for one in catalogue))
    cut_ms = NOW - 20 * DAY_MS
    history = History(happened, assortment)
    history.advance(cut_ms)
    assert all(one.last_event_ms < cut_ms for one in history.profiles.values())
    assert len(history.baskets) == sum(e.event_type == PURCHASE and e.time_ms < cut_ms for e in happened)
    wish = next(w for w in history.wishes(NOW, frozenset([PURCHASE])) if w.shopper == "tea-3")
    following = next(
        e for e in happened if e.visitor_id == "tea-3" and e.event_type == PURCHASE and e.time_ms >= cut_ms
    )
    assert set(wish.product_ids) == {line.product_id for line in following.lines}


def test_the_ranker_is_the_same_from_the_same_seed_and_after_its_bundle(
    happened: list[ShopperEvent], learned: Learned, tmp_path: Path
) -> None:
    assortment = assemble(two_kinds(), learned.models.text, learned.models.product_ids)
    history = History(happened, assortment)
    cut_ms = NOW - 20 * DAY_MS
    history.advance(cut_ms)
    retriever = Retriever(assortment, history.trends(cut_ms), learned.models)
    wishes = history.wishes(NOW, frozenset([PURCHASE]))
    samples = gather(retriever, history.profiles, wishes, history.known, cut_ms, seed=1)
    first, second = (learn(samples, SMALL.ranking).score(samples.x_SF) for _ in range(2))
    assert np.array_equal(first, second)

    store = ArtifactStore(str(tmp_path))
    manifest = bundle.save(store, learned.models, metrics=learned.metrics, seed=1)
    loaded = bundle.load(store, manifest.version)
    assert loaded.version == manifest.version
    profile = profile_in(happened, "tea-1")
    answers = [standing(models, happened).recommend(Ask(), profile, NOW) for models in (learned.models, loaded)]
    assert answers[0] == answers[1]


def test_a_bundle_for_other_features_is_refused(learned: Learned, tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path / "store"))
    version = bundle.save(store, learned.models).version
    folder = store.fetch(bundle.KIND, version)
    other = store.save(bundle.KIND, folder, "0123456789abcdef").version
    with pytest.raises(ArtifactError, match="made for features 0123456789abcdef"):
        bundle.load(store, other)


def test_models_are_swapped_and_taken_back(learned: Learned, happened: list[ShopperEvent]) -> None:
    recommender = Recommender(two_kinds())
    recommender.use_popularity(days_of(happened))
    profile = profile_in(happened, "tea-1")
    assert recommender.recommend(Ask(), profile, NOW).degradations == ("no-model",)
    recommender.use_models(learned.models)
    assert recommender.recommend(Ask(), profile, NOW).degradations == ()
    recommender.use_models(None)
    assert recommender.recommend(Ask(), profile, NOW).degradations == ("no-model",)


def test_too_short_a_past_teaches_channels_but_no_ranker() -> None:
    learned = learn_all(two_kinds(), [bought("tea-1", "tea-2")], replace(SMALL, cuts=2), Progress())
    assert learned.models.ranker is None
    recommender = Recommender(two_kinds(), learned.models)
    answer = recommender.recommend(Ask(), profile_of(viewed("tea-1")), NOW)
    assert answer.degradations == ("no-model",)
    assert len(answer.results) == 20


def test_an_empty_past_is_no_trouble() -> None:
    learned = learn_all(Catalogue(), [], SMALL, Progress())
    assert Recommender(two_kinds(), learned.models).recommend(Ask(), Profile(), NOW).results


def test_moments_lie_in_the_newer_part_of_the_past() -> None:
    cuts = moments(0, 343 * DAY_MS, 12)
    assert len(cuts) == 12
    assert cuts == sorted(cuts)
    assert cuts[-1] == 329 * DAY_MS
    assert min(moments(0, 90 * DAY_MS, 12)) > 0.35 * 90 * DAY_MS
    assert moments(0, DAY_MS, 12) == []


def test_one_shopper_in_ten_is_held_out_always_the_same() -> None:
    names = [f"visitor-{n}" for n in range(5000)]
    share = np.mean([held_out(name) for name in names])
    assert 0.08 < share < 0.12
