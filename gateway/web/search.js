// Search and departments: results with facets, order and more pages.

import { search } from "./api.js";
import { cards, skeletonShelf } from "./cards.js";
import { announce, h, icon, show } from "./dom.js";
import { track } from "./events.js";
import { chips, chosen, filterOf, sidebar } from "./facets.js";
import { count, leaf } from "./format.js";
import { t } from "./i18n.js";
import { message } from "./states.js";

const ORDERS = ["RELEVANCE", "PRICE_ASCENDING", "PRICE_DESCENDING", "NEWEST"];
const PAGE = 24;

export async function searchPage(main, { url, signal, go, focus }) {
  const params = url.searchParams;
  const query = params.get("q")?.trim() ?? "";
  if (!query && !chosen(params).length) {
    show(main, message(t("search.ask"), null));
    document.getElementById("search-box")?.focus();
    return;
  }
  if (!main.querySelector(".results")) show(main, skeletonShelf(12));
  const wanted = { query, filter: filterOf(params), order: `SEARCH_ORDER_${order(params)}`, pageSize: PAGE };
  const answer = await search(wanted);
  if (signal.aborted) return;
  tell(query, params, answer);
  draw(main, { wanted, answer, params, query, go });
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
}

const order = (params) => (ORDERS.includes(params.get("sort")) ? params.get("sort") : "RELEVANCE");

function tell(query, params, answer) {
  const pageCategories = params.getAll("category");
  if (query) track("search", { searchQuery: query, attributionToken: answer.attributionToken, pageCategories });
  else if (pageCategories.length) track("category-page-view", { pageCategories, attributionToken: answer.attributionToken });
}

function draw(main, { wanted, answer, params, query, go }) {
  const total = Number(answer.totalSize ?? 0);
  const found = t(total === 1 ? "search.count.one" : "search.count", { count: count(total) });
  const heading = query ? t("search.for", { query }) : params.getAll("category").map(leaf).join(", ") || t("search.all");
  const facets = sidebar(answer.facets ?? [], params, go);
  const list = h("ul", { class: "grid" }, cards(answer.results ?? [], answer.attributionToken));
  announce(`${heading}: ${found}`);
  show(
    main,
    h("div", { class: "results-head" }, h("div", {}, h("h1", {}, heading), h("p", { class: "quiet-words" }, found)), sorting(params, go)),
    chips(params),
    h(
      "div",
      { class: facets ? "results with-facets" : "results" },
      facets && filters(facets, params),
      total ? h("div", {}, list, more(list, wanted, answer, total)) : message(t("search.none"), t("search.none.hint")),
    ),
  );
}

function filters(facets, params) {
  const wide = matchMedia("(min-width: 900px)").matches;
  const number = chosen(params).length;
  return h("details", { class: "filters", open: wide }, h("summary", {}, icon("filter"), t("search.filters"), number > 0 && ` (${number})`), facets);
}

function sorting(params, go) {
  const select = h("select", { id: "sort" }, ORDERS.map((each) => h("option", { value: each, selected: each === order(params) }, t(`sort.${each}`))));
  select.addEventListener("change", () => {
    const next = new URLSearchParams(params);
    next.set("sort", select.value);
    go(`/search?${next}`, "sort");
  });
  return h("div", { class: "sorting" }, h("label", { for: "sort" }, t("sort.label")), select);
}

function more(list, wanted, answer, total) {
  let token = answer.nextPageToken;
  const note = h("p", { class: "quiet-words" });
  const tellShown = () => (note.textContent = t("search.shown", { shown: count(list.children.length), count: count(total) }));
  const button = h("button", { type: "button", class: "button" }, t("search.more"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    const next = await search({ ...wanted, pageToken: token }).catch(() => null);
    button.disabled = false;
    if (!next) return;
    const fresh = cards(next.results ?? [], next.attributionToken);
    list.append(...fresh);
    fresh[0]?.querySelector("a")?.focus();
    token = next.nextPageToken;
    button.hidden = !token;
    tellShown();
    announce(note.textContent);
  });
  tellShown();
  button.hidden = !token;
  return h("div", { class: "more" }, note, button);
}
