// What the shop knows of this visitor, and why each product stands where it stands; beside the page or as a page.

import { forget, product as productOf, profile } from "./api.js";
import * as cart from "./cart.js";
import { productHref, standing } from "./cards.js";
import { announce, h, icon, show } from "./dom.js";
import { ago, count, leaf, titled } from "./format.js";
import { t } from "./i18n.js";

const SHOWN = 8;

let turn = 0;

/**
 * Draws the profile into `place`; nothing that was there goes away before the new is ready, nor while the shopper is
 * being asked whether to forget. Of two drawings at once the later stands.
 */
export async function drawProfile(place, { heading = "h2", close = null, onForgotten }) {
  const mine = ++turn;
  const known = await profile();
  const titles = await titlesOf(known);
  if (mine !== turn || place.querySelector("#forget-yes")) return;
  show(
    place,
    h("div", { class: "panel-head" }, h(heading, { id: "panel-title" }, t("panel.title")), close && h("button", { type: "button", class: "round quiet", "aria-label": t("panel.close"), onclick: close }, icon("close"))),
    summary(known),
    taste(known),
    list("panel.recent", recent(known, titles)),
    list("panel.searches", searches(known)),
    list("panel.cart", (known.cartItems ?? []).map((each) => thing(each.productId, titles, t("panel.times", { count: each.quantity })))),
    list("panel.bought", (known.purchasedProducts ?? []).slice(0, SHOWN).map((each) => thing(each.productId, titles, t("panel.times", { count: each.quantity })))),
    why(),
    forgetting(place, onForgotten),
  );
}

async function titlesOf(known) {
  const ids = [known.recentEvents?.slice(0, SHOWN * 4), known.cartItems, known.purchasedProducts?.slice(0, SHOWN)]
    .flatMap((each) => each ?? [])
    .map((each) => each.productId)
    .filter(Boolean);
  const wanted = [...new Set(ids)].slice(0, 24);
  const found = await Promise.all(wanted.map(productOf));
  return new Map(found.filter(Boolean).map((each) => [each.productId, titled(each.title)]));
}

function summary(known) {
  const id = (known.visitorId ?? "").slice(0, 8);
  const figure = (number, words) => h("div", {}, h("strong", {}, count(Number(number ?? 0))), h("span", {}, words));
  return [
    h("p", { class: "quiet-words" }, t("panel.visitor", { id })),
    h("div", { class: "figures" }, figure(known.eventCount, t("panel.events")), figure(known.orderCount, t("panel.orders"))),
    !Number(known.eventCount ?? 0) && h("p", { class: "quiet-words" }, t("panel.empty")),
  ];
}

function section(key, ...content) {
  return h("section", {}, h("h3", {}, t(key)), content);
}

function list(key, items) {
  return items.length ? section(key, h("ul", { class: "plain" }, items)) : null;
}

function taste(known) {
  const affinities = (known.categoryAffinities ?? []).filter((each) => each.name).slice(0, 6);
  if (!affinities.length) return null;
  const top = affinities[0].weight || 1;
  const bars = affinities.map((each) =>
    h("li", {}, h("span", {}, leaf(each.name)), h("meter", { min: 0, max: 1, value: (each.weight / top).toFixed(3), "aria-label": leaf(each.name) }), h("span", { class: "count" }, `${Math.round(each.weight * 100)}%`)),
  );
  return section("panel.taste", h("ul", { class: "taste" }, bars));
}

function thing(productId, titles, after) {
  return h("li", {}, h("a", { href: productHref(productId) }, titles.get(productId) ?? productId), h("span", { class: "count" }, after));
}

function recent(known, titles) {
  const told = (known.recentEvents ?? []).filter((each) => each.productId && each.eventType !== "impression" && each.eventType !== "product-click");
  return told.slice(0, SHOWN).map((each) =>
    h("li", {}, h("span", {}, h("span", { class: "verb" }, t(`event.${each.eventType}`)), " ", h("a", { href: productHref(each.productId) }, titles.get(each.productId) ?? each.productId)), h("time", { class: "count", datetime: each.eventTime }, ago(each.eventTime))),
  );
}

function searches(known) {
  return [...new Set(known.recentSearches ?? [])].slice(0, SHOWN).map((query) => h("li", {}, h("a", { class: "chip", href: `/search?q=${encodeURIComponent(query)}` }, query)));
}

function why() {
  const reasons = [...standing.values()].filter(({ result }) => result.reason?.text).slice(0, 14);
  if (!reasons.length) return null;
  const items = reasons.map(({ title, result }) =>
    h("li", {}, h("a", { href: productHref(result.productId) }, title), h("p", {}, result.reason.text), result.sources?.length && h("p", { class: "sources" }, t("panel.sources"), " ", result.sources.map((each) => h("code", {}, each)))),
  );
  return section("panel.why", h("ol", { class: "why" }, items));
}

function forgetting(place, onForgotten) {
  const box = h("div", { class: "forget" });
  const ask = () => {
    const yes = h("button", { type: "button", class: "button danger", id: "forget-yes", onclick: () => forgetNow(box, onForgotten) }, t("panel.forget.yes"));
    show(box, h("p", {}, t("panel.forget.sure")), h("div", { class: "actions" }, yes, h("button", { type: "button", class: "button", onclick: rest }, t("panel.forget.no"))));
    yes.focus();
  };
  const rest = () => show(box, h("button", { type: "button", class: "button", id: "forget", onclick: ask }, t("panel.forget")));
  rest();
  return box;
}

async function forgetNow(box, onForgotten) {
  try {
    await forget();
  } catch {
    show(box, h("p", { class: "notice", role: "alert" }, t("state.down")));
    return;
  }
  cart.empty();
  localStorage.removeItem("shopkeeper.session");
  show(box);
  announce(t("panel.forgotten"));
  onForgotten();
}
