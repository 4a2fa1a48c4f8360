// One product: what it is, what goes with it, what is like it, and what the shop now thinks would please.

import { productPage, recommend, remember } from "./api.js";
import * as cart from "./cart.js";
import { cards, picture, price, rearrange, shelf, skeletonShelf, soldOut, stars } from "./cards.js";
import { announce, h, icon, show } from "./dom.js";
import { detail, track } from "./events.js";
import { titled } from "./format.js";
import { t } from "./i18n.js";
import { degraded, lost } from "./states.js";

export async function productView(main, { params, signal, go }) {
  show(main, h("div", { class: "product ghost" }, h("div", { class: "product-picture" }), h("div", {}, h("div", { class: "bar heading" }), h("div", { class: "bar" }))), skeletonShelf(6, false));
  const page = await productPage(params.id).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
  if (signal.aborted) return;
  if (!page) {
    show(main, lost(t("product.gone")));
    return;
  }
  const { product, shelves = [] } = page;
  remember([{ product }]);
  document.title = `${titled(product.title)} · Shopkeeper`;
  const mine = h("div", { class: "mine" });
  show(main, degraded(page.degradations), trail(product), article(product, go), shelves.map((each) => shelf(each)), mine);
  const seen = track("detail-page-view", { productDetails: [detail(product)], attributionToken: history.state?.token });
  const exclude = [product.productId, ...shelves.flatMap((each) => (each.results ?? []).map((result) => result.productId))];
  seen.then(pause, pause).then(() => forYou(mine, product, exclude, signal));
  document.addEventListener("shop:learned", ({ detail: kinds }) => {
    if (kinds.some((kind) => kind !== "detail-page-view")) pause().then(() => forYou(mine, product, exclude, signal));
  }, { signal });
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 350));

/** The shelf for this shopper, after the shop has learned of this very view. */
async function forYou(place, product, exclude, signal) {
  const wanted = { placement: "PLACEMENT_HOME", pageSize: 12, filter: { excludeProductIds: exclude.slice(0, 1000) } };
  const { results = [], attributionToken } = (await recommend(wanted).catch(() => null)) ?? {};
  if (signal.aborted || !results.length) return;
  const list = place.querySelector("ul");
  if (list) rearrange(list, cards(results, attributionToken));
  else place.replaceChildren(shelf({ shelfId: "for-you", title: t("product.foryou"), results, attributionToken }));
  if (list) announce(`${t("product.foryou")}: ${t("home.updated")}`);
}

function trail(product) {
  const parts = (product.categories?.[0] ?? "").split(" > ").filter(Boolean);
  const links = parts.map((part, at) => h("li", {}, h("a", { href: `/search?category=${encodeURIComponent(parts.slice(0, at + 1).join(" > "))}` }, part)));
  return h("nav", { class: "trail", "aria-label": t("facet.category") }, h("ol", {}, h("li", {}, h("a", { href: "/" }, t("nav.home"))), links));
}

function article(product, go) {
  const title = titled(product.title);
  return h(
    "article",
    { class: "product" },
    h("div", { class: "product-picture" }, picture(product)),
    h(
      "div",
      { class: "product-words" },
      product.brand && h("p", { class: "brand" }, h("a", { href: `/search?brand=${encodeURIComponent(product.brand)}` }, product.brand)),
      h("h1", {}, title),
      stars(product.rating),
      price(product),
      stock(product),
      product.description && h("p", { class: "description" }, product.description),
      !soldOut(product) && buying(product, title, go),
      facts(product),
    ),
  );
}

function stock(product) {
  if (product.stock === undefined) return null;
  const left = Number(product.stock);
  const words = left <= 0 ? t("card.out") : left <= 5 ? t("product.few", { count: left }) : t("product.stock");
  return h("p", { class: left <= 0 ? "stock none" : left <= 5 ? "stock few" : "stock" }, words);
}

function buying(product, title, go) {
  const quantity = h("input", { type: "number", id: "quantity", min: 1, max: 99, value: 1, inputmode: "numeric" });
  const wanted = () => Math.min(99, Math.max(1, Math.round(Number(quantity.value)) || 1));
  const add = () => {
    cart.add(product, wanted());
    announce(t("cart.added", { title }));
  };
  const said = h("p", { class: "said", "aria-hidden": "true" });
  const addAndSay = () => {
    add();
    said.replaceChildren(icon("check"), t("cart.added", { title }));
  };
  const buyNow = () => {
    add();
    go("/cart");
  };
  return h(
    "div",
    { class: "buying" },
    h("label", { for: "quantity" }, t("product.quantity"), quantity),
    h("button", { type: "button", class: "button strong", id: "add", onclick: addAndSay }, icon("cart"), t("product.add")),
    h("button", { type: "button", class: "button", id: "buy", onclick: buyNow }, t("product.buy")),
    said,
  );
}

function facts(product) {
  const rows = (product.attributes ?? []).filter((each) => each.values?.length);
  if (!rows.length) return null;
  const cells = rows.map((each) => h("div", {}, h("dt", {}, t(`facet.${each.name}`)), h("dd", {}, each.values.join(", "))));
  return h("section", { class: "facts" }, h("h2", {}, t("product.details")), h("dl", {}, cells));
}
