"""The web page in a real headless Chromium: what a shopper sees, does, and what the shop learns of it.

The tests find their way by what is on the page, so that `shop` may be any running gateway with an event log to read.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from servicekit.errors import Unavailable
from shopkeeper.catalog.v1.catalog_pb2 import Product
from tests.fakes_recommender import FakeRecommender, goods
from tests.running_gateway import Gateway, gateway_in_a_thread

CARD = ".card:not(.ghost)"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Gateway]:
    with gateway_in_a_thread(tmp_path) as gateway:
        yield gateway


def until(condition: Callable[[], object]) -> object:
    """The first true answer within five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError("it did not happen within five seconds")


def events(shop: Gateway, kind: str) -> list:
    return [event for event in shop.reader.read() if event.event_type == kind]


def ids(page: Page, shelf: str = "for-you") -> list[str]:
    cards = page.locator(f"[data-shelf='{shelf}'] {CARD}")
    expect(cards.first).to_be_visible()
    return cards.evaluate_all("cards => cards.map(card => card.dataset.product)")


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_the_first_page_shows_shelves_with_prices_and_reasons(page: Page, shop: Gateway):
    page.goto("/")
    expect(page.get_by_role("heading", name="For you")).to_be_visible()
    card = page.locator(CARD).first
    expect(card.locator(".price")).to_have_text(re.compile(r"\d"))
    expect(card.locator(".reason")).not_to_be_empty()
    expect(card.locator("svg.drawing, img.drawing")).to_be_visible()
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert page.evaluate("document.cookie") == "", "scripts cannot read who the visitor is"


def test_what_is_seen_is_told_with_the_token_of_its_shelf(page: Page, shop: Gateway):
    page.goto("/")
    seen = until(lambda: events(shop, "impression"))
    shown = ids(page)
    assert seen[0].product_details[0].product_id in shown
    assert seen[0].attribution_token
    assert seen[0].page_view_id
    assert seen[0].session_id


def test_a_click_is_told_and_the_shelves_change(page: Page, shop: Gateway):
    page.goto("/")
    before = ids(page)
    chosen = before[-1]
    page.locator(f"[data-shelf='for-you'] [data-product='{chosen}'] a").click()
    expect(page).to_have_url(re.compile(f"/product/{chosen}$"))
    expect(page.locator("[data-shelf='for-you']")).to_be_visible()  # asked for once the view was in the log
    (clicked,) = until(lambda: events(shop, "product-click"))
    (viewed,) = until(lambda: events(shop, "detail-page-view"))
    assert clicked.product_details[0].product_id == viewed.product_details[0].product_id == chosen
    assert clicked.attribution_token == viewed.attribution_token != ""
    assert clicked.page_view_id != viewed.page_view_id
    with page.expect_response("**/v1/pages/home*"):
        page.get_by_role("link", name=re.compile("Shopkeeper")).click()
    expect(page.locator(".note")).to_be_visible()
    assert ids(page) != before


def test_adding_to_the_cart_changes_the_shelf_in_place(page: Page, shop: Gateway):
    page.goto("/")
    before = ids(page)
    with page.expect_response("**/v1/pages/home*"):
        page.locator(f"[data-shelf='for-you'] [data-product='{before[-1]}'] button").click()
    expect(page.locator("#pieces")).to_have_text("1")
    expect(page.locator("[data-shelf='for-you'] .note")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("For you")
    assert ids(page) != before
    assert ids(page)[0] == before[-1]


def test_search_with_a_facet_an_order_and_the_way_back(page: Page, shop: Gateway):
    page.goto("/")
    page.get_by_role("searchbox").fill("i")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("i")
    everything = page.locator(CARD).count()
    (searched,) = until(lambda: events(shop, "search"))
    assert (searched.search_query, bool(searched.attribution_token)) == ("i", True)
    box = page.get_by_role("group", name="Category").get_by_role("checkbox").first
    box.check()
    expect(page).to_have_url(re.compile("category="))
    expect(page.locator(CARD)).not_to_have_count(everything)
    narrowed = page.locator(CARD).count()
    assert 0 < narrowed < everything
    page.locator(".chips a").first.click()
    expect(page.locator(CARD)).to_have_count(everything)
    page.get_by_label("Sort by").select_option("PRICE_ASCENDING")
    expect(page).to_have_url(re.compile("sort=PRICE_ASCENDING"))
    until(lambda: prices(page) == sorted(prices(page)))
    page.go_back()
    page.go_back()
    expect(page.locator(CARD)).to_have_count(narrowed)


def prices(page: Page) -> list[float]:
    texts = page.locator(f"{CARD} .now").all_inner_texts()
    return [float(re.sub(r"[^\d.]", "", text)) for text in texts]


def test_more_results_are_added_below(browser: Browser, tmp_path: Path):
    many = [Product(product_id=f"p-{number:02}", title=f"Candle number {number}") for number in range(30)]
    with gateway_in_a_thread(tmp_path, FakeRecommender(many)) as shop:
        page = browser.new_page(base_url=shop.http)
        page.goto("/search?q=candle")
        expect(page.locator(CARD)).to_have_count(24)
        page.get_by_role("button", name="Show more").click()
        expect(page.locator(CARD)).to_have_count(30)
        expect(page.get_by_role("button", name="Show more")).to_be_hidden()
        expect(page.locator(CARD).nth(24).locator("a")).to_be_focused()
        page.close()


def test_nothing_found_says_so(page: Page):
    page.goto("/search?q=zzzzz")
    expect(page.get_by_role("heading", name="Nothing matches.")).to_be_visible()


def test_the_other_language_is_kept(page: Page):
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="为你推荐")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_role("button", name="English")).to_be_focused()
    expect(page.locator(f"{CARD} .card-title").first).to_have_text(re.compile("[一-龥]"))
    page.reload()
    expect(page.get_by_role("heading", name="为你推荐")).to_be_visible()


def test_a_chinese_browser_is_met_in_chinese(browser: Browser, shop: Gateway):
    page = browser.new_page(base_url=shop.http, locale="zh-CN")
    page.goto("/")
    expect(page.get_by_role("heading", name="为你推荐")).to_be_visible()
    page.close()


def test_the_shop_is_walked_by_keyboard_alone(page: Page, shop: Gateway):
    page.goto("/")
    expect(page.locator(CARD).first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_role("link", name=re.compile("^Skip")).focus()
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.card a')"):
            break
    title = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    page.get_by_role("button", name="Add to cart", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_contain_text("is in your cart")
    page.get_by_role("link", name="About you").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.get_by_role("link", name="About you")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 1600])
def test_no_page_scrolls_sideways(page: Page, shop: Gateway, width: int):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/")
    expect(page.locator(CARD).first).to_be_visible()
    assert not scrolls_sideways(page)
    page.locator(f"{CARD} button").first.click()
    page.locator(f"{CARD} a").first.click()
    expect(page.locator("[data-shelf='for-you']")).to_be_visible()
    assert not scrolls_sideways(page)
    for path in ("/search?q=i", "/cart", "/about-you"):
        page.goto(path)
        expect(page.locator("main h1").first).to_be_visible()
        assert not scrolls_sideways(page), path


def test_an_order_empties_the_cart_and_reaches_the_shop(page: Page, shop: Gateway):
    page.goto("/")
    page.locator(f"{CARD} a").first.click()
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Buy now").click()
    expect(page.locator(".cart > li")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^One more")).click()
    expect(page.locator(".stepper span")).to_have_text("3")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    expect(page.locator("#pieces")).to_be_hidden()
    (order,) = until(lambda: events(shop, "purchase-complete"))
    (line,) = order.product_details
    assert line.quantity.value == 3
    assert order.purchase_transaction.revenue.units == 3 * line.price.units
    assert [each.product_details[0].quantity.value for each in events(shop, "add-to-cart")] == [2, 1]


def test_the_panel_tells_what_the_shop_knows_and_forgets_on_request(page: Page, shop: Gateway):
    page.goto("/")
    page.locator(f"{CARD} a").nth(2).click()
    title = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Add to cart", exact=True).click()
    page.get_by_role("link", name=re.compile("Shopkeeper")).click()
    page.get_by_role("link", name="About you").click()
    panel = page.get_by_role("complementary")
    expect(panel.get_by_role("heading", name="What the shop knows about you")).to_be_visible()
    expect(panel.get_by_role("link", name=title).first).to_be_visible()
    expect(panel.locator(".taste li").first).to_contain_text("%")
    expect(panel.locator(".why li").first.locator("code").first).not_to_be_empty()
    cookie = page.context.cookies()[0]["value"]
    panel.get_by_role("button", name="Forget me").click()
    panel.get_by_role("button", name="Yes, forget me").click()
    expect(page.locator("#pieces")).to_be_hidden()
    for gone in ("Lately", "In your cart"):
        expect(panel.get_by_role("heading", name=gone)).to_have_count(0)
    assert page.context.cookies()[0]["value"] != cookie


def test_without_the_recommender_the_shop_says_so_and_shows_what_sells(page: Page, shop: Gateway):
    page.goto("/")
    expect(page.locator(CARD).first).to_be_visible()
    shop.fake.failure = Unavailable("gone")
    page.reload()
    expect(page.get_by_role("status").filter(has_text="resting")).to_be_visible()
    expect(page.get_by_role("heading", name="Popular now")).to_be_visible()


def test_a_shop_that_does_not_answer_can_be_tried_again(page: Page, shop: Gateway, errors: list[str]):
    page.route("**/v1/**", lambda route: route.abort())
    page.goto("/")
    expect(page.get_by_role("heading", name="The shop does not answer.")).to_be_visible()
    page.unroute("**/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(CARD).first).to_be_visible()
    errors.clear()  # the browser's own lines about the calls that were cut


def test_events_that_found_no_shop_are_sent_later(page: Page, shop: Gateway, errors: list[str]):
    page.goto("/")
    expect(page.locator(CARD).first).to_be_visible()
    page.route("**/v1/events:publish", lambda route: route.abort())
    page.locator(f"{CARD} button").first.click()
    page.wait_for_timeout(300)
    assert events(shop, "add-to-cart") == []
    page.unroute("**/v1/events:publish")
    assert len(until(lambda: events(shop, "add-to-cart"))) == 1
    errors.clear()


def test_pages_that_there_are_not(page: Page, errors: list[str]):
    page.goto("/product/nothing-like-it")
    expect(page.get_by_role("heading", name="This product is not in the shop.")).to_be_visible()
    page.goto("/no/such/page")
    expect(page.get_by_role("heading", name="There is no such page.")).to_be_visible()
    errors.clear()  # the browser's own lines about 404


def test_words_of_a_product_are_words_whatever_they_say(browser: Browser, tmp_path: Path, errors: list[str]):
    hostile = Product(product_id="a'b\"c", title="<img src=x onerror=alert(1)>", brand="</script>", description="{x}")
    loud = Product(product_id="22423", title="REGENCY CAKESTAND 3 TIER")
    pictured = Product(product_id="pic", title="Pictured", image_uris=["data:image/gif;base64,R0lGODlhAQABAAAAACw="])
    with gateway_in_a_thread(tmp_path, FakeRecommender([hostile, loud, pictured, *goods()])) as shop:
        page = browser.new_page(base_url=shop.http)
        page.on("dialog", lambda dialog: errors.append(dialog.message))
        page.goto("/")
        expect(page.get_by_role("link", name="<img src=x onerror=alert(1)>").first).to_be_visible()
        expect(page.get_by_role("link", name="Regency cakestand 3 tier").first).to_be_visible()
        expect(page.locator("[data-product='pic'] img").first).to_have_count(1)
        page.get_by_role("link", name="<img src=x onerror=alert(1)>").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("<img src=x onerror=alert(1)>")
        page.close()
    assert errors == []


def test_the_developers_page_lists_every_call(page: Page):
    page.goto("/docs")
    expect(page.get_by_text("/v1/pages/home")).to_be_visible()
    expect(page.get_by_text("/v1/recommender:recommend")).to_be_visible()
