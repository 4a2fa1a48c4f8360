"""The chat beside the shelf in a real headless Chromium: what a shopper says, is shown, confirms, and is told."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from servicekit.errors import Unavailable
from shopkeeper.commerce.v1 import commerce_pb2 as commerce
from shopkeeper.dialogue.v1 import dialogue_pb2 as dialogue
from tests.e2e.test_page import CARD, ids, scrolls_sideways, until
from tests.running_gateway import Gateway, gateway_in_a_thread


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Gateway]:
    with gateway_in_a_thread(tmp_path, demo_shoppers="amy,bob") as gateway:
        yield gateway


def opened(page: Page) -> Locator:
    """The chat, opened on the first page."""
    page.goto("/")
    expect(page.locator(CARD).first).to_be_visible()
    page.locator("#chat-open").click()
    return page.locator("#chat")


def say(page: Page, text: str) -> None:
    page.locator("#chat-box").fill(text)
    page.keyboard.press("Enter")


def turns(shop: Gateway) -> list[dialogue.ConverseRequest]:
    return [each for each in shop.staff.requests if isinstance(each, dialogue.ConverseRequest)]


def test_the_shelf_and_the_cart_follow_what_is_said(page: Page, shop: Gateway):
    chat = opened(page)
    before = ids(page)
    say(page, "I need shoes")
    expect(chat.get_by_text("Two pairs that fit what you said.")).to_be_visible()
    card = chat.locator(".mini").first
    expect(card.locator(".reason")).to_have_text("You asked for shoes")
    expect(card.locator(".price")).to_contain_text("119")
    expect(page.locator("[data-shelf='for-you'] .note")).to_be_visible()
    assert ids(page) != before
    assert ids(page)[:2] == ["shoe-1", "shoe-2"]
    card.get_by_role("button", name="Add Cushioned running shoes to cart").click()
    expect(page.locator("#pieces")).to_have_text("1")
    chat.get_by_role("button", name="Cheaper").click()
    expect(chat.locator(".turn.shopper").last).to_contain_text("Something cheaper")
    expect(chat.get_by_role("button", name="Cheaper")).to_have_count(0)
    card.get_by_role("link", name="Cushioned running shoes").click()
    expect(page).to_have_url(re.compile("/product/shoe-1$"))
    say(page, "is it waterproof?")
    until(lambda: turns(shop)[-1].context_product_id == "shoe-1")


def test_what_the_staff_put_into_the_cart_is_in_the_pages_cart(page: Page, shop: Gateway):
    opened(page)
    say(page, "put it in the basket")
    expect(page.locator("#pieces")).to_have_text("2")
    page.goto("/cart")
    expect(page.locator(".cart > li")).to_contain_text("Gooseneck kettle 1 L")


def test_nothing_is_done_before_yes_and_yes_is_said_once(page: Page, shop: Gateway):
    chat = opened(page)
    say(page, "please return it")
    question = chat.get_by_role("group", name="Please confirm")
    expect(question).to_contain_text("Return order SK00000001 and refund ¥119?")
    question.get_by_role("button", name="Yes, do it").click()
    expect(chat.get_by_text("It is done.")).to_be_visible()
    expect(question.get_by_role("button", name="Yes, do it")).to_be_disabled()
    expect(question.get_by_role("button", name="No")).to_be_disabled()
    answer = turns(shop)[-1].confirmation
    assert (answer.confirmation_id, answer.accepted) == ("yes-or-no", True)


def test_a_reload_goes_on_where_the_conversation_stood(page: Page, shop: Gateway):
    chat = opened(page)
    say(page, "please return it")
    expect(chat.get_by_role("button", name="Yes, do it")).to_be_enabled()
    page.reload()
    expect(chat.get_by_text("please return it")).to_be_visible()
    chat.get_by_role("button", name="No", exact=True).click()
    expect(chat.get_by_text("Nothing was done.")).to_be_visible()
    assert len({each.conversation_id for each in turns(shop)[1:]} | set(shop.staff.conversations)) == 1
    chat.get_by_role("button", name="Start over").click()
    expect(chat.locator(".turn")).to_have_count(0)
    chat.get_by_role("button", name="How long does delivery take?").click()
    expect(chat.get_by_text("Within three days in most towns.")).to_be_visible()
    assert len(shop.staff.conversations) == 2


def test_a_person_is_called_and_their_words_come_by_themselves(page: Page, shop: Gateway):
    chat = opened(page)
    chat.get_by_role("button", name="Talk to a person").click()
    expect(chat.get_by_text("A person of the shop has been called.")).to_be_visible()
    (talk,) = shop.staff.conversations
    shop.staff.speak_as_agent(talk, "Mei", "Hello, I am Mei.")
    said = chat.locator(".turn.agent")
    expect(said).to_contain_text("Hello, I am Mei.")
    expect(said).to_contain_text("Mei, a person of the shop")
    say(page, "thank you")
    expect(chat.locator(".turn.shopper").last).to_contain_text("thank you")
    expect(chat.locator("[aria-busy]")).to_have_count(0)
    page.get_by_role("button", name="Close the chat").click()
    shop.staff.speak_as_agent(talk, "Mei", "Anything else?")
    expect(page.locator("#chat-open")).to_contain_text("1 new")
    page.locator("#chat-open").click()
    shop.staff.conversations[talk].handed_off = False
    expect(chat.get_by_text("serving you again")).to_be_visible()
    expect(chat.locator(".turn.agent")).to_have_count(2)


def test_while_the_staff_are_away_the_shelf_stands_and_no_word_is_lost(page: Page, shop: Gateway, errors: list[str]):
    chat = opened(page)
    shop.staff.failure = Unavailable("gone")
    say(page, "how fast do you deliver?")
    expect(chat.get_by_role("alert")).to_contain_text("Our staff are away")
    expect(chat.locator(".turn.shopper")).to_contain_text("how fast do you deliver?")
    page.get_by_role("link", name=re.compile("Shopkeeper")).click()
    expect(page.locator(CARD).first).to_be_visible()
    shop.staff.failure = None
    chat.get_by_role("button", name="Try again").click()
    expect(chat.get_by_text("Within three days in most towns.")).to_be_visible()
    expect(chat.get_by_role("alert")).to_have_count(0)
    expect(chat.locator(".turn.shopper")).to_have_count(1)
    assert len({each.request_id for each in turns(shop)}) == 1, "the same words under the same id"
    errors.clear()  # the browser's own lines about 503


def test_an_answer_that_breaks_off_can_be_asked_for_again(page: Page, shop: Gateway):
    chat = opened(page)
    say(page, "break")
    expect(chat.get_by_role("alert")).to_be_visible()
    expect(chat.locator(".turn.staff")).to_have_count(0)
    expect(page.locator("#chat-box")).to_be_editable()


def test_chinese_by_keyboard_alone_with_source_and_thumbs(browser: Browser, shop: Gateway):
    page = browser.new_page(base_url=shop.http, locale="zh-CN")
    page.set_default_timeout(10_000)
    page.goto("/")
    page.get_by_role("button", name="问店员").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chat-box")).to_be_focused()
    page.keyboard.type("多久能送到？")
    page.keyboard.press("Enter")
    chat = page.get_by_role("complementary", name="店员")
    expect(chat.get_by_text("大多数城市三天内送达。").first).to_be_visible()
    expect(chat.get_by_role("log", name="对话内容")).to_be_visible()
    source = chat.locator("summary")
    expect(source).to_have_text("出处：多久能送到")
    source.focus()
    page.keyboard.press("Enter")
    expect(chat.locator("blockquote")).to_have_text("大多数城市三天内送达。")
    expect(chat.get_by_role("link", name="查看全文")).to_have_attribute("rel", "noopener")
    thumb = chat.get_by_role("button", name="没有帮助")
    thumb.focus()
    page.keyboard.press("Enter")
    expect(thumb).to_have_attribute("aria-pressed", "true")
    (told,) = shop.staff.feedback
    assert (told.index, told.rating) == (2, -1)
    page.keyboard.press("Escape")
    expect(chat).to_be_hidden()
    expect(page.locator("#chat-open")).to_be_focused()
    page.close()


def test_words_are_words_whatever_they_say(page: Page, shop: Gateway, errors: list[str]):
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    chat = opened(page)
    hostile = "<img src=x onerror=alert(1)>"
    say(page, hostile)
    expect(chat.locator(".turn.shopper .said-words")).to_have_text(hostile)
    expect(chat.get_by_text("I hear you.")).to_be_visible()
    page.reload()
    expect(chat.locator(".turn.shopper .said-words")).to_have_text(hostile)
    expect(chat.locator("img")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1100])
def test_the_chat_fits(page: Page, shop: Gateway, width: int):
    page.set_viewport_size({"width": width, "height": 780})
    chat = opened(page)
    say(page, "I need shoes")
    expect(chat.locator(".mini")).to_have_count(2)
    order = shop.staff.add_order(
        next(iter(shop.staff.conversations.values())).visitor_id, commerce.ORDER_STATE_DELIVERED
    )
    say(page, "show me my order")
    expect(chat.locator(".order")).to_contain_text(order.order_id)
    assert not scrolls_sideways(page)
    assert chat.evaluate("chat => [...chat.querySelectorAll('*')].every(each => each.scrollWidth <= chat.clientWidth)")
    box = page.locator("#chat-box").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 780, "where one writes is on the screen"


def test_an_order_is_found_again_and_asked_about(page: Page, shop: Gateway):
    page.goto("/")
    page.locator(f"{CARD} button").first.click()
    page.goto("/cart")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name="Your order SK00000001 is in")).to_be_visible()
    page.get_by_role("link", name="My orders").nth(1).click()
    order = page.locator("main .order")
    expect(order).to_contain_text("Paid")
    order.get_by_role("button", name="Track: SK00000001").click()
    chat = page.locator("#chat")
    expect(chat.locator(".turn.shopper")).to_contain_text("Where is my order SK00000001?")
    expect(chat.locator(".order")).to_contain_text("SK00000001")


def test_what_is_sold_out_is_named_and_the_cart_is_kept(page: Page, shop: Gateway, errors: list[str]):
    page.goto("/")
    page.locator("[data-shelf='for-you'] [data-product='tea-1'] button").click()
    page.goto("/cart")
    shop.fake.products["tea-1"].stock.value = 0
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("alert")).to_contain_text("Only 0 of “Longjing green tea 100 g” are left")
    expect(page.locator(".cart > li")).to_have_count(1)
    shop.fake.products["tea-1"].stock.value = 5
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name=re.compile("Your order"))).to_be_visible()
    errors.clear()  # the browser's own line about 409


def test_a_demo_shopper_signs_in_and_out(page: Page, shop: Gateway):
    chat = opened(page)
    say(page, "hello")
    expect(chat.get_by_text("I hear you.")).to_be_visible()
    menu = page.get_by_role("combobox", name="Demo shopper").first
    menu.select_option("amy")
    expect(chat.locator(".turn")).to_have_count(0)
    say(page, "hello again")
    expect(chat.get_by_text("I hear you.")).to_be_visible()
    assert [each.user_id for each in turns(shop)] == ["", "amy"]
    page.reload()
    expect(menu).to_have_value("amy")
    menu.select_option("")
    expect(menu.locator("option").first).to_have_text("Sign in as…")
    say(page, "once more")
    until(lambda: len(turns(shop)) == 3)
    assert turns(shop)[-1].user_id == ""
