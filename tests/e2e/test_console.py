"""The console of agents and merchandisers in a real headless Chromium, before fakes of the staff and the copywriter."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from servicekit.errors import Unavailable
from tests.e2e.test_page import scrolls_sideways
from tests.running_gateway import Gateway, gateway_in_a_thread

KEY = "a-key-of-the-desk"
TEAM = {"x-api-key": KEY}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Gateway]:
    with gateway_in_a_thread(tmp_path, api_keys=f"desk:{KEY}") as gateway:
        yield gateway


def enter(page: Page, tab: str, key: str = KEY) -> None:
    page.goto(f"/console#{tab}")
    page.get_by_label(re.compile("API")).fill(key)
    page.locator("#name").fill("Mei")
    page.keyboard.press("Enter")


def talk(shop: Gateway, *texts: str) -> str:
    """A shopper's conversation through the gateway; its id."""
    conversation_id = ""
    for text in texts:
        said = {"visitorId": "visitor-1", "text": text, "conversationId": conversation_id}
        answer = httpx.post(f"{shop.http}/v1/chat", headers=TEAM, json=said)
        conversation_id = re.search(r'"conversationId":"([^"]+)"', answer.text)[1]
    return conversation_id


def test_only_a_right_key_opens_it(page: Page, shop: Gateway, errors: list[str]):
    enter(page, "handoffs", "a-wrong-key")
    expect(page.get_by_role("alert")).to_have_text("This key is not known here. Look at it again.")
    errors.clear()  # the browser's own line about 401
    page.get_by_label("API key").fill(KEY)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_focused()
    assert page.evaluate("sessionStorage.getItem('shopkeeper.key')") is None


def test_an_agent_takes_a_shopper_answers_and_ends_it(page: Page, shop: Gateway):
    enter(page, "handoffs")
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    conversation_id = talk(shop, "how fast do you deliver?", "a person, please")
    page.get_by_role("button", name=re.compile("Asked for a person")).click()
    log = page.get_by_role("log")
    expect(log.get_by_text("a person, please")).to_be_visible()
    expect(log.get_by_text("source: How long delivery takes")).to_be_visible()
    page.get_by_role("button", name="Take over").click()
    page.get_by_label("Reply to the shopper").fill("Hello, I am Mei.")
    talk_more = shop.staff.utterances[conversation_id]
    seen = len(talk_more)
    with page.expect_response("**/v1/handoffs"):
        pass  # the queue is polled while one writes
    expect(page.get_by_label("Reply to the shopper")).to_have_value("Hello, I am Mei.")
    page.get_by_role("button", name="Send").click()
    expect(log.get_by_text("Hello, I am Mei.")).to_be_visible()
    assert [(each.agent, each.text) for each in talk_more[seen:]] == [("Mei", "Hello, I am Mei.")]
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("status").filter(has_text="Resolved.").first).to_be_visible()
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()


def test_a_shopper_whom_somebody_else_has_is_told_as_taken(page: Page, shop: Gateway, errors: list[str]):
    talk(shop, "a person, please")
    enter(page, "handoffs")
    page.get_by_role("button", name=re.compile("Asked for a person")).click()
    page.get_by_role("button", name="Take over").click(trial=True)
    httpx.post(f"{shop.http}/v1/handoffs/h-1:claim", headers=TEAM, json={"agent": "Bo"})
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_role("alert")).to_have_text("Somebody else has taken this one.")
    expect(page.get_by_text("with Bo")).to_be_visible()
    errors.clear()  # the browser's own line about 409


def test_conversations_are_read_with_what_was_understood(page: Page, shop: Gateway):
    talk(shop, "I need shoes")
    enter(page, "conversations")
    page.get_by_role("button", name=re.compile("1 turn")).click()
    answer = page.locator(".transcript .staff")
    expect(answer).to_contain_text("Two pairs that fit what you said.")
    expect(answer).to_contain_text("shown: Cushioned running shoes, Leather ankle boots")
    expect(answer.locator("code")).to_have_text("shoes")


def test_copy_is_written_checked_edited_rewritten_and_published(page: Page, shop: Gateway, errors: list[str]):
    enter(page, "copy")
    page.get_by_role("searchbox").fill("kettle")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("kettle-1")).click()
    page.get_by_label("Style").select_option("warm")
    page.get_by_role("button", name="Write a draft").click()
    box = page.get_by_role("textbox", name="Text")
    expect(box).to_have_value("A gooseneck kettle of one litre, made to be used every day.")
    assert shop.writer.drafts["d-1"].copy.controls.style == "warm"
    expect(page.locator("ins").first).to_be_visible()
    box.fill("🫖 好 the best kettle.")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("button", name="Save my words").click()
    expect(page.locator(".draft-text mark")).to_have_text("best")  # by code points, behind one of two UTF-16 units
    expect(page.get_by_text("1 to mend")).to_be_visible()
    box.fill("🫖 好 the very best kettle.")  # what is typed is saved before anything is decided about it
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_role("alert")).to_have_text("A check fails; mend the marked words first.")
    page.get_by_label("How should it change?").fill("shorter")
    page.keyboard.press("Enter")
    expect(box).to_have_value("A kettle.")
    expect(page.get_by_text("Understood: product page, warm, short, English").first).to_be_visible()
    page.get_by_label("Note").fill("fine")
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_text("Published to the catalogue.").first).to_be_visible()
    expect(page.locator(".audit li")).to_have_count(6)
    expect(page.locator(".audit")).to_contain_text("Mei approved · revision 4 · fine")
    expect(page.get_by_role("button", name="Approve and publish")).to_have_count(0)
    errors.clear()  # the browser's own line about 409


def test_no_word_is_lost_when_the_copywriter_is_away_or_somebody_was_faster(
    page: Page, shop: Gateway, errors: list[str]
):
    httpx.post(f"{shop.http}/v1/drafts", headers=TEAM, json={"productId": "kettle-1", "author": "Bo"})
    enter(page, "copy")
    page.get_by_role("button", name=re.compile("kettle-1")).click()
    box = page.get_by_role("textbox", name="Text")
    box.fill("My own words.")
    shop.writer.failure = Unavailable("gone")
    page.get_by_role("button", name="Save my words").click()
    expect(page.locator(".detail").get_by_role("alert")).to_contain_text("is away. Nothing is lost")
    expect(box).to_have_value("My own words.")
    shop.writer.failure = None
    httpx.post(f"{shop.http}/v1/drafts/d-1:edit", headers=TEAM, json={"text": "Bo's words.", "actor": "Bo"})
    page.get_by_role("button", name="Save my words").click()
    page.get_by_role("button", name="Load the newest").click()
    expect(page.locator(".draft-text")).to_have_text("Bo's words.")
    expect(box).to_have_value("My own words.")
    page.get_by_role("button", name="Save my words").click()
    expect(page.locator(".draft-text")).to_have_text("My own words.")
    errors.clear()  # the browser's own lines about 409 and 503


CSV = """product_id,title,title_zh,price,stock,attr.color,categories
cup-1,"Cup, blue",蓝色杯子,12.50,3,blue|navy,Home > Kitchen
cup-2,,,5,1,,
cup-3,Lid,,cheap,2,,
"""


def test_a_file_is_imported_and_every_refused_row_is_named(page: Page, shop: Gateway, tmp_path: Path):
    (tmp_path / "goods.csv").write_text(CSV)
    enter(page, "catalogue")
    page.get_by_label("or choose a file").set_input_files(tmp_path / "goods.csv")
    expect(page.locator("#import-text")).to_have_value(CSV)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("1 imported, 2 refused").first).to_be_visible()
    rows = page.locator("tbody tr")
    expect(rows.nth(0)).to_have_text("3cup-2titleis required")
    expect(rows.nth(1)).to_have_text("4cup-3pricecheap is not a number of at least 0")
    cup = shop.fake.products["cup-1"]
    assert (cup.title, cup.price.units, cup.price.nanos, cup.stock.value) == ("Cup, blue", 12, 500_000_000, 3)
    assert (cup.localizations[0].title, list(cup.attributes[0].values)) == ("蓝色杯子", ["blue", "navy"])
    page.locator("#import-text").fill('[{"productId": "cup-4", "title": "Cup"}')
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("This is neither JSON nor CSV")
    page.locator("#import-text").fill('{"productId": "cup-4", "title": "Cup"}\n{"productId": "cup-5", "title": "Mug"}')
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("2 imported, 0 refused").first).to_be_visible()


def test_a_product_is_edited_without_touching_the_rest_and_pinned_and_hidden(page: Page, shop: Gateway):
    enter(page, "catalogue")
    page.get_by_role("searchbox").fill("tea-1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("tea-1")).click()
    page.get_by_label("Price (CNY)").fill("-3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("Price (CNY): -3 is not a number of at least 0")
    before = shop.fake.products["tea-1"]
    page.get_by_label("Price (CNY)").fill("25.5")
    page.get_by_label("Title in English").fill("Longjing, first flush")
    page.get_by_label("Tags, with commas between").fill("gift, new")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved; the shop shows it at once.").first).to_be_visible()
    after = shop.fake.products["tea-1"]
    assert (after.title, after.price.units, after.price.nanos) == ("Longjing, first flush", 25, 500_000_000)
    assert list(after.tags) == ["gift", "new"]
    assert after.localizations == before.localizations
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.locator(".side .tag")).to_have_text("pinned")
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.locator(".side .tag")).to_have_text("hidden")
    curation = shop.fake.curations["tea-1"]
    assert (curation.pinned, curation.hidden, curation.actor) == (False, True, "Mei")
    page.get_by_role("button", name="Show again").click()
    expect(page.get_by_text("Nothing is pinned or hidden.")).to_be_visible()


def test_it_speaks_chinese_and_fits_a_phone(page: Page, shop: Gateway):
    talk(shop, "转人工")
    page.set_viewport_size({"width": 360, "height": 780})
    enter(page, "handoffs")
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name=re.compile("要求人工")).click()
    expect(page.get_by_role("button", name="接待", exact=True)).to_be_visible()
    assert not scrolls_sideways(page)
    for tab, words in (
        ("对话记录", "请从左侧选择一段对话。"),
        ("文案", "还没有草稿。"),
        ("商品", "没有置顶或隐藏的商品。"),
    ):
        page.get_by_role("link", name=tab).click()
        expect(page.get_by_text(words)).to_be_visible()
        assert not scrolls_sideways(page), tab
