// The first page: shelves, and how they change as the shop learns.

import { homePage } from "./api.js";
import { cards, rearrange, shelf, skeletonShelf } from "./cards.js";
import { announce, h, show } from "./dom.js";
import { track } from "./events.js";
import { root } from "./format.js";
import { language, t } from "./i18n.js";
import { degraded, message } from "./states.js";

// The first shelf as it stood when it was last seen in this tab, to show what changed since.
const KEPT = "shopkeeper.shelf";
let last = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");

function keep(shelfId, ids) {
  last = { shelfId, ids };
  sessionStorage.setItem(KEPT, JSON.stringify(last));
}

export async function home(main, { signal }) {
  show(main, hero(), skeletonShelf(12), skeletonShelf(6, false));
  const page = await homePage();
  if (signal.aborted) return;
  track("home-page-view");
  draw(main, page);
  document.addEventListener("shop:learned", () => refresh(main, signal), { signal });
}

function hero() {
  const morning = new Date().getHours();
  const hour = morning < 11 ? "morning" : morning < 18 ? "day" : "evening";
  const greeting = {
    en: { morning: "Good morning.", day: "Good day.", evening: "Good evening." },
    zh: { morning: "早上好。", day: "你好。", evening: "晚上好。" },
  }[language()][hour];
  const line = { en: "Everything you look at moves the shelf.", zh: "你看过的每一样，都会改变这面货架。" }[language()];
  return h("section", { class: "hero" }, h("h1", {}, greeting, " ", h("em", {}, line)));
}

function draw(main, page) {
  const shelves = page.shelves ?? [];
  if (!shelves.length) {
    const down = degraded(page.degradations);
    show(main, hero(), down ?? message(t("home.empty"), t("home.empty.hint")));
    return;
  }
  const [first, ...others] = shelves;
  const ids = (first.results ?? []).map((each) => each.productId);
  const changed = last?.shelfId === first.shelfId && last.ids.join() !== ids.join();
  const options = { grid: true, note: changed ? t("home.updated") : null, known: changed ? fewNew(ids, last.ids) : null };
  show(main, hero(), degraded(page.degradations), departments(shelves), shelf(first, options), others.map((each) => shelf(each)));
  if (changed) announce(`${first.title}: ${t("home.updated")}`);
  keep(first.shelfId, ids);
}

/** What stood here before, if marking the rest would point at something: not where most is new. */
function fewNew(ids, before) {
  const known = new Set(before);
  return ids.filter((id) => !known.has(id)).length <= ids.length / 2 ? known : null;
}

function departments(shelves) {
  const paths = shelves.flatMap((each) => each.results ?? []).flatMap((each) => each.product?.categories ?? []);
  const kept = `shopkeeper.departments.${language()}`; // those met before stay, though the shelves move on
  const met = JSON.parse(sessionStorage.getItem(kept) ?? "[]");
  const names = [...new Set([...met, ...paths.map(root)])].sort((a, b) => a.localeCompare(b, language()));
  sessionStorage.setItem(kept, JSON.stringify(names.slice(0, 30)));
  if (names.length < 2) return null;
  const links = names.map((name) => h("li", {}, h("a", { class: "chip", href: `/search?category=${encodeURIComponent(name)}` }, name)));
  return h("nav", { class: "departments", "aria-label": t("home.categories") }, h("ul", {}, links));
}

/** The first shelf again, in place, after something was done on this very page. */
async function refresh(main, signal) {
  await new Promise((resolve) => setTimeout(resolve, 350)); // what was published is readable in a third of a second
  const page = await homePage().catch(() => null);
  const first = page?.shelves?.[0];
  const section = main.querySelector(".shelf");
  if (signal.aborted || !first || section?.dataset.shelf !== first.shelfId) return;
  const ids = (first.results ?? []).map((each) => each.productId);
  if (ids.join() === last.ids.join()) return;
  rearrange(section.querySelector("ul"), cards(first.results, first.attributionToken, fewNew(ids, last.ids)));
  section.querySelector(".note")?.remove();
  section.querySelector(".shelf-head").append(h("p", { class: "note" }, t("home.updated")));
  announce(`${first.title}: ${t("home.updated")}`);
  keep(first.shelfId, ids);
}
