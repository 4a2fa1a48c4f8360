// Products as cards, rows of cards, and what is told to the shop when they are seen.

import { remember } from "./api.js";
import * as cart from "./cart.js";
import { announce, h, icon, svg } from "./dom.js";
import { detail, track } from "./events.js";
import { amount, money, titled } from "./format.js";
import { t } from "./i18n.js";
import { illustrate } from "./illustrations.js";

/** What stands on this page now and why, for the panel. Cleared by the router. */
export const standing = new Map();

const seen = new WeakMap();
const eyes = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const shown = seen.get(target);
      if (!isIntersecting || !shown) continue;
      eyes.unobserve(target);
      track("impression", { productDetails: [detail(shown.product)], attributionToken: shown.token });
    }
  },
  { threshold: 0.6 },
);

export const productHref = (id) => `/product/${encodeURIComponent(id)}`;

export function picture(product) {
  const uri = product.imageUris?.[0];
  return uri ? h("img", { class: "drawing", src: uri, alt: "", loading: "lazy", decoding: "async" }) : illustrate(product);
}

export function price(product) {
  const before = product.originalPrice;
  const reduced = before && amount(before) > amount(product.price);
  return h(
    "p",
    { class: reduced ? "price reduced" : "price" },
    h("span", { class: "now" }, money(product.price)),
    reduced && h("s", { "aria-label": t("product.was", { price: money(before) }) }, money(before)),
  );
}

export const soldOut = (product) => product.stock !== undefined && Number(product.stock) <= 0;

/** `token` ties what happens to this card to the answer that it came with. */
export function card(result, token, { isNew = false } = {}) {
  const product = { productId: result.productId, ...result.product };
  const title = titled(product.title ?? product.productId);
  standing.set(product.productId, { title, result });
  const tell = () => track("product-click", { productDetails: [detail(product)], attributionToken: token });
  const element = h(
    "li",
    { class: isNew ? "card is-new" : "card", data: { product: product.productId } },
    h("div", { class: "card-picture" }, picture(product), isNew && h("span", { class: "badge" }, t("card.new"))),
    h(
      "div",
      { class: "card-words" },
      product.brand && h("p", { class: "brand" }, product.brand),
      h("h3", { class: "card-title" }, h("a", { href: productHref(product.productId), data: { token: token ?? "" }, onclick: tell }, title)),
      result.reason?.text && h("p", { class: "reason" }, icon(reasonIcon(result.reason.code)), h("span", {}, result.reason.text)),
    ),
    h("div", { class: "card-foot" }, price(product), addButton(product, title, token)),
  );
  seen.set(element, { product, token });
  eyes.observe(element);
  return element;
}

export function reasonIcon(code) {
  return { "buy-again": "again", "similar-to": "eye", "goes-with": "plus", "search-match": "search" }[code] ?? "spark";
}

export function addButton(product, title, token) {
  if (soldOut(product)) return h("span", { class: "sold-out" }, t("card.out"));
  const button = h("button", { type: "button", class: "round", "aria-label": t("card.add", { title }) }, icon("plus"));
  button.addEventListener("click", () => {
    cart.add(product, 1, token);
    announce(t("cart.added", { title }));
    button.replaceChildren(icon("check"));
    button.classList.add("done");
    setTimeout(() => {
      button.replaceChildren(icon("plus"));
      button.classList.remove("done");
    }, 1400);
  });
  return button;
}

export function cards(results, token, known) {
  remember(results);
  return results.map((result) => card(result, token, { isNew: known ? !known.has(result.productId) : false }));
}

/** A shelf as a grid (the first of a page) or as a row that scrolls sideways. */
export function shelf(each, { grid = false, note = null, known = null } = {}) {
  const id = `shelf-${each.shelfId}`;
  const list = h("ul", { class: grid ? "grid" : "row", "aria-labelledby": id }, cards(each.results ?? [], each.attributionToken, known));
  return h(
    "section",
    { class: "shelf", data: { shelf: each.shelfId } },
    h("div", { class: "shelf-head" }, h("h2", { id }, each.title), note && h("p", { class: "note" }, icon("spark"), note), !grid && arrows(list, each.title)),
    list,
  );
}

function arrows(list, title) {
  const move = (direction) => () => list.scrollBy({ left: direction * list.clientWidth * 0.8, behavior: "smooth" });
  return h(
    "div",
    { class: "arrows" },
    h("button", { type: "button", class: "round quiet", "aria-label": t("shelf.previous", { title }), onclick: move(-1) }, icon("back")),
    h("button", { type: "button", class: "round quiet", "aria-label": t("shelf.next", { title }), onclick: move(1) }, icon("forward")),
  );
}

/** Puts new cards in the place of old ones; those that stay glide to where they now stand. */
export function rearrange(list, fresh) {
  const before = new Map([...list.children].map((each) => [each.dataset.product, each.getBoundingClientRect()]));
  list.replaceChildren(...fresh);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const each of list.children) {
    const was = before.get(each.dataset.product);
    const now = each.getBoundingClientRect();
    const frames = was
      ? [{ transform: `translate(${was.left - now.left}px, ${was.top - now.top}px)` }, { transform: "none" }]
      : [{ opacity: 0, transform: "scale(.94)" }, { opacity: 1, transform: "none" }];
    each.animate(frames, { duration: 420, easing: "cubic-bezier(.2,.7,.2,1)" });
  }
}

export function skeletonShelf(count = 6, grid = true) {
  const ghost = () =>
    h("li", { class: "card ghost" }, h("div", { class: "card-picture" }), h("div", { class: "bar" }), h("div", { class: "bar short" }));
  return h(
    "section",
    { class: "shelf", "aria-hidden": "true" },
    h("div", { class: "shelf-head" }, h("div", { class: "bar heading" })),
    h("ul", { class: grid ? "grid" : "row" }, Array.from({ length: count }, ghost)),
  );
}

export function stars(rating) {
  if (!rating?.average) return null;
  const share = Math.round((rating.average / 5) * 100);
  const label = t("product.rating", { average: rating.average.toFixed(1), count: rating.count ?? 0 });
  const d = "M10 1.6l2.6 5.3 5.8.8-4.200 4.100 1 5.800L10 14.900l-5.200 2.700 1-5.800L1.600 7.700l5.800-.8z";
  const five = (name) => [0, 1, 2, 3, 4].map((at) => svg("path", { d, class: name, transform: `translate(${at * 21} 0)` }));
  return h(
    "p",
    { class: "stars", role: "img", "aria-label": label },
    svg("svg", { viewBox: "0 0 105 20", "aria-hidden": "true" }, five("star-empty"),
      svg("svg", { width: (105 * share) / 100, height: 20 }, five("star-full"))),
    h("span", { "aria-hidden": "true" }, `${rating.average.toFixed(1)} (${rating.count ?? 0})`),
  );
}
