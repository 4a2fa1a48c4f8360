"""The page over the whole shop: gateway, event log, consumer, state and recommender, all real.

The shopper's walks are those of `test_page`; here what changes the shelf is the recommender having learned.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_page import (  # noqa: F401 (run here on this module's shop)
    ids,
    test_a_click_is_told_and_the_shelves_change,
    test_adding_to_the_cart_changes_the_shelf_in_place,
    test_an_order_empties_the_cart_and_reaches_the_shop,
    test_the_first_page_shows_shelves_with_prices_and_reasons,
    test_the_other_language_is_kept,
    test_the_panel_tells_what_the_shop_knows_and_forgets_on_request,
)
from tests.running_gateway import Gateway, gateway_in_a_thread
from tests.running_recommender import running_recommender, small_shop, until


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Gateway]:
    with running_recommender(tmp_path) as recommender:
        recommender.put(small_shop())
        until(lambda: recommender.recommend().results)
        with gateway_in_a_thread(tmp_path, recommender_address=recommender.address) as gateway:
            yield gateway


def test_what_was_bought_stands_under_buy_again(page: Page, shop: Gateway):
    page.goto("/")
    bought = ids(page)[0]
    page.locator(f"[data-shelf='for-you'] [data-product='{bought}'] a").click()
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.wait_for_timeout(500)
    page.get_by_role("link", name="To the shelves").click()
    expect(page.locator(f"[data-product='{bought}'] .reason").first).to_contain_text("bought")
